#include "larder/stats/latency_monitor.h"

#include <algorithm>

namespace larder {

namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::array<std::string_view, kLatencyEvents> kNames = {"command", "fast-command", "io-loop", "shard-hold"};

}  // namespace

std::string_view latency_event_name(LatencyEvent event) {
  return kNames[static_cast<std::size_t>(event)];
}

std::optional<LatencyEvent> find_latency_event(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return {};
  return static_cast<LatencyEvent>(found - kNames.begin());
}

void LatencyMonitor::set_threshold_ms(std::int64_t ms) {
  const bool never = ms <= 0 || static_cast<std::uint64_t>(ms) > kNever / kNsPerMs;
  threshold_ns_.store(never ? kNever : static_cast<std::uint64_t>(ms) * kNsPerMs, std::memory_order_relaxed);
}

void LatencyMonitor::add(LatencyEvent event, std::int64_t unix_s, std::uint64_t ns) {
  if (ns < threshold_ns()) return;
  const auto ms = static_cast<std::int64_t>(ns / kNsPerMs);
  const LockGuard guard(mutex_);
  Kept& kept = events_[static_cast<std::size_t>(event)];
  kept.ms_max = std::max(kept.ms_max, ms);
  if (!kept.spikes.empty() && kept.spikes.back().unix_s == unix_s) {
    kept.spikes.back().ms = std::max(kept.spikes.back().ms, ms);
    return;
  }
  kept.spikes.push_back({unix_s, ms});
  if (kept.spikes.size() > kSpikesMax) kept.spikes.pop_front();
}

std::optional<LatencyMonitor::History> LatencyMonitor::history(LatencyEvent event) const {
  const LockGuard guard(mutex_);
  const Kept& kept = events_[static_cast<std::size_t>(event)];
  if (kept.spikes.empty()) return {};
  return History{.event = event, .spikes = {kept.spikes.begin(), kept.spikes.end()}, .ms_max = kept.ms_max};
}

std::vector<LatencyMonitor::History> LatencyMonitor::all() const {
  std::vector<History> found;
  for (std::size_t i = 0; i < kLatencyEvents; ++i) {
    if (auto one = history(static_cast<LatencyEvent>(i))) found.push_back(*std::move(one));
  }
  return found;
}

bool LatencyMonitor::reset(LatencyEvent event) {
  const LockGuard guard(mutex_);
  Kept& kept = events_[static_cast<std::size_t>(event)];
  const bool any = !kept.spikes.empty();
  kept = {};
  return any;
}

}  // namespace larder
