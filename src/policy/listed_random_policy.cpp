#include "larder/policy/listed_random_policy.h"

#include "larder/base/check.h"

namespace larder {

StreamId ListedRandomPolicy::stream_for(Arrival arrival, KeyHash /*hash*/, Location /*item*/) const {
  return arrival == Arrival::kSurvivor ? 1 : 0;
}

void ListedRandomPolicy::on_insert(Location item, KeyHash /*hash*/, TimeMs now_ms) {
  host_.item(item).set_node({.prev = static_cast<Location>(items_.size()), .next = 0, .last_access = ticks_of(now_ms)});
  items_.push_back(item);
}

void ListedRandomPolicy::on_hit(Location item, KeyHash /*hash*/, TimeMs now_ms) {
  host_.item(item).set_last_access(ticks_of(now_ms));
}

void ListedRandomPolicy::on_move(Location from, Location to) {
  items_[host_.item(from).node().prev] = to;
}

void ListedRandomPolicy::on_erase(Location item, KeyHash hash, Removal why) {
  if (why == Removal::kEvicted) draw_.redraw(hash, items_.size());
  const Location at = host_.item(item).node().prev;
  const Location last = items_[items_.size() - 1];
  items_[at] = last;
  host_.item(last).set_prev(at);
  items_.pop_back();
}

VictimStep ListedRandomPolicy::victim(TimeMs /*now_ms*/) {
  if (items_.size() == 0) return {};
  const std::uint64_t at = SplitMix64(draw_.next()).below(items_.size());
  return {.kind = VictimStep::Kind::kEvict, .item = items_[at]};
}

std::optional<std::int64_t> ListedRandomPolicy::coldest_rank(TimeMs /*now_ms*/) const {
  if (items_.size() == 0) return {};
  return draw_.rank();
}

std::optional<TimeMs> ListedRandomPolicy::last_use_ms(Location item, TimeMs now_ms) const {
  return time_of(host_.item(item).node().last_access, now_ms);
}

void ListedRandomPolicy::check_invariants(std::uint64_t items) const {
  LARDER_CHECK(items_.size() == items);
  for (std::size_t at = 0; at < items_.size(); ++at) {
    LARDER_CHECK(host_.item(items_[at]).is_item() && host_.item(items_[at]).node().prev == at);
  }
}

}  // namespace larder
