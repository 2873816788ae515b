#include "admin/pages.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(Pages, NumbersAreNumbersAndAllElseIsText) {
  EXPECT_EQ(stats_json({{"hits", "70"}, {"ratio", "0.7000"}, {"role", "master"}, {"run_id", "12e4"}, {"sha", "0012"}}),
            "{\"hits\":70,\"ratio\":0.7,\"role\":\"master\",\"run_id\":\"12e4\",\"sha\":\"0012\"}\n");
}

TEST(Pages, ASecondWithoutLookUpsHasNoHitRatio) {
  std::vector<Sample> samples(3);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i].monotonic_ns = static_cast<std::int64_t>(i) * 1'000'000'000;
  samples[1].requests = samples[2].requests = {.requests = 4, .hits = 3, .misses = 1};
  const std::string json = series_json(samples, 2'500'000'000, 10'000);
  EXPECT_NE(json.find("\"unix_ms\":[8500,9500]"), std::string::npos) << json;
  EXPECT_NE(json.find("\"hits\":[3,0]"), std::string::npos) << json;
  EXPECT_NE(json.find("\"hit_ratio\":[0.75,null]"), std::string::npos) << json;
}

TEST(Pages, BytesThatAreNoTextAreReplaced) {
  SlowLogEntry entry;
  entry.id = 7;
  entry.arguments = {"GET", "\xff"};
  entry.client_name = "a\"b";
  EXPECT_EQ(
      slow_log_json({&entry, 1}),
      "[{\"id\":7,\"unix_s\":0,\"duration_us\":0,\"arguments\":[\"GET\",\"\xEF\xBF\xBD\"],\"client_address\":\"\","
      "\"client_name\":\"a\\\"b\"}]\n");
}

TEST(Pages, AClientsNameIsTextEvenIfItIsANumber) {
  const ClientFields client = {{"id", "3"}, {"name", "42"}};
  EXPECT_EQ(clients_json({&client, 1}), "[{\"id\":3,\"name\":\"42\"}]\n");
}

TEST(Pages, TheAdvisorHasItsReportAndItsSentences) {
  AdvisorReport report;
  report.enabled = true;
  report.lookups = 8;
  report.hit_ratio = 0.5;
  const std::string json = advisor_json(report);
  EXPECT_EQ(json.rfind("{\"report\":{\"enabled\":true,", 0), 0U) << json;
  EXPECT_NE(json.find("\"sentences\":[\"The hit ratio of the last five minutes is 50.0%"), std::string::npos) << json;
}

TEST(Pages, AHotKeyHasRatesAndItsShare) {
  TrafficReport report;
  report.seconds = 10;
  report.all.operations = 1'000;
  report.hitters.resize(1);
  report.hitters[0].name = "page:\xff";
  report.hitters[0].name_bytes = 6;
  report.hitters[0].counts.operations = 500;
  report.hitters[0].counts.bytes = 5'000;
  EXPECT_EQ(hot_keys_json(report),
            "[{\"key\":\"page:\xEF\xBF\xBD\",\"key_bytes\":6,\"database\":0,\"ops_per_s\":50.0,\"writes_per_s\":0.0,"
            "\"bytes_per_s\":500.0,\"share\":0.5}]\n");
}

TEST(Pages, APrefixHasWhatPrefixstatsSays) {
  const PrefixFigures prefix = {
      .prefix = "user:", .ops_per_s = 4, .hits_per_s = 3, .misses_per_s = 1, .hit_ratio = 0.75};
  const std::string json = prefixes_json({&prefix, 1});
  EXPECT_EQ(json.rfind("[{\"prefix\":\"user:\",\"database\":0,\"ops_per_s\":4.0,", 0), 0U) << json;
  EXPECT_NE(json.find("\"hit_ratio\":0.75,"), std::string::npos) << json;
}

TEST(Pages, ACommandHasItsMeanAndItsQuantiles) {
  Histogram histogram;
  histogram.record_ns(1'000, 99);
  histogram.record_ns(1'000'000);
  CommandReport command;
  command.name = "get";
  command.totals.calls = 100;
  command.totals.total_ns = 1'099'000;
  histogram.add_to(command.totals.latency);
  const std::string json = commands_json({&command, 1});
  EXPECT_NE(json.find("\"name\":\"get\",\"calls\":100,\"rejected\":0,\"failed\":0,\"mean_us\":10.99"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find("\"p50_us\":1.0"), std::string::npos) << json;
}

}  // namespace
}  // namespace larder
