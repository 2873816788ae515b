#include "larder/policy/ttl_policy.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "larder/base/check.h"

namespace larder {

namespace {

constexpr std::size_t kChildren = 4;
constexpr int kTickShift = 8;

constexpr std::size_t parent_of(std::size_t at) {
  return (at - 1) / kChildren;
}

}  // namespace

StreamId TtlPolicy::stream_for(Arrival arrival, KeyHash /*hash*/, Location /*item*/) const {
  return arrival == Arrival::kSurvivor ? 1 : 0;
}

void TtlPolicy::on_insert(Location item, KeyHash /*hash*/, TimeMs now_ms) {
  ItemRef record = host_.item(item);
  record.set_node({.prev = 0, .next = 0, .last_access = ticks_of(now_ms)});
  if (!base_ms_) base_ms_ = now_ms;
  heap_.push_back({});
  place_up(heap_.size() - 1, entry_of(item));
}

std::uint32_t TtlPolicy::tick_of(TimeMs expiry_ms) const {
  constexpr std::uint64_t kTickMax = std::numeric_limits<std::uint32_t>::max();
  if (expiry_ms <= *base_ms_) return 0;
  const std::uint64_t after_ms = static_cast<std::uint64_t>(expiry_ms) - static_cast<std::uint64_t>(*base_ms_);
  return static_cast<std::uint32_t>(std::min(after_ms >> kTickShift, kTickMax));
}

TtlPolicy::Entry TtlPolicy::entry_of(Location item) const {
  return {tick_of(host_.item(item).expiry()), item};
}

bool TtlPolicy::is_before(const Entry& a, const Entry& b) const {
  if (a.tick != b.tick) return a.tick < b.tick;
  return host_.item(a.item).expiry() < host_.item(b.item).expiry();
}

void TtlPolicy::on_hit(Location item, KeyHash /*hash*/, TimeMs now_ms) {
  host_.item(item).set_last_access(ticks_of(now_ms));
}

void TtlPolicy::on_move(Location from, Location to) {
  place(index_of(from), entry_of(to));
}

void TtlPolicy::on_erase(Location item, KeyHash /*hash*/, Removal /*why*/) {
  const std::size_t at = index_of(item);
  const Entry last = heap_[heap_.size() - 1];
  heap_.pop_back();
  if (at < heap_.size()) place(at, last);
}

void TtlPolicy::on_expiry_changed(Location item, TimeMs /*before_ms*/) {
  place(index_of(item), entry_of(item));
}

VictimStep TtlPolicy::victim(TimeMs /*now_ms*/) {
  if (heap_.size() == 0) return {};
  return {.kind = VictimStep::Kind::kEvict, .item = heap_[0].item};
}

std::optional<std::int64_t> TtlPolicy::coldest_rank(TimeMs /*now_ms*/) const {
  if (heap_.size() == 0) return {};
  return first_expiry_ms_;
}

std::optional<TimeMs> TtlPolicy::last_use_ms(Location item, TimeMs now_ms) const {
  return time_of(host_.item(item).node().last_access, now_ms);
}

void TtlPolicy::check_invariants(std::uint64_t items) const {
  LARDER_CHECK(heap_.size() == items);
  for (std::size_t at = 0; at < heap_.size(); ++at) {
    const ItemRef record = host_.item(heap_[at].item);
    LARDER_CHECK(record.is_item() && record.node().prev == at && tick_of(record.expiry()) == heap_[at].tick);
    LARDER_CHECK(at == 0 || !is_before(heap_[at], heap_[parent_of(at)]));
  }
  LARDER_CHECK(items == 0 || host_.item(heap_[0].item).expiry() == first_expiry_ms_);
}

void TtlPolicy::put(std::size_t at, const Entry& entry) {
  heap_[at] = entry;
  host_.item(entry.item).set_prev(static_cast<Location>(at));
  if (at == 0) first_expiry_ms_ = host_.item(entry.item).expiry();
}

void TtlPolicy::place_up(std::size_t at, const Entry& entry) {
  while (at > 0 && is_before(entry, heap_[parent_of(at)])) {
    put(at, heap_[parent_of(at)]);
    at = parent_of(at);
  }
  put(at, entry);
}

void TtlPolicy::place_down(std::size_t at, const Entry& entry) {
  for (std::size_t first = at * kChildren + 1; first < heap_.size(); first = at * kChildren + 1) {
    std::size_t least = first;
    const std::size_t end = std::min(first + kChildren, heap_.size());
    for (std::size_t child = first + 1; child < end; ++child) {
      if (is_before(heap_[child], heap_[least])) least = child;
    }
    if (!is_before(heap_[least], entry)) break;
    put(at, heap_[least]);
    at = least;
  }
  put(at, entry);
}

void TtlPolicy::place(std::size_t at, const Entry& entry) {
  if (at > 0 && is_before(entry, heap_[parent_of(at)])) {
    place_up(at, entry);
  } else {
    place_down(at, entry);
  }
}

}  // namespace larder
