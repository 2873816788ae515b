#include "server/stats_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "larder/stats/statistics.h"

namespace larder {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// A server's counters without a server, and the log in a string.
class StatsThreadTest : public ::testing::Test {
 protected:
  StatsThreadTest() : default_logger_(spdlog::default_logger()) {
    auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_));
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~StatsThreadTest() override { spdlog::set_default_logger(default_logger_); }

  SampleSources sources() { return {statistics_, store_, net_, clock_}; }

  // The next second's step; what it logged.
  std::string next_second(StatsThread& thread) {
    clock_.advance_ms(1000);
    thread.step();
    std::string line = log_.str();
    log_.str("");
    return line;
  }

  std::ostringstream log_;
  ManualClock clock_{1'700'000'000'000};
  ShardedStore store_{StoreOptions{.maxmemory_bytes = 1'000 << 20, .hash_seed = 1}};
  Statistics statistics_{1, 1};
  NetCounters net_{1};

 private:
  std::shared_ptr<spdlog::logger> default_logger_;
};

TEST_F(StatsThreadTest, TakesASampleASecondBeginningAtOnce) {
  StatsThread thread(sources(), seconds(0));
  EXPECT_EQ(statistics_.series().all().size(), 1U);
  EXPECT_EQ(thread.step(), seconds(1));
  EXPECT_EQ(statistics_.series().all().size(), 1U) << "the second is not over";
  statistics_.thread(0).hits.add(3);
  net_.by_thread[0].received_bytes.add(10);
  next_second(thread);
  const auto samples = statistics_.series().all();
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[1].monotonic_ns, clock_.monotonic_ns());
  EXPECT_EQ(samples[1].requests.hits, 3U);
  EXPECT_EQ(samples[1].received_bytes, 10U);
  EXPECT_EQ(samples[1].maxmemory_bytes, 1'000U << 20);
}

TEST_F(StatsThreadTest, KeepsToTheSecondWhenAStepComesLate) {
  StatsThread thread(sources(), seconds(0));
  clock_.advance_ms(1'300);
  EXPECT_EQ(thread.step(), milliseconds(700));
  clock_.advance_ms(700);
  EXPECT_EQ(thread.step(), seconds(1));
}

TEST_F(StatsThreadTest, DoesNotMakeUpForSecondsThatWereMissed) {
  StatsThread thread(sources(), seconds(0));
  clock_.advance_ms(60'250);
  EXPECT_EQ(thread.step(), seconds(1));
  EXPECT_EQ(statistics_.series().all().size(), 2U);
}

TEST_F(StatsThreadTest, LogsALineEachIntervalAboutThatInterval) {
  StatsThread thread(sources(), seconds(2));
  ThreadStatistics& counters = statistics_.thread(0);
  counters.requests.add(100);
  counters.hits.add(70);
  counters.misses.add(30);
  net_.connections_now.add(5);
  EXPECT_EQ(next_second(thread), "");
  EXPECT_THAT(next_second(thread),
              ::testing::AllOf(::testing::StartsWith("info stats: seconds=2.0 hit_ratio=0.7000 "),
                               ::testing::HasSubstr(" ops_per_s=50 "), ::testing::HasSubstr(" clients=5 ")));
  EXPECT_EQ(next_second(thread), "");
  EXPECT_THAT(next_second(thread), ::testing::HasSubstr(" hit_ratio=0.0000 "));
}

TEST_F(StatsThreadTest, AnIntervalOfZeroLogsNothingAndMayBeChangedLater) {
  StatsThread thread(sources(), seconds(0));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(next_second(thread), "");
  thread.set_interval(seconds(1));
  EXPECT_THAT(next_second(thread), ::testing::StartsWith("info stats: seconds=1.0 "));
  thread.set_interval(seconds(0));
  EXPECT_EQ(next_second(thread), "");
}

TEST_F(StatsThreadTest, AResetOfStatisticsDoesNotDisturbTheLine) {
  StatsThread thread(sources(), seconds(2));
  statistics_.thread(0).hits.add(3);
  EXPECT_EQ(next_second(thread), "");
  statistics_.reset(take_sample(sources()));
  statistics_.thread(0).misses.add(1);
  EXPECT_THAT(next_second(thread), ::testing::HasSubstr(" hit_ratio=0.7500 "));
}

TEST_F(StatsThreadTest, StopsAtOnceThoughItSleeps) {
  StatsThread thread(sources(), seconds(1));
  thread.start();
  const auto begin = std::chrono::steady_clock::now();
  thread.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(900));
  thread.stop();
}

TEST(StatsLine, SaysEverythingInOneLine) {
  Sample from;
  Sample to;
  to.monotonic_ns = 10 * std::int64_t{1'000'000'000};
  to.requests = {.requests = 520'000,
                 .hits = 80'000,
                 .misses = 20'000,
                 .hit_ns = std::uint64_t{80'000} * 150'000,
                 .hit_requests = 80'000,
                 .load_us = 10'000,
                 .loads = 1};
  to.evicted = 1'200;
  to.expired = 35;
  to.used_bytes = 600 << 20;
  to.maxmemory_bytes = 1'000 << 20;
  to.items = 6'000'000;
  to.clients = 40;
  EXPECT_EQ(stats_line(from, to),
            "stats: seconds=10.0 hit_ratio=0.8000 memory_utilization=0.6000 used=600.00M max=1000.00M items=6000000 "
            "ops_per_s=52000 evicted_per_s=120.0 expired_per_s=3.5 clients=40 access_us=2150.000");
  to.maxmemory_bytes = 0;
  EXPECT_THAT(stats_line(from, to), ::testing::HasSubstr("memory_utilization=0.0000 used=600.00M max=none "));
}

}  // namespace
}  // namespace larder
