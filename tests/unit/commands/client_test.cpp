#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/command_runner.h"

namespace larder {
namespace {

using test::bulk;
using test::CommandRunner;
using test::error;
using test::integer;
using test::kNull;
using test::kOk;
using test::TestClient;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The text of a bulk string reply.
std::string text_of(const std::string& reply) {
  const std::size_t begin = reply.find("\r\n") + 2;
  return reply.substr(begin, reply.size() - begin - 2);
}

TEST(ClientId, IsTheConnections) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CLIENT", "ID"}), integer(1));
  EXPECT_EQ(runner.new_client().run({"client", "id"}), integer(2));
}

TEST(ClientName, IsKeptAndTakenBack) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CLIENT", "GETNAME"}), kNull);
  EXPECT_EQ(runner.run({"CLIENT", "SETNAME", "worker-1"}), kOk);
  EXPECT_EQ(runner.run({"CLIENT", "GETNAME"}), bulk("worker-1"));
  EXPECT_EQ(runner.run({"CLIENT", "SETNAME", ""}), kOk);
  EXPECT_EQ(runner.run({"CLIENT", "GETNAME"}), kNull);
}

TEST(ClientName, HasNoBlanksOrControlBytes) {
  CommandRunner runner;
  for (const std::string name : {"a b", "a\nb", "\x7f", "\xc3\xa4"}) {
    EXPECT_EQ(runner.run({"CLIENT", "SETNAME", name}),
              error("ERR Client names cannot contain spaces, newlines or special characters."));
  }
}

TEST(ClientInfo, ShowsEveryFieldInRedisOrder) {
  CommandRunner runner;
  runner.run({"CLIENT", "SETNAME", "me"});
  runner.run({"CLIENT", "SETINFO", "LIB-NAME", "libx"});
  runner.run({"CLIENT", "SETINFO", "lib-ver", "1.2"});
  runner.run({"SELECT", "3"});
  runner.advance_ms(2500);
  EXPECT_THAT(
      text_of(runner.run({"CLIENT", "INFO"})),
      ::testing::MatchesRegex(
          "id=1 addr=127.0.0.1:50000 laddr=127.0.0.1:6379 fd=8 name=me age=2 idle=0 flags=N db=3 sub=0 psub=0 ssub=0 "
          "multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=[0-9]+ events=r "
          "cmd=client\\|info user=default redir=-1 resp=2 lib-name=libx lib-ver=1.2\n"));
}

TEST(ClientInfo, IsVerbatimTextInResp3) {
  CommandRunner runner;
  runner.run({"HELLO", "3"});
  EXPECT_THAT(runner.run({"CLIENT", "INFO"}),
              AllOf(StartsWith("="), HasSubstr("\r\ntxt:id=1 "), HasSubstr(" resp=3 ")));
}

TEST(ClientSetInfo, RefusesOtherOptionsAndBlanks) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CLIENT", "SETINFO", "foo", "x"}), error("ERR Unrecognized option 'foo'"));
  EXPECT_EQ(runner.run({"CLIENT", "SETINFO", "lib-name", "a b"}),
            error("ERR lib-name cannot contain spaces, newlines or special characters."));
}

TEST(ClientList, ShowsAllClientsInTheOrderOfTheirIds) {
  CommandRunner runner;
  TestClient& second = runner.new_client({.peer_address = "127.0.0.1:50001"});
  second.run({"GET", "k"});
  runner.advance_ms(4000);
  const std::string list = text_of(runner.run({"CLIENT", "LIST"}));
  EXPECT_THAT(list, StartsWith("id=1 "));
  EXPECT_THAT(list, HasSubstr("\nid=2 addr=127.0.0.1:50001 "));
  EXPECT_THAT(list, AllOf(HasSubstr(" age=4 idle=4 "), HasSubstr(" cmd=get ")));
  second.disconnect();
  EXPECT_THAT(text_of(runner.run({"CLIENT", "LIST"})), Not(HasSubstr("id=2 ")));
}

TEST(ClientList, ShowsAClientThatHasSaidNothing) {
  CommandRunner runner;
  runner.new_client();
  EXPECT_THAT(runner.run({"CLIENT", "LIST"}), HasSubstr(" cmd=NULL "));
}

TEST(ClientList, FiltersByIdAndType) {
  CommandRunner runner;
  runner.new_client();
  runner.new_client();
  const std::string some = text_of(runner.run({"CLIENT", "LIST", "ID", "3", "1", "99"}));
  EXPECT_THAT(some, AllOf(StartsWith("id=3 "), HasSubstr("\nid=1 "), Not(HasSubstr("id=2 "))));
  EXPECT_THAT(runner.run({"CLIENT", "LIST", "TYPE", "normal"}), HasSubstr("id=2 "));
  for (const std::string type : {"master", "replica", "slave", "pubsub"}) {
    EXPECT_EQ(runner.run({"CLIENT", "LIST", "TYPE", type}), bulk(""));
  }
}

TEST(ClientList, RefusesWhatItDoesNotUnderstand) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CLIENT", "LIST", "x"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"CLIENT", "LIST", "ID"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"CLIENT", "LIST", "ID", "x"}), error("ERR Invalid client ID"));
  EXPECT_EQ(runner.run({"CLIENT", "LIST", "TYPE", "foo"}), error("ERR Unknown client type 'foo'"));
  EXPECT_EQ(runner.run({"CLIENT", "LIST", "TYPE", "normal", "x"}), error("ERR syntax error"));
}

TEST(ClientKill, ClosesTheClientOfAnAddress) {
  CommandRunner runner;
  TestClient& other = runner.new_client({.peer_address = "127.0.0.1:50001"});
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "127.0.0.1:50001"}), kOk);
  runner.pump();
  EXPECT_TRUE(other.closed());
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "127.0.0.1:50001"}), error("ERR No such client"));
}

TEST(ClientKill, AnswersTheNumberClosedAndSparesItselfByDefault) {
  CommandRunner runner;
  TestClient& second = runner.new_client();
  TestClient& third = runner.new_client();
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "TYPE", "normal"}), integer(2));
  runner.pump();
  EXPECT_TRUE(second.closed());
  EXPECT_TRUE(third.closed());
  EXPECT_FALSE(runner.client().closed());
}

TEST(ClientKill, TheOthersAreHungUpBeforeItIsAnswered) {
  CommandRunner runner;
  const std::uint64_t second = runner.new_client().id();
  const std::uint64_t third = runner.new_client().id();
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"}), integer(3));
  EXPECT_EQ(runner.port().hung_up(), (std::vector{second, third}));
}

TEST(ClientKill, AnswersBeforeItClosesItself) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "ID", "1", "SKIPME", "no"}), integer(1));
  EXPECT_TRUE(runner.client().closed());
}

TEST(ClientKill, CombinesFilters) {
  CommandRunner runner;
  TestClient& second = runner.new_client({.peer_address = "127.0.0.1:50001"});
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "ID", "2", "ADDR", "127.0.0.1:1"}), integer(0));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "LADDR", "10.0.0.1:1"}), integer(0));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "TYPE", "replica"}), integer(0));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "ID", "2", "LADDR", "127.0.0.1:6379", "USER", "default"}), integer(1));
  runner.pump();
  EXPECT_TRUE(second.closed());
}

TEST(ClientKill, ReadsEveryOptionBeforeItClosesAnyone) {
  CommandRunner runner;
  TestClient& second = runner.new_client();
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "ID", "2", "SKIPME", "maybe"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "ID", "2", "TYPE"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "ID", "x"}), error("ERR client-id should be greater than 0"));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "ID", "0"}), error("ERR client-id should be greater than 0"));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "TYPE", "foo"}), error("ERR Unknown client type 'foo'"));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "USER", "x"}), error("ERR No such user 'x'"));
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "foo", "bar"}), error("ERR syntax error"));
  runner.pump();
  EXPECT_FALSE(second.closed());
}

TEST(ClientFlags, ShowNoEvictAndNoTouch) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CLIENT", "NO-EVICT", "on"}), kOk);
  EXPECT_EQ(runner.run({"CLIENT", "NO-TOUCH", "ON"}), kOk);
  EXPECT_THAT(runner.run({"CLIENT", "INFO"}), HasSubstr(" flags=eT "));
  EXPECT_EQ(runner.run({"CLIENT", "NO-EVICT", "off"}), kOk);
  EXPECT_EQ(runner.run({"CLIENT", "NO-TOUCH", "off"}), kOk);
  EXPECT_THAT(runner.run({"CLIENT", "INFO"}), HasSubstr(" flags=N "));
  EXPECT_EQ(runner.run({"CLIENT", "NO-EVICT", "foo"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"CLIENT", "NO-TOUCH", "foo"}), error("ERR syntax error"));
}

TEST(ClientNoTouch, LeavesTheEvictionOrderAsItIs) {
  CommandRunner runner({.maxitems = 2});
  runner.run({"CLIENT", "NO-TOUCH", "ON"});
  runner.run({"SET", "a", "1"});
  runner.run({"SET", "b", "2"});
  EXPECT_EQ(runner.run({"GET", "a"}), bulk("1"));
  runner.run({"SET", "c", "3"});
  EXPECT_EQ(runner.run({"GET", "a"}), kNull) << "the read did not save it";
  EXPECT_EQ(runner.run({"GET", "b"}), bulk("2"));
}

TEST(ClientReply, OffSilencesEverythingUntilOn) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CLIENT", "REPLY", "OFF"}), "");
  EXPECT_EQ(runner.run({"PING"}), "");
  EXPECT_EQ(runner.run({"nonsense"}), "");
  EXPECT_EQ(runner.run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(runner.run({"PING"}), "");
  EXPECT_EQ(runner.run({"PING"}), "") << "SKIP does not end OFF";
  EXPECT_EQ(runner.run({"CLIENT", "REPLY", "ON"}), kOk);
  EXPECT_EQ(runner.run({"PING"}), "+PONG\r\n");
}

TEST(ClientReply, SkipSilencesTheNextRequestOnly) {
  CommandRunner runner;
  EXPECT_EQ(runner.send("CLIENT REPLY SKIP\r\nPING 1\r\nPING 2\r\n"), bulk("2"));
  EXPECT_EQ(runner.send("CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING 2\r\n"), std::string(kOk) + bulk("2"));
}

TEST(ClientReply, CountsErrorsThatNobodySees) {
  CommandRunner runner;
  runner.run({"CLIENT", "REPLY", "OFF"});
  runner.run({"nonsense"});
  EXPECT_EQ(runner.statistics().errors().at("ERR"), 1U);
}

TEST(ClientReply, RefusesOtherModes) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"CLIENT", "REPLY", "foo"}), error("ERR syntax error"));
}

TEST(ClientHelp, IsAnArrayOfLines) {
  CommandRunner runner;
  EXPECT_THAT(runner.run({"CLIENT", "HELP"}), AllOf(StartsWith("*"), HasSubstr("\r\n+CLIENT <subcommand>"),
                                                    HasSubstr("\r\n+SETNAME <name>\r\n"), HasSubstr("\r\n+HELP\r\n")));
}

}  // namespace
}  // namespace larder
