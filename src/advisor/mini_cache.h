// WHAT: a cache of keys without values under one of the server's eviction policies: what the policy would keep of a
// sample of the traffic, in a memory as much smaller as the sample is (scaled-down simulation). The policy is the
// store's own class; this is a shard for it that has neither log nor values. Single-threaded; reads no clock.
//
// STRUCTURE: records of one length, header, node, expiry and the hash as the key, which say that a value follows which
// does not. A stream of the policy is a list of them in the order of arrival.
//
//     records  [ header | node | expiry | hash ] [ ... ] ...      location = (slot + 1) x record length
//     slots    [ prev | next | stream | times ] ...               of each record, the streams' lists among them
//     table    hash -> slot
//
// THE WEIGHT: the value's length is such that the record says it takes what the real item's record and its block would
// take under this policy, rounding included; only what is smaller than an empty record here counts as that. So the
// policy sees streams of the real bytes. Against the capacity counts what maxmemory counts: beside that the slack and
// the index's share (ItemWeigher) and what the policy keeps beside the items, in proportion and not as allocated, since
// a page is nothing to a shard and much to a cache of a few hundred items.
//
// INVARIANTS: the streams' weights and lengths, and the sum of all weights, are those of the slots; every slot that is
// in use is in one stream and in the table, and the policy knows it. Source: Waldspurger, Saemundsson, Ahmad, Park,
// "Cache modeling and optimization using miniature simulations", ATC 2017.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "advisor/item_weigher.h"
#include "advisor/number_table.h"
#include "larder/base/key_sample.h"
#include "larder/policy/eviction_policy.h"
#include "larder/policy/policy_kind.h"

namespace larder {

class MiniCache final : private PolicyHost {
 public:
  struct Options {
    PolicyKind policy = PolicyKind::kAllKeysLru;
    // Every item weighs 1.
    bool counts_items = false;
  };

  explicit MiniCache(const Options& options);
  ~MiniCache() override;
  MiniCache(const MiniCache&) = delete;
  MiniCache& operator=(const MiniCache&) = delete;

  PolicyKind policy() const { return kind_; }
  // What items and all that counts beside them may weigh; 0 is taken as 1. What is too much goes with the next put().
  void set_capacity(std::uint64_t weight);
  // The most items, whatever they weigh.
  void set_items_max(std::size_t items) { items_max_ = items; }

  // A read. True: it hits.
  bool use(KeyHash hash, TimeMs now_ms);
  // A write: of an item that is there it changes the size and the expiry and counts as a use. Nothing is stored that
  // weighs more than all or finds nothing to evict.
  void put(KeyHash hash, ItemSize size, TimeMs expire_at_ms, TimeMs now_ms);
  // The same, but it was a read that found the item here and not in the real cache: the write that follows would not
  // have been.
  void change(KeyHash hash, ItemSize size, TimeMs expire_at_ms);
  bool contains(KeyHash hash) const { return find(hash) != kNone; }
  void erase(KeyHash hash, Removal why);
  void keep_sampled(SampleThreshold threshold);
  void clear();

  std::size_t size() const { return table_.size(); }
  // Of the items and of what the policy keeps beside them.
  std::uint64_t weight() const;
  std::size_t bytes() const;

  // What was evicted: its weight times the time that it was there, and the part of that after its last use (all of it,
  // if it was never read).
  struct Residence {
    double weight_ms = 0;
    double unused_weight_ms = 0;
    double never_read_weight_ms = 0;
  };
  const Residence& evicted() const { return evicted_; }
  void fade(double factor);
  // Stops the process if an invariant does not hold.
  void check_invariants() const;

 private:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = NumberTable::kNone;
  static constexpr StreamId kFree = 0xff;

  struct SlotState {
    Slot prev = kNone;
    Slot next = kNone;
    Ticks stored_at = 0;
    Ticks used_at = 0;
    StreamId stream = kFree;
    bool was_read = false;
    bool has_blob = false;
  };
  struct Stream {
    Slot first = kNone;
    Slot last = kNone;
    std::uint64_t weight = 0;
    std::uint64_t items = 0;
  };

  // --- PolicyHost ---
  std::uint64_t capacity() const override { return capacity_; }
  std::uint64_t stream_weight(StreamId stream) const override { return streams_[stream].weight; }
  std::uint64_t stream_items(StreamId stream) const override { return streams_[stream].items; }
  Location oldest(StreamId stream) const override;
  KeyHash hash_of(Location location) const override { return hash_at(slot_of(location)); }
  Location random_item(std::uint64_t random) const override;

  Location location_of(Slot slot) const { return static_cast<Location>((slot + 1) * granules_); }
  Slot slot_of(Location location) const { return static_cast<Slot>(location / granules_ - 1); }
  KeyHash hash_at(Slot slot) const;
  auto hash_of_slot() const {
    return [this](Slot slot) { return hash_at(slot); };
  }
  Slot find(KeyHash hash) const { return table_.find(hash, hash_of_slot()); }
  // As far as an item's size is the value's alone.
  ItemShape shape_for(ItemSize size) const;
  std::uint64_t weight_of(Slot slot) const {
    return weigher_.with_shares(item(location_of(slot)).record_bytes(), slots_[slot].has_blob);
  }

  Slot take_slot();
  void append(Slot slot, StreamId stream);
  void unlink(Slot slot);
  void insert(KeyHash hash, ItemSize size, TimeMs expire_at_ms, TimeMs now_ms);
  void remove(Slot slot, Removal why);
  // False: there is no victim.
  bool evict_one(TimeMs now_ms);
  void note_eviction(Slot slot, TimeMs now_ms);
  void make_policy_anew();

  const PolicyKind kind_;
  const bool with_expiry_;
  std::size_t granules_ = 0;  // of a record
  std::uint64_t capacity_ = 1;
  std::size_t items_max_ = ~std::size_t{0};
  std::unique_ptr<EvictionPolicy> policy_;
  ItemWeigher weigher_;
  std::vector<std::uint64_t> records_;
  std::vector<SlotState> slots_;
  std::vector<Slot> free_;
  NumberTable table_;
  std::array<Stream, kStreamsMax> streams_{};
  std::uint64_t item_weight_ = 0;  // of all items
  Residence evicted_;
};

}  // namespace larder
