#include "server/maintenance_thread.h"

#include <algorithm>
#include <cstdint>

namespace larder {

namespace {

// A store of many items with expiries always has a round of looking going on; that alone is no reason to hurry. To find
// that one step in so many reclaims something is.
constexpr std::size_t kBusyStepsPerExpired = 20;
constexpr std::chrono::nanoseconds kBusyPauseMin{1'000'000};

// Whether a visit of `work` steps says that more of the same is waiting. What cannot be helped (an excess that the
// policy may not evict) is none.
bool much_is_left(const Budget& budget, const ShardStats& before, const ShardStats& after, std::size_t work) {
  if (after.dead_bytes > 0) return true;
  if (!budget.excess().none() && after.evicted > before.evicted) return true;
  return (after.expired - before.expired) * kBusyStepsPerExpired >= work;
}

}  // namespace

MaintenanceThread::MaintenanceThread(ShardedStore& store, const Clock& clock)
    : store_(store), clock_(clock), thread_("larder-maint", [this] { return step(); }) {}

std::chrono::nanoseconds MaintenanceThread::step() {
  const std::size_t work_max = busy_ ? kBusyWorkMax : kRestWorkMax;
  const std::int64_t begin_ns = clock_.monotonic_ns();
  const ShardStats before = store_.stats().total;
  const bool more = store_.maintain(clock_.now_ms(), work_max);
  busy_ = more && much_is_left(store_.budget(), before, store_.stats().total, work_max);
  if (!busy_) return kRestPeriod;
  return std::max(kBusyPauseMin, 3 * std::chrono::nanoseconds(clock_.monotonic_ns() - begin_ns));
}

}  // namespace larder
