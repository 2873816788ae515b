// The one memory budget of a store: what all shards use and have reserved, against maxmemory, and the same for
// maxitems. Atomic counters; any thread. Shards charge and release as they allocate and free; a write that finds no
// room left answers kNeedsRoom, and ShardedStore evicts until a Reservation holds that room, then repeats the write
// with it. So used bytes never pass the limit, and nobody evicts while holding a lock that a victim's shard may need.
//
// A blob that left its shard while replies are still sent from it stays charged ("pinned") until the last of them is
// done: other items are evicted in its place.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "larder/base/mutex.h"
#include "larder/store/types.h"

namespace larder {

class Budget;

// What pinned blobs are charged to. They may outlive the budget; then it counts nothing any more.
class PinnedBytes final : public BlobCharge {
 public:
  explicit PinnedBytes(Budget& budget) : budget_(&budget) {}

  void add(std::size_t bytes) { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  std::uint64_t get() const { return bytes_.load(std::memory_order_acquire); }
  void give_back(std::size_t bytes) override;
  // The budget ends.
  void detach();

 private:
  std::atomic<std::uint64_t> bytes_{0};
  Mutex mutex_;  // nothing else is locked under it
  Budget* budget_ GUARDED_BY(mutex_);
};

class Budget {
 public:
  // A limit of 0 means none.
  Budget(std::uint64_t bytes_max, std::uint64_t items_max)
      : bytes_max_(bytes_max), items_max_(items_max), pinned_(std::make_shared<PinnedBytes>(*this)) {}
  ~Budget() { pinned_->detach(); }
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // Takes `room` if it fits under both limits; takes nothing otherwise.
  bool try_take(RoomNeeded room);
  // Takes as much of `room` as fits now and returns how much that was.
  RoomNeeded take_available(RoomNeeded room);
  // Takes it whatever the limits say (settling after a multi-key write).
  void take(RoomNeeded room);
  void give_back(RoomNeeded room);

  // The blob, which is charged, leaves its shard and stays charged until nobody refers to it.
  void pin(Blob& blob);
  std::uint64_t pinned_bytes() const { return pinned_->get(); }

  std::uint64_t used_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t used_items() const { return items_.load(std::memory_order_relaxed); }
  std::uint64_t bytes_max() const { return bytes_max_.load(std::memory_order_relaxed); }
  std::uint64_t items_max() const { return items_max_.load(std::memory_order_relaxed); }
  void set_bytes_max(std::uint64_t bytes_max) { bytes_max_.store(bytes_max, std::memory_order_relaxed); }
  void set_items_max(std::uint64_t items_max) { items_max_.store(items_max, std::memory_order_relaxed); }
  // How many Reservations there are, and how many there have been.
  // Those of values that are still arriving count apart: by the bytes that they hold.
  std::uint64_t reservations() const { return reservations_.load(std::memory_order_acquire); }
  std::uint64_t reservations_begun() const { return reservations_begun_.load(std::memory_order_acquire); }

  std::uint64_t receiving_bytes() const { return receiving_bytes_.load(std::memory_order_relaxed); }

  // How far the use is above the limits; zero where it is not.
  RoomNeeded excess() const;

 private:
  friend class Reservation;
  void note_peak(std::uint64_t bytes);

  std::atomic<std::uint64_t> bytes_max_;
  std::atomic<std::uint64_t> items_max_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> items_{0};
  std::atomic<std::uint64_t> peak_bytes_{0};
  std::atomic<std::uint64_t> receiving_bytes_{0};
  const std::shared_ptr<PinnedBytes> pinned_;
  std::atomic<std::uint64_t> reservations_{0};
  std::atomic<std::uint64_t> reservations_begun_{0};
};

// Room that was taken from a Budget before it is used; what is left is given back at the end.
class Reservation {
 public:
  enum class Purpose : std::uint8_t {
    kWrite,       // of one that is under way: used, or given back, in a moment
    kMultiWrite,  // likewise; may overdraw
    kReceive,     // of one whose value is still arriving: held for as long as its client takes
  };

  Reservation(Budget& budget, RoomNeeded held, Purpose purpose);
  ~Reservation();
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  // Uses up to `wanted` of what is held and returns the part that it could not cover.
  RoomNeeded draw(RoomNeeded wanted);
  // More room, already taken from the budget.
  void add(RoomNeeded room);
  // Everything that `other` holds, which then holds nothing. REQUIRES: of the same budget.
  void take_over(Reservation& other);
  // Takes `room` from the budget beyond its limits, where this reservation may, within limits::kOverdrawBytesMax in
  // all. Items may always be overdrawn: they take no memory of their own.
  bool overdraw(RoomNeeded room);
  bool may_overdraw(RoomNeeded room) const;
  void give_back_all() { give_back_beyond({}); }
  // Keeps so much.
  void give_back_beyond(RoomNeeded kept);
  RoomNeeded held() const { return held_; }

 private:
  void set_held(RoomNeeded held);

  Budget& budget_;
  RoomNeeded held_;
  const Purpose purpose_;
  std::size_t overdrawn_bytes_ = 0;
};

}  // namespace larder
