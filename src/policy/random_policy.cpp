#include "larder/policy/random_policy.h"

#include "larder/base/check.h"

namespace larder {

StreamId RandomPolicy::stream_for(Arrival arrival, KeyHash /*hash*/, Location /*item*/) const {
  return arrival == Arrival::kSurvivor ? kSurvivors : kNewItems;
}

void RandomPolicy::on_erase(Location /*item*/, KeyHash hash, Removal why) {
  if (why == Removal::kEvicted) draw_.redraw(hash, weight());
}

VictimStep RandomPolicy::victim(TimeMs /*now_ms*/) {
  Location item = host_.random_item(draw_.next());
  // In a nearly empty shard the search may come back with nothing.
  if (item == kNowhere) item = host_.oldest(kSurvivors);
  if (item == kNowhere) item = host_.oldest(kNewItems);
  if (item == kNowhere) return {};
  return {.kind = VictimStep::Kind::kEvict, .item = item};
}

std::optional<std::int64_t> RandomPolicy::coldest_rank(TimeMs /*now_ms*/) const {
  if (weight() == 0) return {};
  return draw_.rank();
}

void RandomPolicy::check_invariants(std::uint64_t items) const {
  LARDER_CHECK(host_.stream_items(kNewItems) + host_.stream_items(kSurvivors) == items);
}

}  // namespace larder
