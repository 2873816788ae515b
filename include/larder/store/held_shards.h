// The shards of one store whose locks this thread holds for a whole transaction (ShardedStore::run_exclusive()). While
// there is one, every operation of the thread on that store finds its shards locked already, and shares the
// transaction's events and room: so whoever works on the store needs not know whether it is inside a transaction.
//
// Which locks a thread holds is a property of the thread, and so it is kept with it.
// Where there is none, an operation pays for one look at it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "larder/store/budget.h"
#include "larder/store/events.h"
#include "larder/store/prepared_flush.h"
#include "larder/store/types.h"

namespace larder {

class ShardedStore;

class HeldShards {
 public:
  // `ascending`: the numbers of the shards, which this thread has locked. They, `op`, with a reservation, and `flush`
  // must outlive it. REQUIRES: the thread has none.
  HeldShards(const ShardedStore& store, std::span<const std::uint32_t> ascending, const Op& op, PreparedFlush& flush);
  ~HeldShards();
  HeldShards(const HeldShards&) = delete;
  HeldShards& operator=(const HeldShards&) = delete;

  // What this thread holds of the store. Null: nothing.
  static HeldShards* of(const ShardedStore& store) {
    return of_thread_ != nullptr && &of_thread_->store_ == &store ? of_thread_ : nullptr;
  }

  bool has(std::uint32_t shard) const { return std::binary_search(shards_.begin(), shards_.end(), shard); }
  // For an operation of the transaction.
  Op operation(TimeMs now_ms) const { return {now_ms, op_.events, op_.reservation, {}}; }
  // To be delivered with the transaction's own, when the locks are released.
  void keep(const Events& events) { op_.events.append(events); }
  PreparedFlush& prepared_flush() { return flush_; }
  // Sees to it that `wanted` is there for an operation that must not fail half-way. False: it is not.
  bool secure(Budget& budget, RoomNeeded wanted);
  // Moves so much of the transaction's room to `to`. False: it is not there, and nothing has changed.
  bool lend(Budget& budget, RoomNeeded wanted, Reservation& to);

 private:
  static inline constinit thread_local HeldShards* of_thread_ = nullptr;

  const ShardedStore& store_;
  const std::span<const std::uint32_t> shards_;
  const Op& op_;
  PreparedFlush& flush_;
};

}  // namespace larder
