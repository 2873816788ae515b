// COUNTPREFIX and DELPREFIX over more keys than one call looks at.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/command_runner.h"

namespace larder::test {
namespace {

// "*2 $n cursor :number".
std::pair<std::string, std::int64_t> step(CommandRunner& runner, const std::vector<std::string>& request) {
  const std::string reply = runner.run(request);
  const std::size_t begin = reply.find("\r\n", 4) + 2;
  const std::size_t end = reply.find("\r\n", begin);
  return {reply.substr(begin, end - begin), std::stoll(reply.substr(reply.find(':', end) + 1))};
}

struct Walk {
  std::int64_t sum = 0;
  int calls = 0;
};

Walk walk(CommandRunner& runner, const std::string& command, const std::string& prefix, const std::string& count) {
  Walk walk;
  std::string cursor = "0";
  do {
    const auto [next, number] = step(runner, {command, cursor, prefix, "COUNT", count});
    cursor = next;
    walk.sum += number;
    ++walk.calls;
  } while (cursor != "0");
  return walk;
}

class PrefixCommands : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Shards, PrefixCommands, testing::Values(1, 16));

TEST_P(PrefixCommands, AWalkMeetsEveryKeyOnce) {
  constexpr int kKeys = 30'000;
  CommandRunner runner({.shards = GetParam()});
  for (int i = 0; i < kKeys; ++i) runner.run({"SET", (i % 3 == 0 ? "a:" : "b:") + std::to_string(i), "v"});
  runner.run({"SELECT", "1"});
  for (int i = 0; i < 100; ++i) runner.run({"SET", "a:" + std::to_string(i), "v"});
  runner.run({"SELECT", "0"});

  const Walk counted = walk(runner, "COUNTPREFIX", "a:", "100");
  EXPECT_EQ(counted.sum, kKeys / 3);
  EXPECT_GT(counted.calls, 20);
  const Walk deleted = walk(runner, "DELPREFIX", "a:", "1000");
  EXPECT_EQ(deleted.sum, kKeys / 3);
  EXPECT_EQ(walk(runner, "COUNTPREFIX", "a:", "1000").sum, 0);
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(kKeys / 3 * 2));
  runner.run({"SELECT", "1"});
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(100));
  runner.store().check_invariants();
}

TEST_P(PrefixCommands, OneCallIsBoundedWhateverItAsksFor) {
  constexpr int kKeys = 30'000;
  CommandRunner runner({.shards = GetParam()});
  for (int i = 0; i < kKeys; ++i) runner.run({"SET", "k" + std::to_string(i), "v"});
  const auto [cursor, deleted] = step(runner, {"DELPREFIX", "0", "", "COUNT", "9223372036854775807"});
  EXPECT_NE(cursor, "0");
  EXPECT_LT(deleted, 12'000);
  EXPECT_EQ(walk(runner, "DELPREFIX", "", "10000").sum, kKeys - deleted);
}

TEST(PrefixCommands, ExpiredKeysAreNotCounted) {
  CommandRunner runner;
  runner.run({"SET", "k1", "v", "PX", "10"});
  runner.run({"SET", "k2", "v"});
  runner.advance_ms(10);
  EXPECT_EQ(runner.run({"COUNTPREFIX", "0", "k"}), array({bulk("0"), integer(1)}));
  EXPECT_EQ(runner.run({"DELPREFIX", "0", "k"}), array({bulk("0"), integer(1)}));
}

}  // namespace
}  // namespace larder::test
