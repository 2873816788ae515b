// WHAT: the victim is any of the items that this policy has been told of, chosen evenly, however few of the shard's
// items those are: what volatile-random needs. (RandomPolicy chooses among all and needs no memory for it.)
//
// STRUCTURE: an array of their places in no order. An item's own node says where in the array it stands; the last of
// the array fills the gap of one that leaves.
//
//     array   [ item | item | item ]          node.prev of an item = its index
//
// INVARIANTS: array[node(item).prev] == item for every item, and the array has no others.
#pragma once

#include "larder/policy/chunked_array.h"
#include "larder/policy/eviction_policy.h"
#include "larder/policy/random_draw.h"

namespace larder {

class ListedRandomPolicy final : public EvictionPolicy {
 public:
  using EvictionPolicy::EvictionPolicy;

  Traits traits() const override { return {.form = ItemForm::kListItem, .streams = 2}; }
  StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const override;
  void on_insert(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_hit(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_move(Location from, Location to) override;
  void on_erase(Location item, KeyHash hash, Removal why) override;
  VictimStep victim(TimeMs now_ms) override;
  std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const override;
  std::size_t metadata_bytes() const override { return items_.bytes(); }
  std::optional<TimeMs> last_use_ms(Location item, TimeMs now_ms) const override;
  void check_invariants(std::uint64_t items) const override;

 private:
  ChunkedArray<Location> items_;
  RandomDraw draw_;
};

}  // namespace larder
