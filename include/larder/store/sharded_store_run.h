// The part of sharded_store.h, which includes it, that is templates: operations on one key, and the lock that may be
// kept from one of them to the next.
#pragma once

#include "larder/store/sharded_store.h"

namespace larder {

// The locks of shards kept from one run() to the next: that of one shard, for operations that follow each other on its
// keys, or those of all the keys of a batch. Used by one thread. While any is held the thread runs nothing else on the
// store, and locks nothing but what may be locked under a shard's lock.
class ShardedStore::KeptLock {
 public:
  explicit KeptLock(ShardedStore& store) : store_(store), events_(store.wanted_events_) {}
  ~KeptLock() { release(); }
  KeptLock(const KeptLock&) = delete;
  KeptLock& operator=(const KeptLock&) = delete;

  // Locks the shards of all these keys, so that a lock is taken once a batch instead of once an operation, and asks the
  // memory for what the operations will look at, as ShardedStore::prefetch(). A shard that is locked is passed over:
  // its keys are left to run(). Where another thread executes operations as well it would wait for the whole batch, and
  // where shards are many it is not worth while: false, and nothing is done. REQUIRES: nothing is held; at most
  // kPrefetchMax keys.
  bool take_all(std::span<const KeyHash> hashes);
  // Whether the key is in a shard that is held.
  bool holds(const Key& key) const {
    const std::uint32_t number = hash_shard(key.hash, store_.shard_bits_);
    return number == only_ || (number < kTakenMax && (held_ >> number & 1) != 0);
  }
  void release() {
    if (only_ != kNone) {
      only_ = kNone;
      hold_.reset();
    } else if (held_ != 0) {
      release_all();
    } else {
      return;
    }
    store_.deliver(events_);
    events_.clear();
  }

 private:
  friend class ShardedStore;
  // What take_all() locks at most: enough for one thread's share of shards.
  static constexpr std::uint32_t kTakenMax = 16;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  void take(const Key& key, Slot& slot) NO_LOCK_ANALYSIS {
    if (holds(key)) return;
    release();
    hold_.emplace(store_, slot, HoldKind::kOperation);
    only_ = slot.number;
  }
  void release_all();

  ShardedStore& store_;
  std::uint32_t held_ = 0;      // by take_all(): bits by the shards' numbers
  std::uint32_t only_ = kNone;  // the shard of hold_
  std::optional<Hold> hold_;
  std::array<std::int64_t, kTakenMax> begin_ns_;  // of the holds in held_
  Events events_;                                 // of the run
};

template <class Body>
StatusCode ShardedStore::run(const Key& key, TimeMs now_ms, Body&& body, Reservation* room) {
  Slot& slot = slot_of(key.hash);
  if (HeldShards* const held = HeldShards::of(*this)) [[unlikely]]
    return run_held(*held, slot, now_ms, body, room);
  Events events(wanted_events_);
  Op op{now_ms, events, room, {}};
  StatusCode status = run_locked(slot, op, body);
  if (status == StatusCode::kNeedsRoom) [[unlikely]]
    status = run_with_room(slot, op, body, room);
  deliver(events);
  return status;
}

template <class Body>
StatusCode ShardedStore::run(const Key& key, TimeMs now_ms, Body&& body, Reservation* room,
                             KeptLock& kept) NO_LOCK_ANALYSIS {
  Slot& slot = slot_of(key.hash);
  if (HeldShards* const held = HeldShards::of(*this)) [[unlikely]]
    return run_held(*held, slot, now_ms, body, room);
  kept.take(key, slot);
  Op op{now_ms, kept.events_, room, {}};
  const StatusCode status = body(slot.shard, op);
  if (status != StatusCode::kNeedsRoom) [[likely]]
    return status;
  // Nobody makes room while holding a shard.
  kept.release();
  Events events(wanted_events_);
  const StatusCode repeated = run_with_room(slot, {now_ms, events, room, op.needed}, body, room);
  deliver(events);
  return repeated;
}

template <class Body>
StatusCode ShardedStore::run_held(HeldShards& held, Slot& slot, TimeMs now_ms, Body& body,
                                  Reservation* room) NO_LOCK_ANALYSIS {
  LARDER_CHECK(held.has(slot.number));
  Op op = held.operation(now_ms);
  if (room != nullptr) op.reservation->take_over(*room);
  const StatusCode status = body(slot.shard, op);
  return status == StatusCode::kNeedsRoom ? StatusCode::kOutOfMemory : status;
}

template <class Body>
StatusCode ShardedStore::run_with_room(Slot& slot, Op op, Body& body, Reservation* room) {
  Reservation reservation(budget_, {}, Reservation::Purpose::kWrite);
  if (room != nullptr) reservation.take_over(*room);
  op.reservation = &reservation;
  StatusCode status = StatusCode::kNeedsRoom;
  for (int attempt = 0; attempt < kRoomAttemptsMax && status == StatusCode::kNeedsRoom; ++attempt) {
    if (!make_room(op.needed, reservation, op.now_ms, op.events)) break;
    status = run_locked(slot, op, body);
  }
  return status == StatusCode::kNeedsRoom ? StatusCode::kOutOfMemory : status;
}

}  // namespace larder
