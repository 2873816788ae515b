#include "larder/stats/histogram.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>

namespace larder {
namespace {

HistogramSnapshot snapshot(const Histogram& histogram) {
  HistogramSnapshot sum;
  histogram.add_to(sum);
  return sum;
}

TEST(Histogram, SmallDurationsAreExact) {
  for (std::int64_t ns = 0; ns < 16; ++ns) EXPECT_EQ(Histogram::bucket_upper_ns(Histogram::bucket_of_ns(ns)), ns);
}

TEST(Histogram, EveryDurationLiesInABucketAtMostAnEighthWide) {
  for (std::int64_t ns = 16; ns < (std::int64_t{1} << 41); ns += 1 + ns / 37) {
    const std::size_t bucket = Histogram::bucket_of_ns(ns);
    const std::int64_t upper = Histogram::bucket_upper_ns(bucket);
    ASSERT_GE(upper, ns);
    ASSERT_LT(Histogram::bucket_upper_ns(bucket - 1), ns);
    ASSERT_LE(static_cast<double>(upper - ns), static_cast<double>(ns) / 8) << ns;
  }
}

TEST(Histogram, BucketsFollowEachOtherWithoutGap) {
  for (std::size_t i = 0; i + 1 < kHistogramBuckets; ++i) {
    EXPECT_EQ(Histogram::bucket_of_ns(Histogram::bucket_upper_ns(i)), i);
    EXPECT_EQ(Histogram::bucket_of_ns(Histogram::bucket_upper_ns(i) + 1), i + 1);
  }
}

TEST(Histogram, DurationsOutOfRangeCountAtTheEnds) {
  EXPECT_EQ(Histogram::bucket_of_ns(-5), 0U);
  EXPECT_EQ(Histogram::bucket_of_ns(std::numeric_limits<std::int64_t>::max()), kHistogramBuckets - 1);
}

TEST(Histogram, QuantilesOfAHundredDifferentDurations) {
  Histogram histogram;
  for (std::int64_t us = 1; us <= 100; ++us) histogram.record_ns(us * 1000);
  const HistogramSnapshot sum = snapshot(histogram);
  EXPECT_EQ(sum.count(), 100U);
  const auto expect_near = [&](double quantile, std::int64_t ns) {
    EXPECT_GE(sum.quantile_ns(quantile), ns);
    EXPECT_LE(sum.quantile_ns(quantile), ns + ns / 8);
  };
  expect_near(0, 1'000);
  expect_near(0.5, 50'000);
  expect_near(0.99, 99'000);
  expect_near(1, 100'000);
}

TEST(Histogram, EmptyHasNoQuantile) {
  EXPECT_EQ(snapshot(Histogram()).quantile_ns(0.99), 0);
}

TEST(Histogram, SnapshotsAddUpOverHistograms) {
  Histogram a;
  Histogram b;
  a.record_ns(1);
  b.record_ns(1);
  b.record_ns(7);
  HistogramSnapshot sum;
  a.add_to(sum);
  b.add_to(sum);
  EXPECT_EQ(sum.count(), 3U);
  EXPECT_EQ(sum.bucket(1), 2U);
  EXPECT_EQ(sum.bucket(7), 1U);
}

TEST(Histogram, SinceLeavesOutWhatWasThereBefore) {
  Histogram histogram;
  histogram.record_ns(1);
  const HistogramSnapshot before = snapshot(histogram);
  histogram.record_ns(5);
  const HistogramSnapshot since = snapshot(histogram).since(before);
  EXPECT_EQ(since.count(), 1U);
  EXPECT_EQ(since.quantile_ns(0), 5);
}

}  // namespace
}  // namespace larder
