#include "larder/stats/cache_figures.h"

#include <algorithm>
#include <optional>

namespace larder {

namespace {

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void subtract(std::uint64_t& count, std::uint64_t earlier) {
  count -= std::min(count, earlier);
}

}  // namespace

double hit_ratio(std::uint64_t hits, std::uint64_t queries) {
  return ratio(hits, queries);
}

double memory_utilization(std::uint64_t used_bytes, std::uint64_t total_bytes) {
  return ratio(used_bytes, total_bytes);
}

double average_access_time(double hit_ratio, double hit_time, double load_time) {
  return hit_time + (1 - hit_ratio) * load_time;
}

double weighted_access_time(double hit_ratio, double cache_time, double origin_time) {
  return hit_ratio * cache_time + (1 - hit_ratio) * origin_time;
}

Sample counters_between(const Sample& from, const Sample& to) {
  Sample difference = to;
  subtract(difference.requests.requests, from.requests.requests);
  subtract(difference.requests.hits, from.requests.hits);
  subtract(difference.requests.misses, from.requests.misses);
  subtract(difference.requests.hit_ns, from.requests.hit_ns);
  subtract(difference.requests.hit_requests, from.requests.hit_requests);
  subtract(difference.requests.load_us, from.requests.load_us);
  subtract(difference.requests.loads, from.requests.loads);
  subtract(difference.evicted, from.evicted);
  subtract(difference.evicted_age_ms_sum, from.evicted_age_ms_sum);
  subtract(difference.expired, from.expired);
  subtract(difference.received_bytes, from.received_bytes);
  subtract(difference.sent_bytes, from.sent_bytes);
  subtract(difference.read_turns, from.read_turns);
  subtract(difference.write_turns, from.write_turns);
  subtract(difference.connections_accepted, from.connections_accepted);
  subtract(difference.connections_rejected, from.connections_rejected);
  return difference;
}

WindowFigures figures_between(const Sample& from, const Sample& to) {
  const Sample grown = counters_between(from, to);
  const RequestTotals& requests = grown.requests;
  const std::uint64_t queries = requests.hits + requests.misses;

  WindowFigures figures;
  figures.seconds = static_cast<double>(to.monotonic_ns - from.monotonic_ns) / 1e9;
  figures.hit_ratio = hit_ratio(requests.hits, queries);
  figures.miss_ratio = ratio(requests.misses, queries);
  const auto per_s = [&](std::uint64_t count) {
    return figures.seconds > 0 ? static_cast<double>(count) / figures.seconds : 0;
  };
  figures.requests_per_s = per_s(requests.requests);
  figures.evicted_per_s = per_s(grown.evicted);
  figures.expired_per_s = per_s(grown.expired);
  figures.received_bytes_per_s = per_s(grown.received_bytes);
  figures.sent_bytes_per_s = per_s(grown.sent_bytes);
  figures.evicted_age_s = ratio(grown.evicted_age_ms_sum, grown.evicted) / 1e3;
  figures.hit_us = ratio(requests.hit_ns, requests.hit_requests) / 1e3;
  figures.load_us = ratio(requests.load_us, requests.loads);
  // Without queries there is nothing to average: the time of a hit would be made up.
  if (queries > 0) figures.access_us = average_access_time(figures.hit_ratio, figures.hit_us, figures.load_us);
  return figures;
}

WindowFigures figures_of_last(const TimeSeries& series, double window_s) {
  const std::optional<SampleWindow> window = series.last(window_s);
  return window ? figures_between(window->from, window->to) : WindowFigures{};
}

}  // namespace larder
