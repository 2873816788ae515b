#include <gtest/gtest.h>

#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

TEST(DbSize, CountsTheSelectedDatabaseOnly) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(0));
  runner.run({"MSET", "a", "1", "b", "2"});
  runner.run({"SET", "a", "3"});
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(2));
  runner.run({"SELECT", "1"});
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(0));
}

TEST(FlushDb, RemovesTheSelectedDatabaseOnly) {
  CommandRunner runner;
  runner.run({"SET", "a", "1"});
  runner.run({"SELECT", "1"});
  runner.run({"SET", "a", "1"});
  EXPECT_EQ(runner.run({"FLUSHDB"}), kOk);
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(0));
  EXPECT_EQ(runner.run({"GET", "a"}), kNull);
  runner.run({"SELECT", "0"});
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(1));
}

TEST(FlushAll, RemovesEveryDatabaseAndTheMemoryComesBack) {
  CommandRunner runner;
  const std::uint64_t used_when_empty = runner.store().used_bytes();
  runner.run({"SET", "a", std::string(100'000, 'v')});
  runner.run({"SELECT", "1"});
  runner.run({"SET", "a", "1"});
  EXPECT_EQ(runner.run({"FLUSHALL"}), kOk);
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(0));
  runner.run({"SELECT", "0"});
  EXPECT_EQ(runner.run({"DBSIZE"}), integer(0));
  runner.maintain();
  EXPECT_LT(runner.store().used_bytes(), used_when_empty + 100'000);
  runner.store().check_invariants();
}

TEST(Flush, TakesAsyncOrSyncAndNothingElse) {
  CommandRunner runner;
  for (const std::string command : {"FLUSHDB", "FLUSHALL"}) {
    EXPECT_EQ(runner.run({command, "ASYNC"}), kOk);
    EXPECT_EQ(runner.run({command, "sync"}), kOk);
    EXPECT_EQ(runner.run({command, "foo"}), error("ERR syntax error"));
    EXPECT_EQ(runner.run({command, "ASYNC", "ASYNC"}), error("ERR syntax error"));
  }
}

TEST(Time, IsSecondsAndMicroseconds) {
  CommandRunner runner({.start_ms = 1'700'000'000'250});
  EXPECT_EQ(runner.run({"TIME"}), array({bulk("1700000000"), bulk("250000")}));
  runner.advance_ms(800);
  EXPECT_EQ(runner.run({"TIME"}), array({bulk("1700000001"), bulk("50000")}));
}

TEST(ServerCommands, RefuseAWrongNumberOfArguments) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DBSIZE", "x"}), error("ERR wrong number of arguments for 'dbsize' command"));
  EXPECT_EQ(runner.run({"TIME", "x"}), error("ERR wrong number of arguments for 'time' command"));
}

}  // namespace
}  // namespace larder::test
