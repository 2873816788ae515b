#include "larder/stats/cache_figures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace larder {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

// The numbers in a row of the table of worked examples in docs/OPERATIONS.md, in their order; "1,000" is one of them.
std::vector<double> worked_example(const std::string& name) {
  std::ifstream document(std::string(LARDER_SOURCE_DIR) + "/docs/OPERATIONS.md");
  std::vector<double> numbers;
  for (std::string line; std::getline(document, line);) {
    if (line.rfind("| " + name + " |", 0) != 0) continue;
    EXPECT_TRUE(numbers.empty()) << "two rows named " << name;
    const std::regex number(R"([0-9][0-9,]*(\.[0-9]+)?)");
    for (std::sregex_iterator found(line.begin(), line.end(), number), end; found != end; ++found) {
      std::string text = found->str();
      text.erase(std::remove(text.begin(), text.end(), ','), text.end());
      numbers.push_back(std::stod(text));
    }
  }
  return numbers;
}

TEST(WorkedExamples, HitRatio) {
  const auto numbers = worked_example("Hit ratio");
  ASSERT_EQ(numbers, (std::vector<double>{70, 100, 0.7}));
  EXPECT_DOUBLE_EQ(hit_ratio(static_cast<std::uint64_t>(numbers[0]), static_cast<std::uint64_t>(numbers[1])),
                   numbers[2]);
}

TEST(WorkedExamples, MemoryUtilization) {
  const auto numbers = worked_example("Memory utilization");
  ASSERT_EQ(numbers, (std::vector<double>{600, 1000, 0.6}));
  const auto bytes = [](double megabytes) { return static_cast<std::uint64_t>(megabytes) << 20; };
  EXPECT_DOUBLE_EQ(memory_utilization(bytes(numbers[0]), bytes(numbers[1])), numbers[2]);
}

TEST(WorkedExamples, TimeOfAHitIsTheAverageWhereEverythingHits) {
  const auto numbers = worked_example("Time of a hit");
  ASSERT_EQ(numbers, (std::vector<double>{0.1, 0.1}));
  EXPECT_DOUBLE_EQ(average_access_time(1, numbers[0], 10), numbers[1]);
}

TEST(WorkedExamples, TimeOfAMissIsTheAverageWhereNothingHits) {
  const auto numbers = worked_example("Time of a miss");
  ASSERT_EQ(numbers, (std::vector<double>{0.1, 10, 10.1}));
  EXPECT_DOUBLE_EQ(average_access_time(0, numbers[0], numbers[1]), numbers[2]);
}

TEST(WorkedExamples, WeightedAverage) {
  const auto numbers = worked_example("Average, a miss costing the load alone");
  ASSERT_EQ(numbers, (std::vector<double>{80'000, 100'000, 0.8, 0.15, 10, 2.12}));
  EXPECT_DOUBLE_EQ(numbers[0] / numbers[1], numbers[2]);
  EXPECT_DOUBLE_EQ(weighted_access_time(numbers[2], numbers[3], numbers[4]), numbers[5]);
}

TEST(WorkedExamples, AverageAccessTimeFromCounters) {
  const auto numbers = worked_example("Average access time");
  ASSERT_EQ(numbers, (std::vector<double>{80'000, 100'000, 0.8, 0.15, 10, 2.15}));
  Sample from;
  Sample to;
  to.monotonic_ns = kSecondNs;
  to.requests.hits = static_cast<std::uint64_t>(numbers[0]);
  to.requests.misses = static_cast<std::uint64_t>(numbers[1] - numbers[0]);
  to.requests.hit_requests = to.requests.hits;
  to.requests.hit_ns = static_cast<std::uint64_t>(numbers[0] * numbers[3] * 1e6);
  to.requests.loads = 10;
  to.requests.load_us = static_cast<std::uint64_t>(10 * numbers[4] * 1e3);
  const WindowFigures figures = figures_between(from, to);
  EXPECT_DOUBLE_EQ(figures.hit_ratio, numbers[2]);
  EXPECT_NEAR(figures.access_us / 1e3, numbers[5], 1e-9);
}

TEST(CacheFigures, ARatioOfNothingIsZero) {
  EXPECT_EQ(hit_ratio(0, 0), 0);
  EXPECT_EQ(memory_utilization(5, 0), 0);
  const WindowFigures figures = figures_between({}, {});
  EXPECT_EQ(figures.hit_ratio, 0);
  EXPECT_EQ(figures.miss_ratio, 0);
  EXPECT_EQ(figures.requests_per_s, 0);
  EXPECT_EQ(figures.access_us, 0);
}

TEST(CacheFigures, ATimeOfHitsFromBeforeTheWindowDoesNotCount) {
  Sample from;
  from.monotonic_ns = 5 * kSecondNs;
  from.requests = {.requests = 100, .hits = 100, .misses = 0, .hit_ns = 100'000, .hit_requests = 100};
  Sample to = from;
  to.monotonic_ns += 2 * kSecondNs;
  to.requests.requests += 8;
  to.requests.hits += 3;
  to.requests.misses += 1;
  to.requests.hit_ns += 6'000;
  to.requests.hit_requests += 3;
  to.evicted = 4;
  to.evicted_age_ms_sum = 6'000;
  to.expired = 1;
  to.received_bytes = 200;
  to.sent_bytes = 400;
  const WindowFigures figures = figures_between(from, to);
  EXPECT_DOUBLE_EQ(figures.seconds, 2);
  EXPECT_DOUBLE_EQ(figures.hit_ratio, 0.75);
  EXPECT_DOUBLE_EQ(figures.miss_ratio, 0.25);
  EXPECT_DOUBLE_EQ(figures.requests_per_s, 4);
  EXPECT_DOUBLE_EQ(figures.evicted_per_s, 2);
  EXPECT_DOUBLE_EQ(figures.evicted_age_s, 1.5);
  EXPECT_DOUBLE_EQ(figures.expired_per_s, 0.5);
  EXPECT_DOUBLE_EQ(figures.received_bytes_per_s, 100);
  EXPECT_DOUBLE_EQ(figures.sent_bytes_per_s, 200);
  EXPECT_DOUBLE_EQ(figures.hit_us, 2);
  EXPECT_DOUBLE_EQ(figures.load_us, 0);
  EXPECT_DOUBLE_EQ(figures.access_us, 2);
}

TEST(CacheFigures, ACountThatSeemsToShrinkIsNoGrowth) {
  Sample from;
  from.requests.hits = 10;
  Sample to;
  to.requests.hits = 9;
  to.items = 7;
  const Sample difference = counters_between(from, to);
  EXPECT_EQ(difference.requests.hits, 0U);
  EXPECT_EQ(difference.items, 7U);
}

TEST(CacheFigures, FiguresOfTheLastSecondsComeFromTheSeries) {
  TimeSeries series;
  EXPECT_EQ(figures_of_last(series, 60).seconds, 0);
  Sample sample;
  for (int second = 0; second <= 10; ++second) {
    sample.monotonic_ns = second * kSecondNs;
    series.add(sample);
    // Each second one miss, in the last one a hit.
    ++(second == 9 ? sample.requests.hits : sample.requests.misses);
  }
  EXPECT_DOUBLE_EQ(figures_of_last(series, 1).hit_ratio, 1);
  EXPECT_DOUBLE_EQ(figures_of_last(series, 5).hit_ratio, 0.2);
  EXPECT_DOUBLE_EQ(figures_of_last(series, 300).hit_ratio, 0.1);
}

}  // namespace
}  // namespace larder
