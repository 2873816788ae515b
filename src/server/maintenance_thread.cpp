#include "server/maintenance_thread.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace larder {

namespace {

constexpr std::chrono::nanoseconds kBusyPauseMin{250'000};
// Where it shares a core with an io thread it gets a quarter of it, so that clients need not wait for whole visits.
constexpr int kNiceness = 5;

}  // namespace

MaintenanceThread::MaintenanceThread(ShardedStore& store, const Clock& clock, OtherWork other_work)
    : store_(store),
      clock_(clock),
      other_work_(std::move(other_work)),
      thread_(
          "larder-maint", [this] { return step(); }, kNiceness) {}

std::chrono::nanoseconds MaintenanceThread::step() {
  const std::size_t work_max = busy_ ? kBusyWorkMax : kRestWorkMax;
  const std::int64_t begin_ns = clock_.monotonic_ns();
  busy_ = store_.maintain(clock_.now_ms(), work_max);
  if (other_work_ && other_work_(work_max)) busy_ = true;
  if (begin_ns - round_ns_ >= std::chrono::nanoseconds(kRestPeriod).count()) {
    round_ns_ = begin_ns;
    store_.maintain_round(clock_.now_ms(), kRoundWorkMax);
  }
  if (!busy_) return kRestPeriod;
  return std::max(kBusyPauseMin, std::chrono::nanoseconds(clock_.monotonic_ns() - begin_ns));
}

}  // namespace larder
