#include "larder/stats/latency_monitor.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

TEST(LatencyMonitor, IsOffAtFirst) {
  LatencyMonitor monitor;
  monitor.add(LatencyEvent::kCommand, 1, 1'000 * kMs);
  EXPECT_TRUE(monitor.all().empty());
  EXPECT_EQ(monitor.threshold_ns(), LatencyMonitor::kNever);
  monitor.set_threshold_ms(9'223'372'036'854'775'807);
  EXPECT_EQ(monitor.threshold_ns(), LatencyMonitor::kNever);
}

TEST(LatencyMonitor, KeepsTheLongestOfASecondAndTheMostOfAll) {
  LatencyMonitor monitor;
  monitor.set_threshold_ms(10);
  monitor.add(LatencyEvent::kCommand, 5, 10 * kMs - 1);
  EXPECT_FALSE(monitor.history(LatencyEvent::kCommand));
  monitor.add(LatencyEvent::kCommand, 5, 10 * kMs);
  monitor.add(LatencyEvent::kCommand, 5, 40 * kMs);
  monitor.add(LatencyEvent::kCommand, 5, 20 * kMs);
  monitor.add(LatencyEvent::kCommand, 7, 30 * kMs);
  const auto history = monitor.history(LatencyEvent::kCommand);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->spikes.size(), 2U);
  EXPECT_EQ(history->spikes[0].unix_s, 5);
  EXPECT_EQ(history->spikes[0].ms, 40);
  EXPECT_EQ(history->spikes[1].ms, 30);
  EXPECT_EQ(history->ms_max, 40);
  EXPECT_EQ(monitor.all().size(), 1U);
  EXPECT_TRUE(monitor.reset(LatencyEvent::kCommand));
  EXPECT_FALSE(monitor.reset(LatencyEvent::kCommand));
}

TEST(LatencyMonitor, KeepsTheLatestOnly) {
  LatencyMonitor monitor;
  monitor.set_threshold_ms(1);
  for (int second = 0; second < 200; ++second) monitor.add(LatencyEvent::kIoLoop, second, (300 - second) * kMs);
  const auto history = monitor.history(LatencyEvent::kIoLoop);
  ASSERT_TRUE(history);
  EXPECT_EQ(history->spikes.size(), LatencyMonitor::kSpikesMax);
  EXPECT_EQ(history->spikes.front().unix_s, 40);
  EXPECT_EQ(history->spikes.back().unix_s, 199);
  EXPECT_EQ(history->ms_max, 300);
}

TEST(LatencyMonitor, EveryEventHasAName) {
  for (std::size_t i = 0; i < kLatencyEvents; ++i) {
    const auto event = static_cast<LatencyEvent>(i);
    EXPECT_EQ(find_latency_event(latency_event_name(event)), event);
  }
  EXPECT_FALSE(find_latency_event("fork"));
}

}  // namespace
}  // namespace larder
