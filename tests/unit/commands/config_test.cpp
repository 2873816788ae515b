#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(ConfigGet, AnswersNamesAndValuesOfWhatMatches) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CONFIG", "GET", "maxmemory"}), array({bulk("maxmemory"), bulk("0")}));
  EXPECT_EQ(runner.run({"config", "get", "MAX*"}),
            array({bulk("maxclients"), bulk("10000"), bulk("maxmemory"), bulk("0")}));
  EXPECT_EQ(runner.run({"CONFIG", "GET", "nosuch"}), "*0\r\n");
}

TEST(ConfigGet, SeveralPatternsAnswerEachOptionOnce) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CONFIG", "GET", "maxm*", "timeout", "maxmemory"}),
            array({bulk("maxmemory"), bulk("0"), bulk("timeout"), bulk("0")}));
}

TEST(ConfigGet, IsAMapInResp3) {
  CommandRunner runner;
  runner.run({"HELLO", "3"});
  EXPECT_EQ(runner.run({"CONFIG", "GET", "timeout"}), "%1\r\n" + bulk("timeout") + bulk("0"));
  EXPECT_EQ(runner.run({"CONFIG", "GET", "nosuch"}), "%0\r\n");
}

TEST(ConfigSet, ChangesAllTheOptionsGiven) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CONFIG", "SET", "timeout", "30", "maxclients", "7"}), kOk);
  EXPECT_EQ(runner.run({"CONFIG", "GET", "timeout", "maxclients"}),
            array({bulk("timeout"), bulk("30"), bulk("maxclients"), bulk("7")}));
}

TEST(ConfigSet, AnUnknownOptionChangesNothing) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CONFIG", "SET", "timeout", "30", "foo", "1"}),
            error("ERR Unknown option or number of arguments for CONFIG SET - 'foo'"));
  EXPECT_EQ(runner.run({"CONFIG", "GET", "timeout"}), array({bulk("timeout"), bulk("0")}));
}

TEST(ConfigSet, AValueThatIsMissingIsASyntaxError) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CONFIG", "SET", "timeout", "30", "maxclients"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"CONFIG", "SET", "timeout"}), error("ERR wrong number of arguments for 'config|set' command"));
}

TEST(Config, WrongUseIsExplained) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CONFIG"}), error("ERR wrong number of arguments for 'config' command"));
  EXPECT_EQ(runner.run({"CONFIG", "foo"}), error("ERR unknown subcommand 'foo'. Try CONFIG HELP."));
  EXPECT_EQ(runner.run({"CONFIG", "GET"}), error("ERR wrong number of arguments for 'config|get' command"));
  EXPECT_EQ(runner.run({"CONFIG", "RESETSTAT", "x"}),
            error("ERR wrong number of arguments for 'config|resetstat' command"));
  EXPECT_THAT(runner.run({"CONFIG", "REWRITE"}), StartsWith("-ERR CONFIG REWRITE is not supported: "));
}

TEST(ConfigHelp, NamesEverySubcommand) {
  CommandRunner runner;
  const std::string help = runner.run({"CONFIG", "HELP"});
  EXPECT_THAT(help, StartsWith("*"));
  for (const char* subcommand :
       {"\r\n+GET <", "\r\n+SET <", "\r\n+RESETSTAT\r\n", "\r\n+REWRITE\r\n", "\r\n+HELP\r\n"}) {
    EXPECT_THAT(help, HasSubstr(subcommand));
  }
}

TEST(ConfigResetstat, BeginsAnewWithWhatInfoReports) {
  CommandRunner runner({.maxitems = 1});
  runner.run({"SET", "a", "1"});
  runner.run({"SET", "b", "1"});
  runner.run({"GET", "a"});
  runner.run({"GET", "b"});
  runner.run({"NOSUCH"});
  runner.net().connections_rejected.add(3);
  runner.net().by_thread[0].received_bytes.add(100);

  EXPECT_EQ(runner.run({"CONFIG", "RESETSTAT"}), kOk);
  const std::string text = runner.run({"INFO", "everything"});
  for (const char* line : {"evicted_keys:0\r\n", "keyspace_hits:0\r\n", "keyspace_misses:0\r\n",
                           "hit_ratio_total:0.0000\r\n", "total_error_replies:0\r\n", "rejected_connections:0\r\n",
                           "total_net_input_bytes:0\r\n", "total_commands_processed:1\r\n", "items:1\r\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  // The reset itself is the first command that counts again, as in Redis.
  EXPECT_THAT(text, HasSubstr("cmdstat_config|resetstat:calls=1,"));
  EXPECT_THAT(text, Not(HasSubstr("cmdstat_get:")));
  EXPECT_THAT(text, Not(HasSubstr("errorstat_")));

  runner.run({"GET", "b"});
  EXPECT_THAT(runner.run({"INFO", "cache"}), HasSubstr("hit_ratio_total:1.0000\r\n"));
}

}  // namespace
}  // namespace larder::test
