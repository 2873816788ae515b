#include "admin/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Pair;

TEST(Metrics, InfoIsReadByField) {
  EXPECT_THAT(parse_info("# Stats\r\nkeyspace_hits:3\r\n\r\n# Server\r\nexecutable:/a:b\r\nempty:\r\n"),
              testing::ElementsAre(Pair("empty", ""), Pair("executable", "/a:b"), Pair("keyspace_hits", "3")));
}

TEST(Metrics, EachFieldIsAMetricInSecondsAndBytesWithItsHelpOnce) {
  const InfoFields info = {{"keyspace_hits", "18446744073709551615"},
                           {"hit_ratio_1s", "0.7500"},
                           {"hit_ratio_1m", "0.5000"},
                           {"avg_hit_us", "150.000"},
                           {"role", "master"}};
  EXPECT_EQ(metrics_text(info, {}),
            "# HELP larder_keyspace_hits_total Keys looked up and found.\n"
            "# TYPE larder_keyspace_hits_total counter\n"
            "larder_keyspace_hits_total 18446744073709551615\n"
            "# HELP larder_hit_ratio Hits of all look-ups in the window.\n"
            "# TYPE larder_hit_ratio gauge\n"
            "larder_hit_ratio{window=\"1s\"} 0.7500\n"
            "larder_hit_ratio{window=\"1m\"} 0.5000\n"
            "# HELP larder_hit_seconds Mean time of a hit in the last minute.\n"
            "# TYPE larder_hit_seconds gauge\n"
            "larder_hit_seconds 0.00015\n");
}

TEST(Metrics, ACommandIsAHistogramWhoseBucketsAddUp) {
  Histogram histogram;
  histogram.record_ns(1'023);
  histogram.record_ns(1'024, 2);
  histogram.record_ns(60'000'000'000);
  CommandReport command;
  command.name = "get";
  command.totals.calls = 4;
  command.totals.total_ns = 1'500'000'000;
  command.totals.rejected = 5;
  command.totals.failed = 6;
  histogram.add_to(command.totals.latency);
  const std::string text = metrics_text({}, {&command, 1});
  EXPECT_THAT(text, HasSubstr("# TYPE larder_command_duration_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{command=\"get\",le=\"1.023e-06\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{command=\"get\",le=\"2.047e-06\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{command=\"get\",le=\"17.179869183\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{command=\"get\",le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("_sum{command=\"get\"} 1.5\n"));
  EXPECT_THAT(text, HasSubstr("_count{command=\"get\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("larder_command_rejected_total{command=\"get\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("larder_command_failed_total{command=\"get\"} 6\n"));
}

}  // namespace
}  // namespace larder
