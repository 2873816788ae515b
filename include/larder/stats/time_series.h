// The last ten minutes by second: a ring of samples of all counters, written by the stats thread, read by INFO and the log
// line. Ratios and rates over a window are differences of two samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "larder/base/clock.h"
#include "larder/base/mutex.h"

namespace larder {

// Sums since start.
struct RequestTotals {
  std::uint64_t requests = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t hit_ns = 0;
  std::uint64_t hit_requests = 0;
  std::uint64_t load_us = 0;
  std::uint64_t loads = 0;
};

// One second. Totals since start, and levels at that moment.
struct Sample {
  std::int64_t monotonic_ns = 0;
  RequestTotals requests;
  std::uint64_t evicted = 0;
  std::uint64_t expired = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  // Levels.
  std::uint64_t used_bytes = 0;
  std::uint64_t maxmemory_bytes = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t items = 0;
  std::uint64_t clients = 0;
};

class TimeSeries {
 public:
  static constexpr std::size_t kSamples = 601;

  void add(const Sample& sample);
  // Forgets all samples (CONFIG RESETSTAT: totals begin anew).
  void clear();
  std::optional<Sample> latest() const;
  // The youngest sample that is at least `window_s` older than the latest; the oldest there is if the series is shorter.
  std::optional<Sample> before(double window_s) const;
  std::vector<Sample> all() const;

 private:
  mutable Mutex mutex_;
  std::vector<Sample> ring_ GUARDED_BY(mutex_);
  std::size_t next_ GUARDED_BY(mutex_) = 0;
};

}  // namespace larder
