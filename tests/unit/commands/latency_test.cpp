// LATENCY: spikes, what is said of them, and histograms of commands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>

#include "commands/command_table.h"
#include "commands/latency_report.h"
#include "commands/slow_watch.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kMs = 1'000'000;

class LatencyTest : public ::testing::Test {
 protected:
  LatencyMonitor& monitor() { return runner_.statistics().latency(); }
  std::int64_t now_s() { return runner_.now_ms() / 1'000; }
  void spike(std::int64_t ms) { monitor().add(LatencyEvent::kCommand, now_s(), static_cast<std::uint64_t>(ms * kMs)); }

  CommandRunner runner_;
  FakeConfig config_;
};

TEST_F(LatencyTest, SpikesAreListed) {
  EXPECT_EQ(runner_.run({"LATENCY", "LATEST"}), "*0\r\n");
  EXPECT_EQ(runner_.run({"LATENCY", "HISTORY", "command"}), "*0\r\n");
  monitor().set_threshold_ms(10);
  spike(50);
  runner_.advance_ms(2'000);
  spike(20);
  const std::string first = integer(now_s() - 2);
  const std::string second = integer(now_s());
  EXPECT_EQ(runner_.run({"LATENCY", "LATEST"}), array({array({bulk("command"), second, integer(20), integer(50)})}));
  EXPECT_EQ(runner_.run({"LATENCY", "HISTORY", "command"}),
            array({array({first, integer(50)}), array({second, integer(20)})}));
  EXPECT_EQ(runner_.run({"LATENCY", "HISTORY", "fork"}), "*0\r\n");
  EXPECT_EQ(runner_.run({"LATENCY", "RESET", "fork", "io-loop"}), integer(0));
  EXPECT_EQ(runner_.run({"LATENCY", "HISTORY", "Command"}), "*0\r\n");
  EXPECT_EQ(runner_.run({"LATENCY", "RESET", "Command", "command"}), integer(1)) << "here alone case does not matter";
  spike(20);
  EXPECT_EQ(runner_.run({"LATENCY", "RESET"}), integer(1));
  EXPECT_EQ(runner_.run({"LATENCY", "LATEST"}), "*0\r\n");
}

TEST_F(LatencyTest, SlowWatchTellsOfWhatTakesLongAndOfItsKind) {
  monitor().set_threshold_ms(10);
  runner_.slow_log().set_threshold_us(-1);
  const auto watch = [&](std::vector<std::string> names, std::uint64_t ns) {
    ClientRecord record({}, 0);
    std::vector<CountedRequest> requests;
    for (const std::string& name : names) {
      requests.push_back({nullptr, CommandTable::instance().find(name).index});
    }
    const Services services{.store = runner_.store(),
                            .advisor = runner_.advisor(),
                            .clock = runner_.clock(),
                            .connections = runner_.port(),
                            .statistics = runner_.statistics(),
                            .net = runner_.net(),
                            .config = config_,
                            .access = runner_.access(),
                            .slow_log = runner_.slow_log(),
                            .facts = runner_.facts(),
                            .maxclients = {}};
    SlowWatch slow(services, record);
    EXPECT_FALSE(slow.wants_each());
    const std::size_t before = monitor().all().size();
    slow.took(requests, ns);
    EXPECT_EQ(monitor().all().size(), before) << "inside EXEC shards are held";
  };
  watch({"get", "get"}, 9 * kMs);
  EXPECT_TRUE(monitor().all().empty());
  watch({"get", "get"}, 15 * kMs);
  watch({"get", "set"}, 17 * kMs);
  EXPECT_EQ(monitor().history(LatencyEvent::kFastCommand)->ms_max, 15);
  EXPECT_EQ(monitor().history(LatencyEvent::kCommand)->ms_max, 17) << "SET is not flagged fast";
  EXPECT_EQ(runner_.slow_log().size(), 0U);
}

TEST_F(LatencyTest, TheDoctorSaysWhatHelps) {
  EXPECT_THAT(runner_.run({"LATENCY", "DOCTOR"}), HasSubstr("CONFIG SET latency-monitor-threshold"));
  monitor().set_threshold_ms(5);
  EXPECT_THAT(runner_.run({"LATENCY", "DOCTOR"}), HasSubstr("No latency spike"));
  spike(50);
  runner_.advance_ms(4'000);
  spike(70);
  const std::string advice = runner_.run({"LATENCY", "DOCTOR"});
  EXPECT_THAT(advice, HasSubstr("command: 2 spikes, 60 ms on average (mean deviation 10 ms), the worst of all 70 ms, "
                                "one in 4.0 s."));
  EXPECT_THAT(advice, HasSubstr("CONFIG SET slowlog-log-slower-than 5000"));
  runner_.slow_log().set_threshold_us(5'000);
  EXPECT_THAT(runner_.run({"LATENCY", "DOCTOR"}), Not(HasSubstr("slowlog-log-slower-than")));
}

TEST_F(LatencyTest, AClockThatWasSetBackMakesNoTimeNegative) {
  const LatencyMonitor::History history{
      .event = LatencyEvent::kIoLoop, .spikes = {{1'000, 10}, {900, 10}}, .ms_max = 10};
  EXPECT_THAT(latency_advice({.events = std::span(&history, 1), .is_on = true}), HasSubstr("one in 0.0 s."));
}

TEST_F(LatencyTest, TheGraphHasAColumnForEachSpike) {
  EXPECT_EQ(runner_.run({"LATENCY", "GRAPH", "command"}), error("ERR No samples available for event 'command'"));
  const LatencyMonitor::History history{
      .event = LatencyEvent::kIoLoop, .spikes = {{1'000, 10}, {1'060, 40}, {1'100, 20}}, .ms_max = 90};
  EXPECT_EQ(latency_graph(history, 1'120), "io-loop - high 40 ms, low 10 ms (all time high 90 ms)\n" +
                                               std::string(80, '-') +
                                               "\n"
                                               " #\n"
                                               " #\n"
                                               " ##\n"
                                               "###\n"
                                               "\n"
                                               "212\n"
                                               "mm0\n"
                                               "  s\n");
}

TEST_F(LatencyTest, HistogramsCountWhatTookLessThanEachBound) {
  CommandCounters& set = runner_.statistics().thread(0).by_command[CommandTable::instance().find("set").index];
  set.latency.record_ns(500, 3);
  set.latency.record_ns(1'023);
  set.latency.record_ns(1'024);
  set.latency.record_ns(40'000);
  const std::string calls = bulk("set") + "*4\r\n" + bulk("calls") + integer(6) + bulk("histogram_usec");
  const std::string bounds = integer(1) + integer(4) + integer(2) + integer(5) + integer(66) + integer(6);
  EXPECT_EQ(runner_.run({"LATENCY", "HISTOGRAM", "SET", "get", "nosuch"}), "*2\r\n" + calls + "*6\r\n" + bounds);
  EXPECT_EQ(runner_.run({"LATENCY", "HISTOGRAM", "SET", "set", "set"}), "*2\r\n" + calls + "*6\r\n" + bounds);
  EXPECT_THAT(runner_.run({"LATENCY", "HISTOGRAM", "latency"}), HasSubstr("latency|histogram"));
  EXPECT_THAT(runner_.run({"LATENCY", "HISTOGRAM", "latency|histogram"}),
              HasSubstr("*2\r\n" + bulk("latency|histogram")));
  runner_.run({"HELLO", "3"});
  EXPECT_EQ(runner_.run({"LATENCY", "HISTOGRAM", "set"}), "%1\r\n" + bulk("set") + "%2\r\n" + bulk("calls") +
                                                              integer(6) + bulk("histogram_usec") + "%3\r\n" + bounds);
  EXPECT_THAT(runner_.run({"LATENCY", "HISTOGRAM"}), HasSubstr(bulk("set")));
}

}  // namespace
}  // namespace larder::test
