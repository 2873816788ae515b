// WHAT: exact LRU (least recently used): the victim is the item whose last use is longest ago.
//
// STRUCTURE: one list over all items, the one used last at its head. Hits go through a ring and are applied before
// anything depends on the order. Two streams, so that what survives a compaction is not mixed with what is new.
//
//     head: used last <-> ... <-> tail: the victim              ring: hits not applied yet, oldest first
//
// INVARIANTS: every item is in the list once; from head to tail the times of last use do not increase, hits in the ring
// aside; the tail is not in the ring, so its time is the truth.
// Source: Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems Journal 1970.
#pragma once

#include "larder/policy/eviction_policy.h"
#include "larder/policy/hit_ring.h"
#include "larder/policy/item_list.h"

namespace larder {

class LruPolicy final : public EvictionPolicy {
 public:
  using EvictionPolicy::EvictionPolicy;

  Traits traits() const override { return {.form = ItemForm::kListItem, .streams = 2}; }
  StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const override;
  void on_insert(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_hit(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_move(Location from, Location to) override;
  void on_erase(Location item, KeyHash hash, Removal why) override;
  VictimStep victim(TimeMs now_ms) override;
  Location next_in_line() const override;
  std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const override;
  std::optional<TimeMs> last_use_ms(Location item, TimeMs now_ms) const override;
  void check_invariants(std::uint64_t items) const override;

 private:
  static constexpr StreamId kNewItems = 0;
  static constexpr StreamId kSurvivors = 1;

  void apply_hits() {
    if (!hits_.empty()) hits_.apply(host_, [this](Location item) { list_.move_to_head(host_, item); });
  }

  ItemList list_;
  HitRing hits_;
};

}  // namespace larder
