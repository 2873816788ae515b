// DEL, UNLINK, EXISTS, TOUCH, TYPE and RANDOMKEY through the whole command layer.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

const std::string kOkReply{kOk};
const std::string kNullReply{kNull};

class KeyCommands : public testing::TestWithParam<std::uint32_t> {
 protected:
  KeyCommands() : runner_({.shards = GetParam()}) {}
  ~KeyCommands() override { runner_.store().check_invariants(); }

  std::string run(const std::vector<std::string>& arguments) { return runner_.run(arguments); }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(Shards, KeyCommands, testing::Values(1, 16));

TEST_P(KeyCommands, DelAndUnlinkCountWhatTheyDeleted) {
  run({"MSET", "a", "1", "b", "2", "c", "3"});
  EXPECT_EQ(run({"DEL", "a", "none", "a"}), integer(1));
  EXPECT_EQ(run({"UNLINK", "b", "c", ""}), integer(2));
  EXPECT_EQ(run({"DEL", "b"}), integer(0));
  EXPECT_EQ(run({"DBSIZE"}), integer(0));
}

TEST_P(KeyCommands, ExistsAndTouchCountAKeyAsOftenAsItIsNamed) {
  run({"MSET", "a", "1", "", "2"});
  EXPECT_EQ(run({"EXISTS", "a", "none", "a", ""}), integer(3));
  EXPECT_EQ(run({"TOUCH", "a", "none", "a", ""}), integer(3));
}

TEST_P(KeyCommands, TypeIsStringOrNone) {
  run({"SET", "a", "1"});
  EXPECT_EQ(run({"TYPE", "a"}), "+string\r\n");
  EXPECT_EQ(run({"TYPE", "none"}), "+none\r\n");
}

TEST_P(KeyCommands, AnExpiredKeyIsAbsentForEveryCommand) {
  for (const std::string key : {"a", "b", "c", "d", "e"}) run({"SET", key, "1", "PX", "10"});
  runner_.advance_ms(10);
  EXPECT_EQ(run({"EXISTS", "a"}), integer(0));
  EXPECT_EQ(run({"DEL", "b"}), integer(0));
  EXPECT_EQ(run({"TYPE", "c"}), "+none\r\n");
  EXPECT_EQ(run({"TOUCH", "d"}), integer(0));
  EXPECT_EQ(run({"RANDOMKEY"}), kNullReply);
}

TEST_P(KeyCommands, DatabasesKeepTheirKeysApart) {
  run({"SET", "k", "zero"});
  run({"SELECT", "15"});
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
  EXPECT_EQ(run({"RANDOMKEY"}), kNullReply);
  run({"SET", "k", "fifteen"});
  EXPECT_EQ(run({"DEL", "k"}), integer(1));
  run({"SELECT", "0"});
  EXPECT_EQ(run({"GET", "k"}), bulk("zero"));
}

TEST_P(KeyCommands, RandomkeyComesUponEveryKeyOfItsDatabase) {
  EXPECT_EQ(run({"RANDOMKEY"}), kNullReply);
  for (const std::string key : {"a", "b", "c", "d"}) run({"SET", key, "1"});
  run({"SELECT", "1"});
  run({"SET", "elsewhere", "1"});
  run({"SELECT", "0"});
  std::set<std::string> seen;
  for (int i = 0; i < 1000 && seen.size() < 4; ++i) seen.insert(run({"RANDOMKEY"}));
  EXPECT_EQ(seen, (std::set<std::string>{bulk("a"), bulk("b"), bulk("c"), bulk("d")}));
  run({"HELLO", "3"});
  run({"SELECT", "2"});
  EXPECT_EQ(run({"RANDOMKEY"}), kNullResp3);
}

TEST_P(KeyCommands, LookUpsAreCountedAsRedisCountsThem) {
  run({"SET", "k", "v"});
  const auto counted = [&](const std::vector<std::string>& request) {
    const RequestTotals before = runner_.statistics().totals();
    run(request);
    const RequestTotals after = runner_.statistics().totals();
    return std::pair{after.hits - before.hits, after.misses - before.misses};
  };
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(counted({"EXISTS", "k", "none"}), Pair(1, 1));
  EXPECT_EQ(counted({"TOUCH", "k", "none"}), Pair(1, 1));
  EXPECT_EQ(counted({"TYPE", "none"}), Pair(0, 1));
  EXPECT_EQ(counted({"TTL", "k"}), Pair(1, 0));
  EXPECT_EQ(counted({"EXPIRE", "k", "10"}), Pair(0, 0));
  EXPECT_EQ(counted({"PERSIST", "k"}), Pair(0, 0));
  EXPECT_EQ(counted({"RANDOMKEY"}), Pair(0, 0));
  EXPECT_EQ(counted({"SCAN", "0"}), Pair(0, 0));
  EXPECT_EQ(counted({"DEL", "k", "none"}), Pair(0, 0));
}

TEST(KeyCommandsUnderLru, OnlyTouchWarmsAKeyWithoutReadingIt) {
  CommandRunner runner({.maxitems = 3});
  runner.run({"MSET", "a", "1", "b", "2", "c", "3"});
  for (const std::string command : {"EXISTS", "TYPE", "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}) {
    runner.run({command, "a"});
  }
  runner.run({"TOUCH", "b"});
  runner.run({"SET", "d", "4"});
  EXPECT_EQ(runner.run({"GET", "a"}), kNullReply);
  runner.run({"SET", "e", "5"});
  EXPECT_EQ(runner.run({"EXISTS", "b", "d", "e"}), integer(3));
}

}  // namespace
}  // namespace larder::test
