#include "server/latency_watch.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

constexpr std::int64_t kMs = 1'000'000;

class LatencyWatchTest : public ::testing::Test {
 protected:
  LatencyMonitor& monitor() { return statistics_.latency(); }
  Histogram& lags() { return net_.by_thread[0].loop_lag; }

  ManualClock clock_{1'700'000'000'000};
  ShardedStore store_{StoreOptions{}};
  Statistics statistics_{1, 1};
  NetCounters net_{1};
  LatencyWatch watch_{{statistics_, store_, net_, clock_}};
};

TEST_F(LatencyWatchTest, TellsOfWhatWasNewSinceItLooked) {
  lags().record_ns(500 * kMs);
  watch_.look();
  EXPECT_TRUE(monitor().all().empty()) << "it is off";
  monitor().set_threshold_ms(10);
  watch_.look();
  EXPECT_TRUE(monitor().all().empty()) << "that was before";
  lags().record_ns(5 * kMs);
  watch_.look();
  EXPECT_TRUE(monitor().all().empty()) << "that is not long";
  lags().record_ns(50 * kMs);
  clock_.advance_ms(1'000);
  watch_.look();
  clock_.advance_ms(1'000);
  watch_.look();
  const auto history = monitor().history(LatencyEvent::kIoLoop);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->spikes.size(), 1U);
  EXPECT_EQ(history->spikes[0].unix_s, 1'700'000'001);
  EXPECT_NEAR(static_cast<double>(history->spikes[0].ms), 50, 7);
  EXPECT_FALSE(monitor().history(LatencyEvent::kShardHold));
}

std::int64_t hold_clock_ns = 0;
std::int64_t step_ns = 0;

TEST(LatencyWatchOfShardsTest, TellsThatAShardWasHeld) {
  ManualClock clock{1'700'000'000'000};
  ShardedStore store{{.hold_clock = [] { return hold_clock_ns += step_ns; }, .hold_sample_every = 1}};
  Statistics statistics{1, 1};
  NetCounters net{1};
  LatencyWatch watch{{statistics, store, net, clock}};
  const auto hold_for = [&](std::int64_t ns) {
    step_ns = ns;
    store.scan(0, 1, clock.now_ms(), [](const ItemView&) {});
    step_ns = 0;
  };
  statistics.latency().set_threshold_ms(10);
  watch.look();
  hold_for(5 * kMs);
  watch.look();
  EXPECT_TRUE(statistics.latency().all().empty());
  hold_for(50 * kMs);
  watch.look();
  const auto history = statistics.latency().history(LatencyEvent::kShardHold);
  ASSERT_TRUE(history);
  EXPECT_NEAR(static_cast<double>(history->ms_max), 50, 7);
  EXPECT_FALSE(statistics.latency().history(LatencyEvent::kIoLoop));
}

}  // namespace
}  // namespace larder
