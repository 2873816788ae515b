// WHAT: the victim is the item that expires first. Exact. For items with an expiry only (volatile-ttl, behind the
// filter).
//
// STRUCTURE: a heap of (expiry, place) in eight bytes an item, four children a node, so that a step down costs one line
// of the cache. The expiry is there in quarters of a second, about; where two agree in that the items are asked. An
// item's own node says where in the heap it stands, so one in the middle can leave or change.
//
//     heap    [ 0: first to expire | 1 2 3 4 | 5 .. 20 | ... ]       node.prev of an item = its index
//
// INVARIANTS: no entry expires before its parent; heap[node(item).prev] is the item with its expiry.
// Source: Williams, "Algorithm 232: heapsort", CACM 1964; Johnson, "Priority queues with update", Inf. Proc. Letters
// 1975 (more than two children).
#pragma once

#include <cstdint>
#include <optional>

#include "larder/policy/chunked_array.h"
#include "larder/policy/eviction_policy.h"

namespace larder {

class TtlPolicy final : public EvictionPolicy {
 public:
  using EvictionPolicy::EvictionPolicy;

  Traits traits() const override { return {.form = ItemForm::kListItem, .streams = 2}; }
  StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const override;
  void on_insert(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_hit(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_move(Location from, Location to) override;
  void on_erase(Location item, KeyHash hash, Removal why) override;
  void on_expiry_changed(Location item, TimeMs before_ms) override;
  VictimStep victim(TimeMs now_ms) override;
  std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const override;
  std::size_t metadata_bytes() const override { return heap_.bytes(); }
  std::size_t metadata_bytes_in_use() const override { return heap_.size() * sizeof(Entry); }
  std::optional<TimeMs> last_use_ms(Location item, TimeMs now_ms) const override;
  void check_invariants(std::uint64_t items) const override;

 private:
  struct Entry {
    std::uint32_t tick = 0;  // of the expiry; see tick_of()
    Location item = kNowhere;
  };

  // In 256 ms since base_ms_, for 34 years; what lies before or after it counts as the first or the last of them.
  std::uint32_t tick_of(TimeMs expiry_ms) const;
  Entry entry_of(Location item) const;
  // Whether it expires earlier.
  bool is_before(const Entry& a, const Entry& b) const;
  std::size_t index_of(Location item) const { return host_.item(item).node().prev; }
  // Writes the entry to its place and tells its item.
  void put(std::size_t at, const Entry& entry);
  // Brings an entry that belongs somewhere at or above `at`, or at or below it, to its place.
  void place_up(std::size_t at, const Entry& entry);
  void place_down(std::size_t at, const Entry& entry);
  void place(std::size_t at, const Entry& entry);

  ChunkedArray<Entry> heap_;
  std::optional<TimeMs> base_ms_;       // when the first item came
  TimeMs first_expiry_ms_ = kNoExpiry;  // the root's
};

}  // namespace larder
