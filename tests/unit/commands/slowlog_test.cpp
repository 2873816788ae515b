// SLOWLOG: what is logged, with which time and which arguments. The time of the manual clock goes by inside a command
// only where one lets it (a reading clock that moves).
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>

#include "support/command_runner.h"

namespace larder::test {
namespace {

std::vector<SlowLogEntry> all(CommandRunner& runner) {
  return runner.slow_log().latest(1'000'000);
}

TEST(SlowLogCommand, KeepsTheNewestWithTheirIds) {
  CommandRunner runner;
  runner.slow_log().set_threshold_us(0);
  runner.slow_log().set_length_max(3);
  runner.run({"CLIENT", "SETNAME", "bob"});
  for (int i = 0; i < 5; ++i) runner.run({"GET", "k" + std::to_string(i)});
  const auto entries = all(runner);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].id, 5u);
  EXPECT_EQ(entries[0].arguments, (std::vector<std::string>{"GET", "k4"}));
  EXPECT_EQ(entries[0].client_address, "127.0.0.1:50000");
  EXPECT_EQ(entries[0].client_name, "bob");
  EXPECT_EQ(entries[0].unix_s, runner.now_ms() / 1000);
  EXPECT_EQ(entries[2].id, 3u);
  const std::string entry =
      "*6\r\n:5\r\n:1700000000\r\n:0\r\n*2\r\n" + bulk("GET") + bulk("k4") + bulk("127.0.0.1:50000") + bulk("bob");
  EXPECT_EQ(runner.run({"SLOWLOG", "GET", "1"}), "*1\r\n" + entry);
  EXPECT_EQ(runner.run({"SLOWLOG", "LEN"}), integer(3));
  EXPECT_EQ(runner.run({"SLOWLOG", "RESET"}), kOk);
  EXPECT_EQ(all(runner).size(), 1u) << "RESET itself came after it";
  runner.slow_log().set_length_max(0);
  EXPECT_EQ(runner.run({"SLOWLOG", "LEN"}), integer(0));
}

TEST(SlowLogCommand, LogsNothingBelowTheThresholdOrWhereItIsOff) {
  CommandRunner runner;
  runner.run({"GET", "k"});
  runner.slow_log().set_threshold_us(1);
  runner.run({"GET", "k"});
  runner.slow_log().set_threshold_us(-1);
  runner.run({"GET", "k"});
  runner.slow_log().set_threshold_us(std::numeric_limits<std::int64_t>::max());
  runner.run({"GET", "k"});
  EXPECT_TRUE(all(runner).empty());
}

TEST(SlowLogCommand, EachOfABatchIsLoggedWhereSingleCommandsAreAskedFor) {
  CommandRunner runner;
  runner.slow_log().set_threshold_us(0);
  std::string batch;
  for (int i = 0; i < 10; ++i) batch += encode_request({"SET", "k" + std::to_string(i), "v"});
  runner.send(batch);
  EXPECT_EQ(all(runner).size(), 10u);
}

TEST(SlowLogCommand, LeavesOutRefusedCommands) {
  CommandRunner runner;
  runner.slow_log().set_threshold_us(0);
  runner.run({"NOSUCH"});
  runner.run({"GET"});
  EXPECT_TRUE(all(runner).empty());
}

TEST(SlowLogCommand, CutsLongArgumentsAndManyOfThem) {
  CommandRunner runner;
  runner.slow_log().set_threshold_us(0);
  runner.run({"SET", "k", std::string(200, 'x')});
  const std::string shown(128, 'x');
  runner.run({"SET", "k", shown});
  runner.run({"SET", "k", std::string(100'000, 'x')});
  std::vector<std::string> many = {"MGET"};
  for (int i = 0; i < 31; ++i) many.push_back("k");
  runner.run(many);
  many.resize(41, "k");
  runner.run(many);
  const auto entries = all(runner);
  EXPECT_EQ(entries[4].arguments[2], shown + "... (72 more bytes)");
  EXPECT_EQ(entries[3].arguments[2], shown);
  EXPECT_EQ(entries[2].arguments[2], shown + "... (99872 more bytes)");
  EXPECT_EQ(entries[1].arguments.size(), 32u);
  EXPECT_EQ(entries[1].arguments.back(), "k");
  EXPECT_EQ(entries[0].arguments.size(), 32u);
  EXPECT_EQ(entries[0].arguments.back(), "... (10 more arguments)");
}

TEST(SlowLogCommand, TellsNoSecrets) {
  CommandRunner runner({.password = "pw"});
  runner.slow_log().set_threshold_us(0);
  runner.run({"AUTH", "pw"});
  runner.run({"AUTH", "default", "pw"});
  runner.run({"HELLO", "2", "AUTH", "default", "pw", "SETNAME", "me"});
  runner.run({"HELLO", "2", "SETNAME", "me", "auth", "default", "pw"});
  runner.run({"CONFIG", "SET", "timeout", "1", "RequirePass", "new"});
  runner.run({"CONFIG", "GET", "requirepass"});
  using Words = std::vector<std::string>;
  const auto entries = all(runner);
  ASSERT_EQ(entries.size(), 6u);
  EXPECT_EQ(entries[5].arguments, (Words{"AUTH", "(redacted)"}));
  EXPECT_EQ(entries[4].arguments, (Words{"AUTH", "(redacted)", "(redacted)"}));
  EXPECT_EQ(entries[3].arguments, (Words{"HELLO", "2", "AUTH", "(redacted)", "(redacted)", "SETNAME", "me"}));
  EXPECT_EQ(entries[2].arguments, (Words{"HELLO", "2", "SETNAME", "me", "auth", "(redacted)", "(redacted)"}));
  EXPECT_EQ(entries[1].arguments, (Words{"CONFIG", "SET", "timeout", "1", "RequirePass", "(redacted)"}));
  EXPECT_EQ(entries[0].arguments, (Words{"CONFIG", "GET", "requirepass"}));
}

// --- SlowWatch ---

class SlowWatchTest : public testing::Test {
 protected:
  CommandRunner runner_;
};

// Ten milliseconds go by between two of a batch's commands: nobody can say in which.
TEST_F(SlowWatchTest, CommandsThatShareTheirTimeAreOneEntry) {
  std::string batch;
  for (int i = 0; i < 3; ++i) batch += encode_request({"GET", "k" + std::to_string(i)});
  std::thread clock([&] {
    while (all(runner_).empty()) runner_.clock().advance_ms(20);
  });
  while (all(runner_).empty()) runner_.send(batch);
  clock.join();
  const SlowLogEntry entry = all(runner_).back();
  EXPECT_EQ(entry.arguments, (std::vector<std::string>{"GET", "k0", "... (together with 2 more commands)"}));
  EXPECT_GE(entry.duration_us, 10'000);
}

}  // namespace
}  // namespace larder::test
