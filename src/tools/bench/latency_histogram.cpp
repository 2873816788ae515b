#include "tools/bench/latency_histogram.h"

#include <algorithm>
#include <cmath>

#include "larder/base/check.h"

namespace larder::bench {

std::int64_t LatencyHistogram::bucket_upper_ns(std::size_t index) {
  if (index < kSubBuckets) return static_cast<std::int64_t>(index);
  const std::size_t shift = index / kSubBuckets - 1;
  const std::uint64_t first = (kSubBuckets + index % kSubBuckets) << shift;
  return static_cast<std::int64_t>(first + (std::uint64_t{1} << shift) - 1);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

double LatencyHistogram::mean_ns() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_);
}

std::int64_t LatencyHistogram::quantile_ns(double quantile) const {
  LARDER_CHECK(quantile >= 0 && quantile <= 1);
  if (count_ == 0) return 0;
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_))));
  std::uint64_t passed = 0;
  std::size_t bucket = 0;
  while (passed + buckets_[bucket] < rank) passed += buckets_[bucket++];
  // The last bucket also has what is beyond it.
  return bucket == kBuckets - 1 ? max_ns_ : std::min(bucket_upper_ns(bucket), max_ns_);
}

}  // namespace larder::bench
