// WHAT: W-TinyLFU: new items enter a small window in the order of their last use; what falls out of it is admitted to
// the main part only if a sketch has seen its key more often than that of the item which would have to go. The main
// part is a segmented LRU. The window's share follows the hit ratio.
//
// STRUCTURE: three lists, used last at the head; which one an item is in stands in its policy bits. Sizes count items.
//
//     window     head <-> ... <-> tail: candidate       share of all items: 1 % at first, then what the climber finds
//     probation  head <-> ... <-> tail: victim          a hit -> head of protected
//     protected  head <-> ... <-> tail                  at most 80 % of the main part; what is too much -> probation
//
// Room is made before a new item is written, so it is the candidate of a *full* window that is compared: whoever of
// candidate and victim has the lower estimate goes, and a candidate that wins is moved to probation. Climber: after
// each sample of requests the share goes on in its direction if the hit ratio rose, and back if it fell, by steps that
// get smaller; a sudden change makes them large again. Items follow as they come and go, a few a time. Among shards the
// one with the most items goes first, mostly the one that an item has come to last: so the candidate that its window
// has too much is compared, nearly as if there were no shards. (By the last use of the victims, shards with full
// windows let candidates in while others evicted without comparing: up to 2.7 points of misses.) The window's share is
// one for all.
//
// INVARIANTS: every item is in the list of its policy bits; the tails are not in the ring of hits.
// Sources: Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM TOS 2017; Einziger,
// Eytan, Friedman, Manes, "Adaptive software cache management", Middleware 2018 (the climber).
#pragma once

#include <array>

#include "larder/base/hash.h"
#include "larder/policy/eviction_policy.h"
#include "larder/policy/frequency_sketch.h"
#include "larder/policy/hit_ring.h"
#include "larder/policy/item_list.h"
#include "larder/policy/shared_window.h"

namespace larder {

class TinyLfuPolicy final : public EvictionPolicy {
 public:
  explicit TinyLfuPolicy(PolicyHost& host) : EvictionPolicy(host), window_(host.shared_window()) {}

  Traits traits() const override { return {.form = ItemForm::kListItem, .streams = 2}; }
  StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const override;
  void on_insert(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_adopt(Location item, KeyHash hash, Standing standing, TimeMs now_ms) override;
  void on_hit(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_move(Location from, Location to) override;
  void on_erase(Location item, KeyHash hash, Removal why) override;
  VictimStep victim(TimeMs now_ms) override;
  std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const override;
  std::size_t metadata_bytes() const override { return sketch_.bytes(); }
  std::size_t metadata_bytes_in_use() const override { return sketch_.bytes_in_use(); }
  std::optional<TimeMs> last_use_ms(Location item, TimeMs now_ms) const override;
  std::optional<std::uint32_t> frequency(Location item, KeyHash hash) const override;
  void check_invariants(std::uint64_t items) const override;

  // The window's part of all items, in [0, 1].
  double window_share() const { return window_.share(); }

 private:
  enum Part : std::uint8_t { kWindow, kProbation, kProtected };

  std::uint64_t items() const { return lists_[kWindow].size() + lists_[kProbation].size() + lists_[kProtected].size(); }
  std::uint64_t window_max() const;
  std::uint64_t protected_max() const;
  Part part_of(Location item) const { return static_cast<Part>(host_.item(item).policy_bits()); }
  void join(Location item, Part part);
  void transfer(Location item, Part part) {
    lists_[part_of(item)].erase(host_, item);
    join(item, part);
  }
  void apply_hits() {
    if (!hits_.empty()) hits_.apply(host_, [this](Location item) { use(item); });
  }
  void use(Location item);
  // Where items come or go, since only there its memory is settled: it may take a part of what the items weigh.
  void fit_sketch();
  void rebalance();
  // The main part's victim; kNowhere if there is none.
  Location main_victim() const;
  bool is_admitted(Location candidate, Location victim);

  std::array<ItemList, 3> lists_;  // by Part
  HitRing hits_;
  FrequencySketch sketch_;
  SharedWindow::Part window_;
  SplitMix64 numbers_{0x6c61726465720002ULL};
};

}  // namespace larder
