// The stats thread: every second a sample of all counters into the time series of Statistics, and every `interval` one
// line in the log with the figures of the time since the last line (docs/OPERATIONS.md explains each).
//
// start() and stop() belong to the owner's thread; set_interval() to any. step() is the thread's work, and what tests
// call with a ManualClock instead of starting the thread.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "commands/sampling.h"
#include "larder/stats/time_series.h"
#include "server/latency_watch.h"
#include "server/periodic_thread.h"

namespace larder {

class StatsThread {
 public:
  // Takes the first sample, from which the first figures are counted. An interval of 0: no lines. The sources must
  // outlive it.
  StatsThread(const SampleSources& sources, std::chrono::milliseconds interval);

  void start() { thread_.start(); }
  void stop() { thread_.stop(); }

  // Takes effect at the next step.
  void set_interval(std::chrono::milliseconds interval) { interval_ms_.store(interval.count()); }

  // One second's work; answers how long it is until the next is due.
  std::chrono::nanoseconds step();

 private:
  const SampleSources sources_;
  std::atomic<std::int64_t> interval_ms_;
  // The thread's own.
  LatencyWatch latency_;
  Sample last_line_;
  std::int64_t next_step_ns_;
  PeriodicThread thread_;
};

// The log line about the time between two samples.
std::string stats_line(const Sample& from, const Sample& to);

}  // namespace larder
