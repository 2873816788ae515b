#include "server/stats_thread.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "larder/base/text.h"
#include "larder/stats/cache_figures.h"
#include "larder/stats/statistics.h"

namespace larder {

namespace {

constexpr auto kPeriodNs = static_cast<std::int64_t>(TimeSeries::kPeriodS * 1e9);

}  // namespace

StatsThread::StatsThread(const SampleSources& sources, std::chrono::milliseconds interval)
    : sources_(sources),
      interval_ms_(interval.count()),
      latency_(sources),
      last_line_(take_sample(sources)),
      next_step_ns_(last_line_.monotonic_ns + kPeriodNs),
      thread_("larder-stats", [this] { return step(); }) {
  sources_.statistics.series().add(last_line_);
}

std::chrono::nanoseconds StatsThread::step() {
  const std::int64_t begin_ns = sources_.clock.monotonic_ns();
  if (begin_ns >= next_step_ns_) {
    const Sample sample = take_sample(sources_);
    sources_.statistics.series().add(sample);
    latency_.look();

    const std::int64_t interval_ns = interval_ms_.load() * 1'000'000;
    if (interval_ns == 0) {
      last_line_ = sample;
    } else if (sample.monotonic_ns - last_line_.monotonic_ns + kPeriodNs / 2 >= interval_ns) {
      spdlog::info("{}", stats_line(last_line_, sample));
      last_line_ = sample;
    }
    // On the second, whatever the step took; seconds that were missed (a stopped machine) are not made up for.
    next_step_ns_ += kPeriodNs;
    if (next_step_ns_ <= begin_ns) next_step_ns_ = begin_ns + kPeriodNs;
  }
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, next_step_ns_ - sources_.clock.monotonic_ns()));
}

std::string stats_line(const Sample& from, const Sample& to) {
  const WindowFigures figures = figures_between(from, to);
  return fmt::format(
      "stats: seconds={:.1f} hit_ratio={:.4f} memory_utilization={:.4f} used={} max={} items={} ops_per_s={:.0f} "
      "evicted_per_s={:.1f} expired_per_s={:.1f} clients={} access_us={:.3f}",
      figures.seconds, figures.hit_ratio, memory_utilization(to.used_bytes, to.maxmemory_bytes),
      format_size(to.used_bytes), to.maxmemory_bytes == 0 ? "none" : format_size(to.maxmemory_bytes), to.items,
      figures.requests_per_s, figures.evicted_per_s, figures.expired_per_s, to.clients, figures.access_us);
}

}  // namespace larder
