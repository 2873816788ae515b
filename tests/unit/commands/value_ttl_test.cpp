// GETPTTL and MGETPTTL: what they count and what they touch.
#include <gtest/gtest.h>

#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

TEST(ValueAndTtl, TellsTheMillisecondsLeft) {
  CommandRunner runner;
  runner.run({"SET", "k", "v", "PX", "1500"});
  EXPECT_EQ(runner.run({"GETPTTL", "k"}), array({bulk("v"), integer(1500)}));
  runner.advance_ms(1499);
  EXPECT_EQ(runner.run({"GETPTTL", "k"}), array({bulk("v"), integer(1)}));
  EXPECT_EQ(runner.run({"MGETPTTL", "k"}), array({array({bulk("v"), integer(1)})}));
  runner.advance_ms(1);
  EXPECT_EQ(runner.run({"GETPTTL", "k"}), "*-1\r\n");
  EXPECT_EQ(runner.run({"MGETPTTL", "k"}), "*1\r\n*-1\r\n");
}

TEST(ValueAndTtl, CountsHitsAndMissesAsGetDoes) {
  CommandRunner runner;
  runner.run({"SET", "k", "v"});
  runner.run({"GETPTTL", "k"});
  runner.run({"GETPTTL", "none"});
  runner.run({"MGETPTTL", "k", "none", "k"});
  const auto total = runner.statistics().totals();
  EXPECT_EQ(total.hits, 3u);
  EXPECT_EQ(total.misses, 2u);
}

TEST(ValueAndTtl, WarmsWhatItReadsUnlessToldNotTo) {
  CommandRunner runner({.maxitems = 2, .policy = PolicyKind::kAllKeysLru});
  runner.run({"SET", "a", "1"});
  runner.run({"SET", "b", "2"});
  runner.run({"GETPTTL", "a"});
  runner.run({"SET", "c", "3"});
  EXPECT_EQ(runner.run({"EXISTS", "a", "c"}), integer(2));
  runner.run({"CLIENT", "NO-TOUCH", "ON"});
  runner.run({"GETPTTL", "a"});
  runner.run({"SET", "d", "4"});
  EXPECT_EQ(runner.run({"EXISTS", "a"}), integer(0));
}

TEST(ValueAndTtl, SendsALargeValueFromItsBlock) {
  CommandRunner runner;
  const std::string large(200'000, 'x');
  runner.run({"SET", "k", large});
  EXPECT_EQ(runner.run({"GETPTTL", "k"}), array({bulk(large), integer(-1)}));
}

}  // namespace
}  // namespace larder::test
