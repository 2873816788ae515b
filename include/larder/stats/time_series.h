// The last ten minutes by second: a ring of samples of all counters, written by the stats thread, read by INFO. Ratios
// and rates over a window are differences of two samples. Counters in samples only grow: CONFIG RESETSTAT sets a mark
// in Statistics and leaves them alone.
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
  std::uint64_t evicted_age_ms_sum = 0;  // time since last use, of the evicted
  std::uint64_t expired = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t read_turns = 0;
  std::uint64_t write_turns = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_rejected = 0;
  // Levels.
  std::uint64_t used_bytes = 0;
  std::uint64_t maxmemory_bytes = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t items = 0;
  std::uint64_t clients = 0;
};

struct SampleWindow {
  Sample from;
  Sample to;
};

class TimeSeries {
 public:
  static constexpr std::size_t kSamples = 601;
  static constexpr double kPeriodS = 1;

  // A sample that is not younger than the latest is dropped: it was overtaken by restart().
  void add(const Sample& sample);
  // Begins anew with `first` as the oldest sample.
  void restart(const Sample& first);
  std::optional<Sample> latest() const;
  // The latest sample as `to`, and as `from` the youngest that is at least `window_s` older, half a period of
  // unpunctuality forgiven; the oldest there is if the series is shorter. Nothing while there is no sample.
  std::optional<SampleWindow> last(double window_s) const;
  // From the oldest to the latest.
  std::vector<Sample> all() const;

 private:
  void push(const Sample& sample) REQUIRES_LOCK(mutex_);
  // `age` 0: the latest. REQUIRES: age < ring_.size().
  const Sample& at_age(std::size_t age) const REQUIRES_LOCK(mutex_);

  mutable Mutex mutex_;
  std::vector<Sample> ring_ GUARDED_BY(mutex_);
  std::size_t next_ GUARDED_BY(mutex_) = 0;  // where the next sample goes once the ring is full
};

}  // namespace larder
