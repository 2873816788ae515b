#include "commands/refill_timer.h"

#include <utility>

namespace larder {

void RefillTimer::on_miss(KeyHash hash, std::int64_t now_ns) {
  Slot* slot = nullptr;
  if (used_ != 0) slot = find(hash);  // missed again: the load that counts begins now
  if (slot == nullptr) {
    slot = &slots_[next_];
    next_ = static_cast<std::uint8_t>((next_ + 1) % kSlots);
    if (slot->missed_ns == 0) ++used_;
  }
  *slot = {hash, now_ns};
}

std::optional<std::int64_t> RefillTimer::on_set(KeyHash hash, std::int64_t now_ns) {
  // Most clients that write have missed nothing: they pay one comparison.
  if (used_ == 0) return {};
  Slot* const slot = find(hash);
  if (slot == nullptr) return {};
  --used_;
  return now_ns - std::exchange(slot->missed_ns, 0);
}

RefillTimer::Slot* RefillTimer::find(KeyHash hash) {
  for (Slot& slot : slots_) {
    if (slot.missed_ns != 0 && slot.hash == hash) return &slot;
  }
  return nullptr;
}

}  // namespace larder
