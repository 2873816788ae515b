#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "larder/base/clock.h"
#include "tools/bench/cpu_times.h"
#include "tools/bench/latency_histogram.h"
#include "tools/bench/pacer.h"
#include "tools/bench/progress.h"
#include "tools/bench/report.h"

namespace larder::bench {
namespace {

using ::testing::HasSubstr;

TEST(BenchLatency, QuantilesAreWithinOneAndAHalfPercent) {
  LatencyHistogram latency;
  for (std::int64_t us = 1; us <= 100'000; ++us) latency.record_ns(us * 1000);
  for (const double quantile : {0.01, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const double exact = quantile * 1e8;
    EXPECT_GE(static_cast<double>(latency.quantile_ns(quantile)), exact) << quantile;
    EXPECT_LE(static_cast<double>(latency.quantile_ns(quantile)), exact * 1.016) << quantile;
  }
  EXPECT_EQ(latency.quantile_ns(1), 100'000'000) << "the largest is exact";
  EXPECT_EQ(latency.max_ns(), 100'000'000);
  EXPECT_DOUBLE_EQ(latency.mean_ns(), 50'000'500);
}

TEST(BenchLatency, EveryBucketEndsWhereTheNextBegins) {
  for (std::size_t bucket = 0; bucket < 2'000; ++bucket) {
    const std::int64_t upper = LatencyHistogram::bucket_upper_ns(bucket);
    EXPECT_EQ(LatencyHistogram::bucket_of_ns(upper), bucket);
    EXPECT_EQ(LatencyHistogram::bucket_of_ns(upper + 1), bucket + 1);
  }
}

TEST(BenchLatency, ExtremesAndSums) {
  LatencyHistogram latency;
  EXPECT_EQ(latency.quantile_ns(0.5), 0);
  EXPECT_EQ(latency.mean_ns(), 0);
  latency.record_ns(-5);
  constexpr std::int64_t kDayNs = 86'400'000'000'000;
  latency.record_ns(kDayNs);
  EXPECT_EQ(latency.quantile_ns(0.5), 0);
  EXPECT_EQ(latency.quantile_ns(1), kDayNs);
  LatencyHistogram sum;
  sum.record_ns(10);
  sum.add(latency);
  EXPECT_EQ(sum.count(), 3u);
  EXPECT_EQ(sum.quantile_ns(0.6), 10);
  EXPECT_EQ(sum.max_ns(), kDayNs);
}

TEST(BenchPacer, RequestsAreDueEvenlyWhateverHappens) {
  ManualClock clock(1'000);
  Pacer pacer(clock.monotonic_ns(), 1'000);
  EXPECT_EQ(pacer.backlog(clock.monotonic_ns() - 1), 0u);
  EXPECT_EQ(pacer.backlog(clock.monotonic_ns()), 1u) << "the first at once";
  EXPECT_EQ(pacer.take(), 1'000'000'000);
  EXPECT_EQ(pacer.backlog(clock.monotonic_ns()), 0u);
  EXPECT_EQ(pacer.due_ns(), 1'001'000'000);
  clock.advance_us(999);
  EXPECT_EQ(pacer.backlog(clock.monotonic_ns()), 0u);
  clock.advance_us(1);
  EXPECT_EQ(pacer.backlog(clock.monotonic_ns()), 1u);
  clock.advance_ms(49);
  EXPECT_EQ(pacer.backlog(clock.monotonic_ns()), 50u) << "a stall leaves all that was due in it";
  for (int i = 1; i <= 50; ++i) EXPECT_EQ(pacer.take(), 1'000'000'000 + i * 1'000'000);
  EXPECT_EQ(pacer.backlog(clock.monotonic_ns()), 0u);
}

TEST(BenchPacer, UnevenRatesDoNotDrift) {
  Pacer pacer(0, 3);
  for (int i = 0; i < 3'000'000; ++i) pacer.take();
  EXPECT_NEAR(static_cast<double>(pacer.due_ns()), 1e15, 1'000);
}

TEST(BenchCpuTimes, ANameMayHaveAnythingInIt) {
  const CpuTimes times = parse_process_stat("17 (a) b 1 2) S 1 1 1 0 -1 0 0 0 0 0 250 50 9 9 20 0 1 0 5", 100).value();
  EXPECT_EQ(times.user_s, 2.5);
  EXPECT_EQ(times.system_s, 0.5);
  EXPECT_FALSE(parse_process_stat("17 (a) S 1 1", 100).is_ok());
  EXPECT_FALSE(parse_process_stat("", 100).is_ok());
  EXPECT_FALSE(process_cpu(1 << 30).is_ok());
}

LoadResult a_result() {
  LoadResult result;
  LoadFigures& figures = result.load.figures;
  figures.requests = {900, 100, 0, 0};
  for (int i = 0; i < 900; ++i) figures.latency[0].record_ns(1'000);
  for (int i = 0; i < 100; ++i) figures.latency[1].record_ns(9'000);
  figures.hits = 800;
  figures.misses = 100;
  figures.errors = 3;
  figures.first_error = "-OOM no";
  figures.bytes_written = 11'600;
  figures.late_max_ns = 4'000;
  result.load.seconds = 2;
  result.server = CpuTimes{.user_s = 0.001, .system_s = 0.003};
  return result;
}

TEST(BenchReport, JsonHasTheFiguresByName) {
  LoadOptions options{.mix = {.batch_keys = 10}, .rate = 500};
  const nlohmann::json json = nlohmann::json::parse(report_json(options, a_result()));
  EXPECT_EQ(json["operations"], 1000);
  EXPECT_EQ(json["keys"], 10'000);
  EXPECT_EQ(json["gets"], 900);
  EXPECT_EQ(json["sets"], 100);
  EXPECT_EQ(json["hits"], 800);
  EXPECT_EQ(json["misses"], 100);
  EXPECT_EQ(json["errors"], 3);
  EXPECT_EQ(json["seconds"], 2.0);
  EXPECT_EQ(json["operations_per_s"], 500.0);
  EXPECT_EQ(json["achieved_rate"], 500.0);
  EXPECT_EQ(json["bytes_written"], 11'600);
  EXPECT_NEAR(json["latency_us"]["p50"].get<double>(), 1, 0.016);
  EXPECT_NEAR(json["latency_us"]["p99_9"].get<double>(), 9, 0.15);
  EXPECT_EQ(json["latency_us"]["max"], 9.0);
  EXPECT_NEAR(json["latency_us"]["mean"].get<double>(), 1.8, 1e-9);
  EXPECT_NEAR(json["gets_latency_us"]["p99_99"].get<double>(), 1, 0.016);
  EXPECT_NEAR(json["sets_latency_us"]["p50"].get<double>(), 9, 0.15);
  EXPECT_NEAR(json["server_cpu"]["user_us_per_op"].get<double>(), 1, 1e-9);
  EXPECT_NEAR(json["server_cpu"]["system_us_per_op"].get<double>(), 3, 1e-9);
  EXPECT_EQ(json["late_max_us"], 4.0);
}

TEST(BenchReport, JsonLeavesOutWhatWasNotAskedFor) {
  LoadResult result = a_result();
  result.server.reset();
  const nlohmann::json json = nlohmann::json::parse(report_json({}, result));
  EXPECT_TRUE(json["server_cpu"].is_null());
  EXPECT_FALSE(json.contains("keys"));
  EXPECT_FALSE(json.contains("late_max_us"));
  EXPECT_FALSE(json.contains("fill"));
}

TEST(BenchReport, TextSaysWhatWasDoneAndWhatWentWrong) {
  const std::string text = report_text({}, a_result());
  EXPECT_THAT(text, HasSubstr("127.0.0.1:6379, RESP, 50 connections, 1 thread, pipeline 1, closed loop\n"));
  EXPECT_THAT(text, HasSubstr("1,000 in 2.00 s: 500 a second, 3 errors, the first: -OOM no\n"));
  EXPECT_THAT(text, HasSubstr("0.8889: 800 of 900 keys"));
  EXPECT_THAT(text, HasSubstr("1.000 us user + 3.000 us system an operation\n"));
}

TEST(BenchProgress, TellsTheLastSecond) {
  const Tick before{.seconds = 1, .counted = {.operations = 1'000, .hits = 90, .misses = 10}};
  const Tick now{.seconds = 2, .counted = {.operations = 4'000, .errors = 2, .hits = 140, .misses = 60}};
  EXPECT_EQ(progress_line(now, before), "load  2 s  3,000 operations/s  hit ratio 0.500  2 errors");
}

}  // namespace
}  // namespace larder::bench
