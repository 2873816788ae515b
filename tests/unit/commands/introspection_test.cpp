#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "commands/command_table.h"
#include "support/command_runner.h"

namespace larder {
namespace {

using test::array;
using test::bulk;
using test::CommandRunner;
using test::error;
using test::integer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::size_t top_level_commands() {
  const auto all = CommandTable::instance().all();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const FoundCommand& command) { return command.container == nullptr; }));
}

TEST(CommandCount, CountsCommandsWithoutSubcommands) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"COMMAND", "COUNT"}), integer(static_cast<std::int64_t>(top_level_commands())));
  EXPECT_THAT(runner.run({"COMMAND"}), StartsWith("*" + std::to_string(top_level_commands()) + "\r\n*10\r\n"));
}

TEST(CommandInfo, HasTheTenElementsOfRedis) {
  CommandRunner runner;
  const std::string key_spec =
      array({bulk("flags"), array({"+RO\r\n", "+access\r\n"}), bulk("begin_search"),
             array({bulk("type"), bulk("index"), bulk("spec"), array({bulk("index"), integer(1)})}), bulk("find_keys"),
             array({bulk("type"), bulk("range"), bulk("spec"),
                    array({bulk("lastkey"), integer(0), bulk("keystep"), integer(1), bulk("limit"), integer(0)})})});
  EXPECT_EQ(
      runner.run({"COMMAND", "INFO", "GET"}),
      array({array({bulk("get"), integer(2), array({"+readonly\r\n", "+fast\r\n"}), integer(1), integer(1), integer(1),
                    array({"+@read\r\n", "+@string\r\n", "+@fast\r\n"}), array({}), array({key_spec}), array({})})}));
}

TEST(CommandInfo, UsesSetsAndMapsInResp3) {
  CommandRunner runner;
  runner.run({"HELLO", "3"});
  EXPECT_THAT(runner.run({"COMMAND", "INFO", "get"}),
              AllOf(StartsWith("*1\r\n*10\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n"),
                    HasSubstr("~1\r\n%3\r\n$5\r\nflags\r\n~2\r\n+RO\r\n+access\r\n")));
}

TEST(CommandInfo, AnswersNullForWhatItDoesNotKnow) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"COMMAND", "INFO", "foo", "client|foo"}), "*2\r\n$-1\r\n$-1\r\n");
}

TEST(CommandInfo, DescribesSubcommandsAloneAndWithTheirContainer) {
  CommandRunner runner;
  EXPECT_THAT(runner.run({"COMMAND", "INFO", "client|getname"}),
              StartsWith("*1\r\n*10\r\n" + bulk("client|getname") + ":2\r\n"));
  EXPECT_THAT(runner.run({"COMMAND", "INFO", "client"}), HasSubstr(bulk("client|getname") + ":2\r\n"));
}

TEST(CommandInfo, CountsTheKeysOfMsetFromTheEnd) {
  CommandRunner runner;
  EXPECT_THAT(runner.run({"COMMAND", "INFO", "mset"}),
              HasSubstr(bulk("lastkey") + integer(-1) + bulk("keystep") + integer(2)));
}

TEST(CommandDocs, TellsSummaryAndArguments) {
  CommandRunner runner;
  const std::string reply = runner.run({"COMMAND", "DOCS", "set"});
  EXPECT_THAT(reply, StartsWith("*2\r\n" + bulk("set") + "*10\r\n" + bulk("summary")));
  EXPECT_THAT(reply, HasSubstr(bulk("group") + bulk("string")));
  EXPECT_THAT(reply, HasSubstr(bulk("name") + bulk("key") + bulk("type") + bulk("key")));
  EXPECT_THAT(reply, HasSubstr(bulk("type") + bulk("oneof") + bulk("flags") + array({"+optional\r\n"})));
  EXPECT_THAT(reply, HasSubstr(bulk("token") + bulk("KEEPTTL")));
}

TEST(CommandDocs, UsesMapsInResp3) {
  CommandRunner runner;
  runner.run({"HELLO", "3"});
  EXPECT_THAT(runner.run({"COMMAND", "DOCS", "get"}), StartsWith("%1\r\n" + bulk("get") + "%5\r\n" + bulk("summary")));
}

TEST(CommandDocs, NestsSubcommands) {
  CommandRunner runner;
  EXPECT_THAT(runner.run({"COMMAND", "DOCS", "client"}),
              AllOf(HasSubstr(bulk("subcommands")), HasSubstr(bulk("client|setname") + "*10\r\n")));
}

TEST(CommandDocs, LeavesOutWhatItDoesNotKnow) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"COMMAND", "DOCS", "foo"}), "*0\r\n");
  EXPECT_THAT(runner.run({"COMMAND", "DOCS"}), StartsWith("*" + std::to_string(2 * top_level_commands()) + "\r\n"));
}

TEST(CommandList, NamesEverythingSubcommandsIncluded) {
  CommandRunner runner;
  const std::string list = runner.run({"COMMAND", "LIST"});
  EXPECT_THAT(list, StartsWith("*" + std::to_string(CommandTable::instance().size()) + "\r\n"));
  EXPECT_THAT(list, AllOf(HasSubstr(bulk("get")), HasSubstr(bulk("client|kill"))));
}

TEST(CommandList, FiltersByPatternCategoryAndModule) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"COMMAND", "LIST", "FILTERBY", "PATTERN", "HEL*"}), array({bulk("hello")}));
  EXPECT_THAT(runner.run({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "string"}),
              AllOf(HasSubstr(bulk("get")), Not(HasSubstr(bulk("ping")))));
  EXPECT_EQ(runner.run({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "nonsense"}), array({}));
  EXPECT_EQ(runner.run({"COMMAND", "LIST", "FILTERBY", "MODULE", "json"}), array({}));
}

TEST(CommandList, RefusesWhatItDoesNotUnderstand) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"COMMAND", "LIST", "foo"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"COMMAND", "LIST", "FILTERBY"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"COMMAND", "LIST", "FILTERBY", "foo", "x"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"COMMAND", "LIST", "FILTERBY", "PATTERN", "x", "y"}), error("ERR syntax error"));
}

TEST(CommandGetKeys, AnswersTheKeys) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"COMMAND", "GETKEYS", "mset", "a", "1", "b", "2"}), array({bulk("a"), bulk("b")}));
  EXPECT_EQ(runner.run({"COMMAND", "GETKEYS", "SET", "k", "v"}), array({bulk("k")}));
}

TEST(CommandGetKeys, RefusesWhatHasNone) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"COMMAND", "GETKEYS", "get"}),
            error("ERR wrong number of arguments for 'command|getkeys' command"));
  EXPECT_EQ(runner.run({"COMMAND", "GETKEYS", "get", "a", "b"}),
            error("ERR Invalid number of arguments specified for command"));
  EXPECT_EQ(runner.run({"COMMAND", "GETKEYS", "foo", "a"}), error("ERR Invalid command specified"));
  EXPECT_EQ(runner.run({"COMMAND", "GETKEYS", "client", "foo"}), error("ERR Invalid command specified"));
  EXPECT_EQ(runner.run({"COMMAND", "GETKEYS", "client", "list"}), error("ERR The command has no key arguments"));
}

TEST(CommandHelp, IsAnArrayOfLines) {
  CommandRunner runner;
  EXPECT_THAT(runner.run({"COMMAND", "HELP"}), AllOf(StartsWith("*"), HasSubstr("\r\n+COMMAND <subcommand>")));
}

}  // namespace
}  // namespace larder
