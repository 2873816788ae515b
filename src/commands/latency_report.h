// What LATENCY DOCTOR and LATENCY GRAPH say about the spikes that there were. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "larder/stats/latency_monitor.h"

namespace larder {

struct LatencyCase {
  std::span<const LatencyMonitor::History> events;
  bool is_on = false;                // latency-monitor-threshold
  std::int64_t slowlog_us_min = -1;  // slowlog-log-slower-than
  std::uint64_t threshold_ns = LatencyMonitor::kNever;
};
// Sentences: what was seen, and what to do about it.
std::string latency_advice(const LatencyCase& latency);

// The latest spikes side by side as columns, with how long ago they were.
std::string latency_graph(const LatencyMonitor::History& history, std::int64_t now_unix_s);

}  // namespace larder
