#include "server/latency_watch.h"

#include "larder/stats/latency_monitor.h"

namespace larder {

namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;

std::uint64_t longest_ns(const HistogramSnapshot& histogram) {
  return static_cast<std::uint64_t>(histogram.quantile_ns(1));
}

}  // namespace

LatencyWatch::Seen LatencyWatch::see() const {
  return {.holds = sources_.store.holds().holds, .lags = loop_lags(sources_.net)};
}

void LatencyWatch::look() {
  LatencyMonitor& monitor = sources_.statistics.latency();
  if (monitor.threshold_ns() == LatencyMonitor::kNever) {
    before_.reset();
    return;
  }
  const Seen now = see();
  if (before_) {
    const std::int64_t unix_s = sources_.clock.unix_us() / kUsPerSecond;
    monitor.add(LatencyEvent::kShardHold, unix_s, longest_ns(now.holds.since(before_->holds)));
    monitor.add(LatencyEvent::kIoLoop, unix_s, longest_ns(now.lags.since(before_->lags)));
  }
  before_ = now;
}

}  // namespace larder
