#include "larder/policy/lru_policy.h"

namespace larder {

StreamId LruPolicy::stream_for(Arrival arrival, KeyHash /*hash*/, Location /*item*/) const {
  return arrival == Arrival::kSurvivor ? kSurvivors : kNewItems;
}

void LruPolicy::on_insert(Location item, KeyHash /*hash*/, TimeMs now_ms) {
  apply_hits();
  list_.push_head(host_, item);
  host_.item(item).set_last_access(ticks_of(now_ms));
}

void LruPolicy::on_hit(Location item, KeyHash /*hash*/, TimeMs now_ms) {
  // The tail's place is never left to the ring: its time is what other shards compare with.
  if (!hits_.was_last(item)) {
    const bool full = hits_.note(item);
    if (full || item == list_.tail()) apply_hits();
  }
  // An item that many threads read at once is not written to by each.
  ItemRef record = host_.item(item);
  const Ticks now = ticks_of(now_ms);
  if (record.node().last_access != now) record.set_last_access(now);
}

void LruPolicy::on_move(Location from, Location to) {
  apply_hits();
  list_.replace(host_, from, to);
}

void LruPolicy::on_erase(Location item, KeyHash /*hash*/, Removal /*why*/) {
  apply_hits();
  list_.erase(host_, item);
}

VictimStep LruPolicy::victim(TimeMs /*now_ms*/) {
  apply_hits();
  if (list_.tail() == kNowhere) return {};
  return {.kind = VictimStep::Kind::kEvict, .item = list_.tail()};
}

Location LruPolicy::next_in_line() const {
  const Location tail = list_.tail();
  if (tail != kNowhere) host_.prefetch(host_.item(tail).node().prev);
  return tail;
}

std::optional<std::int64_t> LruPolicy::coldest_rank(TimeMs now_ms) const {
  if (list_.tail() == kNowhere) return {};
  return time_of(host_.item(list_.tail()).node().last_access, now_ms);
}

std::optional<TimeMs> LruPolicy::last_use_ms(Location item, TimeMs now_ms) const {
  return time_of(host_.item(item).node().last_access, now_ms);
}

void LruPolicy::check_invariants(std::uint64_t items) const {
  list_.check_invariants(host_);
  LARDER_CHECK(list_.size() == items);
}

}  // namespace larder
