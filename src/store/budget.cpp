#include "larder/store/budget.h"

#include <algorithm>

#include "larder/base/check.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

using Counter = std::atomic<std::uint64_t>;

// Adds as much of `amount` as keeps `used` within `limit` (0: none), at least `amount_min` or nothing. Returns what it
// added.
std::size_t take_within(Counter& used, std::uint64_t limit, std::size_t amount, std::size_t amount_min) {
  if (amount == 0) return 0;
  if (limit == 0) {
    used.fetch_add(amount, std::memory_order_relaxed);
    return amount;
  }
  std::uint64_t before = used.load(std::memory_order_relaxed);
  std::size_t taken = 0;
  do {
    taken = before >= limit ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(amount, limit - before));
    if (taken < amount_min || taken == 0) return 0;
  } while (!used.compare_exchange_weak(before, before + taken, std::memory_order_relaxed));
  return taken;
}

std::size_t above(std::uint64_t used, std::uint64_t limit) {
  return limit != 0 && used > limit ? static_cast<std::size_t>(used - limit) : 0;
}

}  // namespace

void PinnedBytes::give_back(std::size_t bytes) {
  {
    const LockGuard lock(mutex_);
    if (budget_ != nullptr) budget_->give_back({bytes, 0});
  }
  // Last: who sees nothing pinned finds the budget without it.
  bytes_.fetch_sub(bytes, std::memory_order_release);
}

void PinnedBytes::detach() {
  const LockGuard lock(mutex_);
  budget_ = nullptr;
}

void Budget::pin(Blob& blob) {
  pinned_->add(Blob::footprint_bytes(blob.size()));
  blob.leave_charge(pinned_);
}

bool Budget::try_take(RoomNeeded room) {
  if (take_within(bytes_, bytes_max(), room.bytes, room.bytes) != room.bytes) return false;
  if (take_within(items_, items_max(), room.items, room.items) != room.items) {
    give_back({room.bytes, 0});
    return false;
  }
  if (room.bytes != 0) note_peak(used_bytes());
  return true;
}

RoomNeeded Budget::take_available(RoomNeeded room) {
  const RoomNeeded taken = {take_within(bytes_, bytes_max(), room.bytes, 0),
                            take_within(items_, items_max(), room.items, 0)};
  if (taken.bytes != 0) note_peak(used_bytes());
  return taken;
}

void Budget::take(RoomNeeded room) {
  bytes_.fetch_add(room.bytes, std::memory_order_relaxed);
  items_.fetch_add(room.items, std::memory_order_relaxed);
  note_peak(used_bytes());
}

void Budget::give_back(RoomNeeded room) {
  if (room.bytes != 0) {
    const std::uint64_t before = bytes_.fetch_sub(room.bytes, std::memory_order_relaxed);
    LARDER_DCHECK(before >= room.bytes);
  }
  if (room.items != 0) {
    const std::uint64_t before = items_.fetch_sub(room.items, std::memory_order_relaxed);
    LARDER_DCHECK(before >= room.items);
  }
}

RoomNeeded Budget::excess() const {
  return {above(used_bytes(), bytes_max()), above(used_items(), items_max())};
}

void Budget::note_peak(std::uint64_t bytes) {
  std::uint64_t peak = peak_bytes();
  while (bytes > peak && !peak_bytes_.compare_exchange_weak(peak, bytes, std::memory_order_relaxed)) {
  }
}

Reservation::Reservation(Budget& budget, RoomNeeded held, Purpose purpose) : budget_(budget), purpose_(purpose) {
  set_held(held);
  if (purpose_ == Purpose::kReceive) return;
  budget_.reservations_.fetch_add(1, std::memory_order_acq_rel);
  budget_.reservations_begun_.fetch_add(1, std::memory_order_acq_rel);
}

Reservation::~Reservation() {
  give_back_all();
  if (purpose_ != Purpose::kReceive) budget_.reservations_.fetch_sub(1, std::memory_order_acq_rel);
}

void Reservation::set_held(RoomNeeded held) {
  if (purpose_ == Purpose::kReceive) {
    // Modulo 2^64, so that one addition goes in both directions.
    budget_.receiving_bytes_.fetch_add(std::uint64_t{held.bytes} - held_.bytes, std::memory_order_relaxed);
  }
  held_ = held;
}

RoomNeeded Reservation::draw(RoomNeeded wanted) {
  const RoomNeeded uncovered = wanted.beyond(held_);
  set_held(held_.beyond(wanted));
  return uncovered;
}

void Reservation::add(RoomNeeded room) {
  RoomNeeded more = held_;
  more += room;
  set_held(more);
}

void Reservation::take_over(Reservation& other) {
  LARDER_DCHECK(&budget_ == &other.budget_);
  const RoomNeeded room = other.held_;
  other.set_held({});
  add(room);
}

bool Reservation::may_overdraw(RoomNeeded room) const {
  return purpose_ == Purpose::kMultiWrite && overdrawn_bytes_ + room.bytes <= limits::kOverdrawBytesMax;
}

bool Reservation::overdraw(RoomNeeded room) {
  if (!may_overdraw(room)) return false;
  overdrawn_bytes_ += room.bytes;
  budget_.take(room);
  return true;
}

void Reservation::give_back_beyond(RoomNeeded kept) {
  const RoomNeeded surplus = held_.beyond(kept);
  set_held(held_.beyond(surplus));
  budget_.give_back(surplus);
}

}  // namespace larder
