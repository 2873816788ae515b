#include "larder/policy/volatile_filter.h"

namespace larder {

void VolatileFilter::enter(Location item, KeyHash hash) {
  inside_->on_insert(item, hash, now_ms_);
  ++items_inside_;
}

void VolatileFilter::leave(Location item, KeyHash hash, Removal why) {
  inside_->on_erase(item, hash, why);
  --items_inside_;
}

void VolatileFilter::note_use(Location item) {
  host_.item(item).set_last_access(ticks_of(now_ms_));
}

void VolatileFilter::on_insert(Location item, KeyHash hash, TimeMs now_ms) {
  now_ms_ = now_ms;
  if (is_volatile(item)) {
    enter(item, hash);
  } else {
    note_use(item);
  }
}

void VolatileFilter::on_adopt(Location item, KeyHash hash, Standing standing, TimeMs now_ms) {
  now_ms_ = now_ms;
  if (is_volatile(item)) {
    inside_->on_adopt(item, hash, standing, now_ms);
    ++items_inside_;
  } else {
    note_use(item);
  }
}

void VolatileFilter::on_hit(Location item, KeyHash hash, TimeMs now_ms) {
  now_ms_ = now_ms;
  if (is_volatile(item)) {
    inside_->on_hit(item, hash, now_ms);
  } else {
    note_use(item);
  }
}

void VolatileFilter::on_move(Location from, Location to) {
  const bool was_volatile = is_volatile(from);
  const bool stays_volatile = is_volatile(to);
  if (was_volatile && stays_volatile) {
    inside_->on_move(from, to);
  } else if (was_volatile) {
    leave(from, host_.hash_of(from), Removal::kErased);
    note_use(to);
  } else if (stays_volatile) {
    enter(to, host_.hash_of(to));
  }
}

void VolatileFilter::on_erase(Location item, KeyHash hash, Removal why) {
  if (is_volatile(item)) leave(item, hash, why);
}

void VolatileFilter::on_expiry_changed(Location item, TimeMs before_ms) {
  const bool was_volatile = before_ms != kNoExpiry;
  const bool stays_volatile = is_volatile(item);
  if (was_volatile && stays_volatile) {
    inside_->on_expiry_changed(item, before_ms);
  } else if (was_volatile) {
    leave(item, host_.hash_of(item), Removal::kErased);
    note_use(item);
  } else if (stays_volatile) {
    enter(item, host_.hash_of(item));
  }
}

std::optional<TimeMs> VolatileFilter::last_use_ms(Location item, TimeMs now_ms) const {
  if (!is_volatile(item)) return time_of(host_.item(item).node().last_access, now_ms);
  return inside_->last_use_ms(item, now_ms);
}

std::optional<std::uint32_t> VolatileFilter::frequency(Location item, KeyHash hash) const {
  if (!is_volatile(item)) return {};
  return inside_->frequency(item, hash);
}

void VolatileFilter::check_invariants(std::uint64_t items) const {
  LARDER_CHECK(items_inside_ <= items);
  inside_->check_invariants(items_inside_);
}

}  // namespace larder
