// Latencies of one thread, in buckets of 1/64 of a power of two: a quantile is right within 1.6 %, where
// stats/histogram (which the server can afford to keep per command) is within 12.5 %. From 1 ns to 18 minutes; longer
// ones count as that, the largest is kept exactly. About 18 KiB. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace larder::bench {

class LatencyHistogram {
 public:
  // Negative ones count as 0.
  void record_ns(std::int64_t ns) {
    ns = ns < 0 ? 0 : ns;
    ++buckets_[bucket_of_ns(ns)];
    ++count_;
    sum_ns_ += static_cast<std::uint64_t>(ns);
    max_ns_ = ns > max_ns_ ? ns : max_ns_;
  }
  void add(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  std::int64_t max_ns() const { return max_ns_; }
  // 0 if empty.
  double mean_ns() const;
  // The largest latency, in ns, of the bucket that holds the quantile, but no more than the largest of all; 0 if empty.
  // REQUIRES: 0 <= quantile <= 1.
  std::int64_t quantile_ns(double quantile) const;

  static std::size_t bucket_of_ns(std::int64_t ns);
  static std::int64_t bucket_upper_ns(std::size_t index);

 private:
  static constexpr int kSubBits = 6;
  static constexpr std::size_t kSubBuckets = 1u << kSubBits;
  static constexpr int kBitsMax = 40;
  static constexpr std::size_t kBuckets = (kBitsMax - kSubBits + 1) * kSubBuckets;

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
  std::int64_t max_ns_ = 0;
};

inline std::size_t LatencyHistogram::bucket_of_ns(std::int64_t ns) {
  const auto value = static_cast<std::uint64_t>(ns);
  if (value < kSubBuckets) return static_cast<std::size_t>(value);
  const int shift = 63 - __builtin_clzll(value) - kSubBits;
  // value >> shift is in [64, 128): its highest bit moves the index on by one row.
  const std::size_t bucket = static_cast<std::size_t>(shift) * kSubBuckets + static_cast<std::size_t>(value >> shift);
  return bucket < kBuckets ? bucket : kBuckets - 1;
}

}  // namespace larder::bench
