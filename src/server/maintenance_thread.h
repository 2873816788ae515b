// The maintenance thread: has the store reclaim what is expired or flushed and settle what is above its limits, in
// short visits. About 1 % of a core while there is little to reclaim, up to 50 % while there is much.
//
// start() and stop() belong to the owner's thread. step() is the thread's work, and what tests call instead of starting
// it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

#include "larder/base/clock.h"
#include "larder/store/sharded_store.h"
#include "server/periodic_thread.h"

namespace larder {

class MaintenanceThread {
 public:
  // Work in steps of ShardedStore::maintain(), up to 100 ns each. At rest one visit of at most 1 ms each period. Busy,
  // visits of half a millisecond, and once a period of 1.5 ms, with pauses as long as they took: an io thread may have
  // to wait for one.
  static constexpr std::chrono::milliseconds kRestPeriod{100};
  static constexpr std::size_t kRestWorkMax = 10'000;
  static constexpr std::size_t kBusyWorkMax = 5'000;
  // Of the round through what has expired here and there, once a rest period however busy it is.
  static constexpr std::size_t kRoundWorkMax = 10'000;

  // Does what else there is, in steps of up to 100 ns, and returns whether there is more.
  using OtherWork = std::function<bool(std::size_t work_max)>;

  // All must outlive it.
  MaintenanceThread(ShardedStore& store, const Clock& clock, OtherWork other_work = {});

  void start() { thread_.start(); }
  void stop() { thread_.stop(); }

  // One visit; answers how long to wait before the next.
  std::chrono::nanoseconds step();
  // As the last visit has found it.
  bool busy() const { return busy_; }

 private:
  ShardedStore& store_;
  const Clock& clock_;
  const OtherWork other_work_;
  // The thread's own.
  bool busy_ = false;
  std::int64_t round_ns_ = std::numeric_limits<std::int64_t>::min() / 2;
  PeriodicThread thread_;
};

}  // namespace larder
