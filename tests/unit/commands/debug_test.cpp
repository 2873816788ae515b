// DEBUG, and with its DELAY the whole way of a request that is answered later.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "commands/command_table.h"
#include "support/command_runner.h"

namespace larder {
namespace {

using test::bulk;
using test::CommandRunner;
using test::encode_request;
using test::error;
using test::integer;
using test::kNull;
using test::kOk;
using test::TestClient;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Debug, IsRefusedUnlessTheServerWasStartedWithIt) {
  CommandRunner runner({.debug_command = false});
  for (const std::string word : {"DELAY", "HELP", "nonsense"}) {
    EXPECT_THAT(runner.run({"DEBUG", word}), StartsWith("-ERR DEBUG command not allowed."));
  }
  EXPECT_THAT(runner.run({"DEBUG", "HELP"}), HasSubstr("--enable-debug-command"));
}

TEST(Debug, NamesWhatItDoesNotKnow) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DEBUG", "foo"}),
            error("ERR unknown subcommand or wrong number of arguments for 'foo'. Try DEBUG HELP."));
  EXPECT_EQ(runner.run({"DEBUG", "DELAY"}),
            error("ERR unknown subcommand or wrong number of arguments for 'DELAY'. Try DEBUG HELP."));
  EXPECT_EQ(runner.run({"DEBUG", "DELAY", "-1"}), error("ERR value is not an integer or out of range"));
}

TEST(Debug, SwitchesActiveExpiry) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}), kOk);
  runner.run({"SET", "k", "v", "PX", "10"});
  runner.advance_ms(20);
  runner.maintain();
  EXPECT_EQ(runner.store().stats().total.items, 1U);
  EXPECT_EQ(runner.run({"DEBUG", "SET-ACTIVE-EXPIRE", "1"}), kOk);
  runner.maintain();
  EXPECT_EQ(runner.store().stats().total.items, 0U);
  EXPECT_EQ(runner.run({"DEBUG", "SET-ACTIVE-EXPIRE", "2"}), error("ERR value is not an integer or out of range"));
}

TEST(Debug, TellsAboutAValueInTheWordsOfRedis) {
  CommandRunner runner;
  runner.run({"SET", "k", "12"});
  runner.advance_ms(3'000);
  const std::string text = runner.run({"DEBUG", "OBJECT", "k"});
  EXPECT_THAT(text, StartsWith("+Value at:0x0 refcount:1 encoding:int serializedlength:2 lru:"));
  EXPECT_THAT(text, HasSubstr(" lru_seconds_idle:3\r\n"));
}

TEST(Debug, SleepsOnOneConnection) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DEBUG", "SLEEP", "0.5"}), "");
  EXPECT_EQ(runner.new_client().run({"PING"}), "+PONG\r\n");
  runner.advance_ms(499);
  EXPECT_EQ(runner.client().take_output(), "");
  runner.advance_ms(1);
  EXPECT_EQ(runner.client().take_output(), kOk);
}

TEST(Wait, AnswersZeroWhenTheTimeIsOver) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"WAIT", "1", "200"}), "");
  runner.advance_ms(199);
  EXPECT_EQ(runner.client().take_output(), "");
  runner.advance_ms(1);
  EXPECT_EQ(runner.client().take_output(), integer(0));
  EXPECT_EQ(runner.run({"WAIT", "1", "0"}), "");
  runner.advance_ms(60'000);
  EXPECT_EQ(runner.client().take_output(), integer(0));
}

TEST(Pending, IsAnsweredWhenItsTimeHasCome) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DEBUG", "DELAY", "50", "late"}), "");
  EXPECT_TRUE(runner.client().session().parked());
  runner.advance_ms(49);
  EXPECT_EQ(runner.client().take_output(), "");
  runner.advance_ms(1);
  EXPECT_EQ(runner.client().take_output(), bulk("late"));
  EXPECT_FALSE(runner.client().session().parked());
}

TEST(Pending, KeepsTheOrderOfAPipeline) {
  CommandRunner runner;
  const std::string requests = encode_request({"ECHO", "1"}) + encode_request({"DEBUG", "DELAY", "10", "2"}) +
                               encode_request({"ECHO", "3"}) + encode_request({"DEBUG", "DELAY", "10", "4"}) +
                               encode_request({"ECHO", "5"});
  EXPECT_EQ(runner.send(requests), bulk("1"));
  EXPECT_EQ(runner.run({"ECHO", "6"}), "");
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), bulk("2") + bulk("3"));
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), bulk("4") + bulk("5") + bulk("6"));
}

TEST(Pending, ExecutesNothingBehindItTwice) {
  CommandRunner runner;
  EXPECT_EQ(runner.send("INCR n\r\nDEBUG DELAY 10\r\nINCR n\r\nINCR n\r\n"), integer(1));
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), std::string(kOk) + integer(2) + integer(3));
}

TEST(Pending, KeepsHalfARequestBehindIt) {
  const std::string tail = encode_request({"ECHO", "behind"});
  for (std::size_t split = 1; split < tail.size(); ++split) {
    CommandRunner runner;
    EXPECT_EQ(runner.send(encode_request({"DEBUG", "DELAY", "10"}) + tail.substr(0, split)), "");
    EXPECT_EQ(runner.send(tail.substr(split)), "");
    runner.advance_ms(10);
    EXPECT_EQ(runner.client().take_output(), std::string(kOk) + bulk("behind")) << "split at " << split;
  }
}

TEST(Pending, KeepsALargeArgumentBehindIt) {
  CommandRunner runner;
  const std::string value(100'000, 'v');
  EXPECT_EQ(runner.send(encode_request({"DEBUG", "DELAY", "10"}) + encode_request({"ECHO", value})), "");
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), std::string(kOk) + bulk(value));
}

TEST(Pending, AnswersRequestsThatCameInPieces) {
  CommandRunner runner;
  const std::string request = encode_request({"DEBUG", "DELAY", "10", "x"});
  EXPECT_EQ(runner.send(request.substr(0, 15)), "");
  EXPECT_EQ(runner.send(request.substr(15) + encode_request({"PING"})), "");
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), bulk("x") + "+PONG\r\n");
}

TEST(Pending, HoldsUpNobodyElse) {
  CommandRunner runner;
  TestClient& other = runner.new_client();
  EXPECT_EQ(runner.run({"DEBUG", "DELAY", "50"}), "");
  EXPECT_EQ(other.run({"PING"}), "+PONG\r\n");
  EXPECT_THAT(other.run({"CLIENT", "LIST"}), HasSubstr(" flags=b "));
  runner.advance_ms(50);
  EXPECT_THAT(other.run({"CLIENT", "LIST"}), Not(HasSubstr(" flags=b ")));
}

TEST(Pending, IsAnsweredByAnErrorAfterItsTimeLimit) {
  CommandRunner runner;
  EXPECT_EQ(runner.send("DEBUG DELAY 100 late 30\r\nPING\r\n"), "");
  runner.advance_ms(30);
  EXPECT_EQ(runner.client().take_output(), error("ERR the answer did not come within 30 ms") + "+PONG\r\n");
  runner.advance_ms(100);
  EXPECT_EQ(runner.client().take_output(), "") << "the late answer is dropped";
  EXPECT_EQ(runner.statistics().errors().at("ERR"), 1U);
  const auto totals = runner.statistics().command_totals(CommandTable::instance().find("debug").index);
  EXPECT_EQ(totals.calls, 1U);
  EXPECT_EQ(totals.failed, 1U);
}

TEST(Pending, NeverWaitsLongerThanTheLimitOfAll) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DEBUG", "DELAY", "9000000000"}), "");
  runner.advance_ms(limits::kPendingMsMax);
  EXPECT_THAT(runner.client().take_output(), StartsWith("-ERR the answer did not come within "));
}

TEST(Pending, DropsTheAnswerOfAnEarlierRequest) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DEBUG", "DELAY", "20", "first", "10"}), "");
  runner.advance_ms(10);
  EXPECT_THAT(runner.client().take_output(), StartsWith("-ERR"));
  EXPECT_EQ(runner.run({"DEBUG", "DELAY", "50", "second"}), "");
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), "") << "the first one's answer must not pass for the second's";
  runner.advance_ms(40);
  EXPECT_EQ(runner.client().take_output(), bulk("second"));
}

TEST(Pending, IsForgottenWhenItsClientGoesAway) {
  CommandRunner runner;
  TestClient& other = runner.new_client();
  EXPECT_EQ(other.run({"DEBUG", "DELAY", "10"}), "");
  other.disconnect();
  runner.advance_ms(100'000);
  EXPECT_EQ(runner.port().waiting(), 0U);
  EXPECT_EQ(runner.run({"PING"}), "+PONG\r\n");
}

TEST(Pending, IsClosedByClientKill) {
  CommandRunner runner;
  TestClient& other = runner.new_client();
  EXPECT_EQ(other.run({"DEBUG", "DELAY", "10"}), "");
  EXPECT_EQ(runner.run({"CLIENT", "KILL", "ID", "2"}), integer(1));
  runner.pump();
  EXPECT_TRUE(other.closed());
  runner.advance_ms(10);
  EXPECT_EQ(other.take_output(), "");
}

TEST(Pending, IsAnsweredByAnErrorWhenTheServerStops) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"DEBUG", "DELAY", "10"}), "");
  ReplyBuffer out;
  runner.client().session().abandon_parked(out);
  EXPECT_THAT(out.flatten(), StartsWith("-ERR the server stopped"));
  EXPECT_FALSE(runner.client().session().parked());
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), "");
}

TEST(Pending, IsAnsweredInTheVersionAndReplyModeOfTheClient) {
  CommandRunner runner;
  EXPECT_EQ(runner.send("CLIENT REPLY SKIP\r\nDEBUG DELAY 10 silent\r\nPING\r\n"), "");
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), "+PONG\r\n");
  runner.send("CLIENT REPLY OFF\r\nDEBUG DELAY 10 silent\r\n");
  runner.advance_ms(10);
  EXPECT_EQ(runner.client().take_output(), "");
  EXPECT_EQ(runner.run({"CLIENT", "REPLY", "ON"}), kOk);
}

}  // namespace
}  // namespace larder
