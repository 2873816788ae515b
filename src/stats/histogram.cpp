#include "larder/stats/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "larder/base/check.h"

namespace larder {

namespace {

// Eight buckets to a power of two.
constexpr int kSubBits = 3;
constexpr std::size_t kSubBuckets = 1u << kSubBits;

}  // namespace

std::size_t Histogram::bucket_of_ns(std::int64_t ns) {
  if (ns < static_cast<std::int64_t>(kSubBuckets)) return ns < 0 ? 0 : static_cast<std::size_t>(ns);
  const auto value = static_cast<std::uint64_t>(ns);
  const int shift = std::bit_width(value) - 1 - kSubBits;
  // value >> shift is in [8, 16): its highest bit moves the index on by one row of eight.
  const std::size_t bucket = static_cast<std::size_t>(shift) * kSubBuckets + static_cast<std::size_t>(value >> shift);
  return std::min(bucket, kHistogramBuckets - 1);
}

std::int64_t Histogram::bucket_upper_ns(std::size_t index) {
  if (index < kSubBuckets) return static_cast<std::int64_t>(index);
  const std::size_t shift = index / kSubBuckets - 1;
  const std::uint64_t first = (kSubBuckets + index % kSubBuckets) << shift;
  return static_cast<std::int64_t>(first + (std::uint64_t{1} << shift) - 1);
}

void Histogram::record_ns(std::int64_t ns, std::uint64_t times) {
  std::atomic<std::uint64_t>& bucket = buckets_[bucket_of_ns(ns)];
  bucket.store(bucket.load(std::memory_order_relaxed) + times, std::memory_order_relaxed);
}

void Histogram::add_to(HistogramSnapshot& sum) const {
  for (std::size_t i = 0; i < kHistogramBuckets; ++i) {
    const std::uint64_t count = buckets_[i].load(std::memory_order_relaxed);
    sum.buckets_[i] += count;
    sum.count_ += count;
  }
}

void HistogramSnapshot::add(std::int64_t value, std::uint64_t times) {
  buckets_[Histogram::bucket_of_ns(value)] += times;
  count_ += times;
}

std::int64_t HistogramSnapshot::quantile_ns(double quantile) const {
  LARDER_CHECK(quantile >= 0 && quantile <= 1);
  if (count_ == 0) return 0;
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_))));
  std::uint64_t passed = 0;
  std::size_t last_used = 0;
  for (std::size_t i = 0; i < kHistogramBuckets; ++i) {
    if (buckets_[i] == 0) continue;
    last_used = i;
    passed += buckets_[i];
    if (passed >= rank) break;
  }
  return Histogram::bucket_upper_ns(last_used);
}

HistogramSnapshot HistogramSnapshot::since(const HistogramSnapshot& earlier) const {
  HistogramSnapshot difference;
  for (std::size_t i = 0; i < kHistogramBuckets; ++i) difference.buckets_[i] = buckets_[i] - earlier.buckets_[i];
  difference.count_ = count_ - earlier.count_;
  return difference;
}

}  // namespace larder
