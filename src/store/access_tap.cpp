#include "larder/store/access_tap.h"

namespace larder {

AccessTap::AccessTap() : places_(std::make_unique<Place[]>(kEventsMax)) {
  for (std::size_t at = 0; at < kEventsMax; ++at) places_[at].turn.store(at, std::memory_order_relaxed);
}

void AccessTap::put(const AccessEvent& event) {
  std::uint64_t number = next_.load(std::memory_order_relaxed);
  for (;;) {
    Place& place = places_[number % kEventsMax];
    const auto ahead = static_cast<std::int64_t>(place.turn.load(std::memory_order_acquire) - number);
    if (ahead < 0) {
      dropped_.add();
      if (event.kind == AccessEvent::Kind::kHit || event.kind == AccessEvent::Kind::kMiss) dropped_lookups_.add();
      return;
    }
    if (ahead > 0) {
      number = next_.load(std::memory_order_relaxed);
      continue;
    }
    if (!next_.compare_exchange_weak(number, number + 1, std::memory_order_relaxed)) continue;
    place.event = event;
    place.turn.store(number + 1, std::memory_order_release);
    return;
  }
}

bool AccessTap::take(AccessEvent& event) {
  Place& place = places_[taken_ % kEventsMax];
  if (place.turn.load(std::memory_order_acquire) != taken_ + 1) return false;
  event = place.event;
  place.turn.store(taken_ + kEventsMax, std::memory_order_release);
  ++taken_;
  return true;
}

}  // namespace larder
