// WHAT: the victim is any item, chosen evenly. Costs nothing: no node, no order, no bits.
//
// STRUCTURE: none. Two streams, so that what survives a compaction is not mixed with what is new. Among shards, each
// pays as often as its share of the whole weight (RandomDraw).
//
// INVARIANTS: the streams' items are all items.
#pragma once

#include "larder/policy/eviction_policy.h"
#include "larder/policy/random_draw.h"

namespace larder {

class RandomPolicy final : public EvictionPolicy {
 public:
  using EvictionPolicy::EvictionPolicy;

  Traits traits() const override { return {.form = ItemForm::kItem, .streams = 2}; }
  StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const override;
  void on_insert(Location /*item*/, KeyHash /*hash*/, TimeMs /*now_ms*/) override {}
  void on_hit(Location /*item*/, KeyHash /*hash*/, TimeMs /*now_ms*/) override {}
  void on_move(Location /*from*/, Location /*to*/) override {}
  void on_erase(Location item, KeyHash hash, Removal why) override;
  VictimStep victim(TimeMs now_ms) override;
  std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const override;
  void check_invariants(std::uint64_t items) const override;

 private:
  std::uint64_t weight() const { return host_.stream_weight(kNewItems) + host_.stream_weight(kSurvivors); }

  static constexpr StreamId kNewItems = 0;
  static constexpr StreamId kSurvivors = 1;

  RandomDraw draw_;
};

}  // namespace larder
