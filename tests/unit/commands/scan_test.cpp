// SCAN and KEYS through the whole command layer.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

// The bulk strings of a reply, in order; the first one of SCAN's is its cursor.
std::vector<std::string> bulk_strings(const std::string& reply) {
  std::vector<std::string> strings;
  for (std::size_t at = 0; at < reply.size();) {
    const std::size_t line_end = reply.find("\r\n", at);
    if (reply[at] != '$') {
      at = line_end + 2;
      continue;
    }
    const std::size_t length = std::stoul(reply.substr(at + 1, line_end - at - 1));
    strings.push_back(reply.substr(line_end + 2, length));
    at = line_end + 2 + length + 2;
  }
  return strings;
}

class ScanCommands : public testing::TestWithParam<std::uint32_t> {
 protected:
  ScanCommands() : runner_({.shards = GetParam()}) {}
  ~ScanCommands() override { runner_.store().check_invariants(); }

  std::string run(const std::vector<std::string>& arguments) { return runner_.run(arguments); }

  void fill(const std::string& prefix, int keys) {
    for (int i = 0; i < keys; ++i) run({"SET", prefix + std::to_string(i), "v"});
  }

  // A whole walk: how often each key came. `between` runs after each step.
  std::map<std::string, int> walk(const std::vector<std::string>& options, const std::function<void()>& between = {}) {
    std::map<std::string, int> seen;
    std::string cursor = "0";
    steps_ = 0;
    do {
      std::vector<std::string> request = {"SCAN", cursor};
      request.insert(request.end(), options.begin(), options.end());
      const auto strings = bulk_strings(run(request));
      cursor = strings.at(0);
      for (std::size_t i = 1; i < strings.size(); ++i) ++seen[strings[i]];
      if (between) between();
      if (++steps_ > 1'000'000) ADD_FAILURE() << "the walk does not end";
    } while (cursor != "0" && steps_ <= 1'000'000);
    return seen;
  }

  CommandRunner runner_;
  int steps_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Shards, ScanCommands, testing::Values(1, 16));

TEST_P(ScanCommands, AnEmptyDatabaseEndsAtOnce) {
  EXPECT_TRUE(walk({}).empty());
  EXPECT_EQ(run({"KEYS", "*"}), "*0\r\n");
}

TEST_P(ScanCommands, AWalkSeesEveryKeyOnce) {
  fill("key:", 3000);
  for (const std::string count : {"1", "10", "1000", "9223372036854775807"}) {
    const auto seen = walk({"COUNT", count});
    EXPECT_EQ(seen.size(), 3000U) << count;
    for (const auto& [key, times] : seen) ASSERT_EQ(times, 1) << key;
  }
  EXPECT_EQ(steps_, 1);
}

TEST_P(ScanCommands, KeysThatStayAreSeenOnceWhileTheTableGrows) {
  fill("stays:", 500);
  int added = 0;
  const auto seen = walk({"COUNT", "5"}, [&] {
    for (int i = 0; i < 20 && added < 20'000; ++i) run({"SET", "new:" + std::to_string(added++), "v"});
  });
  EXPECT_GT(added, 1000);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(seen.at("stays:" + std::to_string(i)), 1) << i;
}

TEST_P(ScanCommands, KeysThatStayAreSeenWhileOthersAreDeleted) {
  fill("stays:", 300);
  fill("goes:", 5000);
  int deleted = 0;
  const auto seen = walk({"COUNT", "10"}, [&] {
    for (int i = 0; i < 100 && deleted < 5000; ++i) run({"DEL", "goes:" + std::to_string(deleted++)});
    runner_.maintain();
  });
  for (int i = 0; i < 300; ++i) ASSERT_EQ(seen.at("stays:" + std::to_string(i)), 1) << i;
}

TEST_P(ScanCommands, CountBoundsTheStepAndNotTheMatches) {
  fill("key:", 1000);
  const auto seen = walk({"MATCH", "key:77*", "COUNT", "10"});
  EXPECT_EQ(seen.size(), 11U);
  EXPECT_GT(steps_, 20);
}

TEST_P(ScanCommands, FiltersByPatternAndType) {
  run({"MSET", "apple", "1", "avocado", "2", "banana", "3", "", "4"});
  const auto keys = [](const std::map<std::string, int>& seen) {
    std::set<std::string> names;
    for (const auto& [key, times] : seen) names.insert(key);
    return names;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(keys(walk({"MATCH", "a*"})), (Names{"apple", "avocado"}));
  EXPECT_EQ(keys(walk({"match", "x", "match", "b?nan[a-c]"})), (Names{"banana"}));
  EXPECT_EQ(keys(walk({"MATCH", ""})), (Names{""}));
  EXPECT_EQ(walk({"TYPE", "StRiNg"}).size(), 4U);
  EXPECT_EQ(walk({"TYPE", "hash"}).size(), 0U);
  EXPECT_EQ(walk({"TYPE", "nonsense", "MATCH", "*"}).size(), 0U);
}

TEST_P(ScanCommands, OnlyLiveKeysOfTheOwnDatabaseAreGivenOut) {
  run({"SET", "lives", "v"});
  run({"SET", "dies", "v", "PX", "5"});
  run({"SELECT", "3"});
  run({"SET", "elsewhere", "v"});
  run({"SELECT", "0"});
  runner_.advance_ms(5);
  EXPECT_EQ(walk({}), (std::map<std::string, int>{{"lives", 1}}));
  EXPECT_EQ(run({"KEYS", "*"}), array({bulk("lives")}));
}

TEST_P(ScanCommands, KeysAnswersAllThatMatch) {
  fill("key:", 3000);
  EXPECT_EQ(bulk_strings(run({"KEYS", "*"})).size(), 3000U);
  EXPECT_EQ(bulk_strings(run({"KEYS", "key:29?5"})).size(), 10U);
  EXPECT_EQ(run({"KEYS", "key:2995"}), array({bulk("key:2995")}));
  EXPECT_EQ(run({"KEYS", "KEY:2995"}), "*0\r\n");
  EXPECT_EQ(run({"KEYS"}), error("ERR wrong number of arguments for 'keys' command"));
}

TEST_P(ScanCommands, CursorsAreReadAsRedisReadsThem) {
  const std::string invalid = error("ERR invalid cursor");
  for (const std::string cursor : {"abc", "18446744073709551616", " 0", "0 ", "-", "1x", "--1"}) {
    EXPECT_EQ(run({"SCAN", cursor}), invalid) << cursor;
    EXPECT_EQ(run({"SCAN", cursor, "COUNT", "0"}), invalid) << cursor;
  }
  run({"SET", "k", "v"});
  const std::string all = array({bulk("0"), array({bulk("k")})});
  for (const std::string cursor : {"0", "", "+0", "00", "-0"}) {
    EXPECT_EQ(run({"SCAN", cursor, "COUNT", "100"}), all) << cursor;
  }
  const std::string end = array({bulk("0"), "*0\r\n"});
  EXPECT_EQ(run({"SCAN", "18446744073709551615"}), end);
  EXPECT_EQ(run({"SCAN", "-1"}), end);
}

TEST_P(ScanCommands, BadOptionsAreNamed) {
  const std::string syntax = error("ERR syntax error");
  EXPECT_EQ(run({"SCAN", "0", "COUNT", "0"}), syntax);
  EXPECT_EQ(run({"SCAN", "0", "COUNT", "-1"}), syntax);
  EXPECT_EQ(run({"SCAN", "0", "COUNT"}), syntax);
  EXPECT_EQ(run({"SCAN", "0", "FOO", "bar"}), syntax);
  EXPECT_EQ(run({"SCAN", "0", "MATCH", "*", "TYPE"}), syntax);
  EXPECT_EQ(run({"SCAN", "0", "COUNT", "abc"}), error("ERR value is not an integer or out of range"));
}

}  // namespace
}  // namespace larder::test
