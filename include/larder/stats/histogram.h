// A histogram of durations with one writing thread: log-linear buckets, eight to each power of two, so a quantile is
// right within 12.5 % (half of that on average) from 1 ns to 36 minutes; longer ones count as that. Fixed size,
// about 2.4 KiB.
//
//     0 1 2 .. 7 | 8 9 .. 15 | 16 18 .. 30 | 32 36 .. 60 | ...        first value of each bucket, in ns
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace larder {

inline constexpr std::size_t kHistogramBuckets = 312;

// A plain sum of histograms, to be asked.
class HistogramSnapshot {
 public:
  // The largest value, in ns, of the bucket that holds the quantile; 0 if empty. REQUIRES: 0 <= quantile <= 1.
  std::int64_t quantile_ns(double quantile) const;
  std::uint64_t count() const { return count_; }
  // Of durations, or any other whole numbers.
  void add(std::int64_t value, std::uint64_t times = 1);
  std::uint64_t bucket(std::size_t index) const { return buckets_[index]; }
  // What was recorded after `earlier`. REQUIRES: `earlier` is an older snapshot of the same histograms.
  HistogramSnapshot since(const HistogramSnapshot& earlier) const;

 private:
  friend class Histogram;
  std::array<std::uint64_t, kHistogramBuckets> buckets_{};
  std::uint64_t count_ = 0;
};

class Histogram {
 public:
  // Negative durations count as 0. `times`: one that was measured for as many.
  void record_ns(std::int64_t ns, std::uint64_t times = 1);
  void add_to(HistogramSnapshot& sum) const;

  static std::size_t bucket_of_ns(std::int64_t ns);
  static std::int64_t bucket_upper_ns(std::size_t index);

 private:
  std::array<std::atomic<std::uint64_t>, kHistogramBuckets> buckets_{};
};

}  // namespace larder
