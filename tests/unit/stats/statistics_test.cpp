#include "larder/stats/statistics.h"

#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

Sample sample_of(const Statistics& statistics, std::int64_t monotonic_ns) {
  Sample sample;
  sample.monotonic_ns = monotonic_ns;
  sample.requests = statistics.totals();
  return sample;
}

TEST(Statistics, TotalsAreSumsOverTheThreads) {
  Statistics statistics(3, 1);
  for (unsigned i = 0; i < 3; ++i) {
    ThreadStatistics& thread = statistics.thread(i);
    thread.requests.add(10);
    thread.hits.add(i);
    thread.misses.add();
    thread.hit_ns.add(100);
    thread.hit_requests.add(2);
    thread.load_us.add(50);
    thread.loads.add(1);
  }
  const RequestTotals totals = statistics.totals();
  EXPECT_EQ(totals.requests, 30U);
  EXPECT_EQ(totals.hits, 3U);
  EXPECT_EQ(totals.misses, 3U);
  EXPECT_EQ(totals.hit_ns, 300U);
  EXPECT_EQ(totals.hit_requests, 6U);
  EXPECT_EQ(totals.load_us, 150U);
  EXPECT_EQ(totals.loads, 3U);
}

TEST(Statistics, CommandTotalsAreSumsOverTheThreads) {
  Statistics statistics(2, 2);
  for (unsigned i = 0; i < 2; ++i) {
    CommandCounters& counters = statistics.thread(i).by_command[1];
    counters.calls.add(3);
    counters.total_ns.add(900);
    counters.rejected.add();
    counters.failed.add(2);
    counters.latency.record_ns(300);
  }
  const auto totals = statistics.command_totals(1);
  EXPECT_EQ(totals.calls, 6U);
  EXPECT_EQ(totals.total_ns, 1800U);
  EXPECT_EQ(totals.rejected, 2U);
  EXPECT_EQ(totals.failed, 4U);
  EXPECT_EQ(totals.latency.count(), 2U);
  EXPECT_EQ(statistics.command_totals(0).calls, 0U);
}

TEST(Statistics, ErrorsAreCountedByCode) {
  Statistics statistics(1, 1);
  statistics.count_error("ERR");
  statistics.count_error("WRONGTYPE");
  statistics.count_error("ERR");
  EXPECT_EQ(statistics.error_replies(), 3U);
  EXPECT_EQ(statistics.errors().at("ERR"), 2U);
  EXPECT_EQ(statistics.errors().at("WRONGTYPE"), 1U);
}

TEST(Statistics, TheTableOfErrorsIsBounded) {
  Statistics statistics(1, 1);
  for (std::size_t i = 0; i < 10 * Statistics::kErrorCodesMax; ++i) {
    statistics.count_error("E" + std::to_string(i));
  }
  const auto errors = statistics.errors();
  EXPECT_EQ(errors.size(), Statistics::kErrorCodesMax + 1);
  EXPECT_EQ(errors.at(std::string(Statistics::kOtherErrors)), 9 * Statistics::kErrorCodesMax);
  EXPECT_EQ(statistics.error_replies(), 10 * Statistics::kErrorCodesMax);
}

TEST(Statistics, AfterAResetWhatIsReportedBeginsAnewAndTotalsGoOn) {
  Statistics statistics(1, 1);
  ThreadStatistics& thread = statistics.thread(0);
  thread.hits.add(5);
  thread.by_command[0].calls.add(5);
  thread.by_command[0].latency.record_ns(7);
  statistics.count_error("ERR");
  statistics.series().add(sample_of(statistics, 1));

  statistics.reset(sample_of(statistics, 2));
  EXPECT_EQ(statistics.command_totals(0).calls, 0U);
  EXPECT_EQ(statistics.command_totals(0).latency.count(), 0U);
  EXPECT_TRUE(statistics.errors().empty());
  EXPECT_EQ(statistics.error_replies(), 0U);
  ASSERT_EQ(statistics.series().all().size(), 1U);
  EXPECT_EQ(statistics.series().latest()->requests.hits, 5U);

  thread.hits.add(2);
  thread.by_command[0].calls.add(3);
  thread.by_command[0].latency.record_ns(7);
  EXPECT_EQ(statistics.totals().hits, 7U);
  EXPECT_EQ(statistics.totals().hits - statistics.reset_mark().requests.hits, 2U);
  EXPECT_EQ(statistics.command_totals(0).calls, 3U);
  EXPECT_EQ(statistics.command_totals(0).latency.count(), 1U);

  statistics.reset(sample_of(statistics, 3));
  EXPECT_EQ(statistics.command_totals(0).calls, 0U);
  EXPECT_EQ(statistics.reset_mark().requests.hits, 7U);
}

}  // namespace
}  // namespace larder
