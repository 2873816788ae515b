// WHAT: no order at all: there is never a victim. Items carry no node, the log one stream for what is new and one for
// what survives a compaction.
#pragma once

#include "larder/policy/eviction_policy.h"

namespace larder {

class NoEvictionPolicy final : public EvictionPolicy {
 public:
  using EvictionPolicy::EvictionPolicy;

  Traits traits() const override { return {.form = ItemForm::kItem, .streams = 2}; }
  StreamId stream_for(Arrival arrival, KeyHash /*hash*/, Location /*item*/) const override {
    return arrival == Arrival::kSurvivor ? 1 : 0;
  }
  void on_insert(Location /*item*/, KeyHash /*hash*/, TimeMs /*now_ms*/) override {}
  void on_hit(Location /*item*/, KeyHash /*hash*/, TimeMs /*now_ms*/) override {}
  void on_move(Location /*from*/, Location /*to*/) override {}
  void on_erase(Location /*item*/, KeyHash /*hash*/, Removal /*why*/) override {}
  VictimStep victim(TimeMs /*now_ms*/) override { return {}; }
  std::optional<std::int64_t> coldest_rank(TimeMs /*now_ms*/) const override { return {}; }
  void check_invariants(std::uint64_t /*items*/) const override {}
};

}  // namespace larder
