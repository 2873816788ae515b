#include "larder/stats/time_series.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

Sample at_ms(std::int64_t ms) {
  Sample sample;
  sample.monotonic_ns = ms * 1'000'000;
  return sample;
}

std::int64_t age_of_last_ms(const TimeSeries& series, double window_s) {
  const auto window = series.last(window_s);
  return (window->to.monotonic_ns - window->from.monotonic_ns) / 1'000'000;
}

TEST(TimeSeries, EmptyHasNoSampleAndNoWindow) {
  const TimeSeries series;
  EXPECT_FALSE(series.latest());
  EXPECT_FALSE(series.last(1));
  EXPECT_TRUE(series.all().empty());
}

TEST(TimeSeries, WindowIsTheYoungestSampleOldEnough) {
  TimeSeries series;
  for (int second = 0; second <= 400; ++second) series.add(at_ms(second * 1000));
  EXPECT_EQ(age_of_last_ms(series, 1), 1'000);
  EXPECT_EQ(age_of_last_ms(series, 60), 60'000);
  EXPECT_EQ(age_of_last_ms(series, 300), 300'000);
  EXPECT_EQ(series.latest()->monotonic_ns, at_ms(400'000).monotonic_ns);
}

TEST(TimeSeries, ASampleTakenAMomentTooEarlyStillCounts) {
  TimeSeries series;
  series.add(at_ms(0));
  series.add(at_ms(1'004));
  series.add(at_ms(2'001));
  EXPECT_EQ(age_of_last_ms(series, 1), 997);
}

TEST(TimeSeries, AWindowLongerThanTheSeriesIsAllOfIt) {
  TimeSeries series;
  series.add(at_ms(5'000));
  EXPECT_EQ(age_of_last_ms(series, 60), 0);
  series.add(at_ms(6'000));
  series.add(at_ms(7'000));
  EXPECT_EQ(age_of_last_ms(series, 60), 2'000);
}

TEST(TimeSeries, KeepsTenMinutesAndForgetsTheOldest) {
  TimeSeries series;
  const int seconds = 2 * static_cast<int>(TimeSeries::kSamples) + 17;
  for (int second = 0; second < seconds; ++second) series.add(at_ms(second * 1000));
  const auto samples = series.all();
  ASSERT_EQ(samples.size(), TimeSeries::kSamples);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].monotonic_ns - samples[i - 1].monotonic_ns, 1'000'000'000);
  }
  EXPECT_EQ(samples.back().monotonic_ns, at_ms((seconds - 1) * 1000).monotonic_ns);
  EXPECT_EQ(age_of_last_ms(series, 300), 300'000);
  EXPECT_EQ(age_of_last_ms(series, 600), 600'000);
}

TEST(TimeSeries, RestartForgetsAndAnOvertakenSampleIsDropped) {
  TimeSeries series;
  series.add(at_ms(1'000));
  series.add(at_ms(2'000));
  series.restart(at_ms(2'500));
  series.add(at_ms(2'400));
  ASSERT_EQ(series.all().size(), 1U);
  series.add(at_ms(3'000));
  EXPECT_EQ(age_of_last_ms(series, 60), 500);
}

}  // namespace
}  // namespace larder
