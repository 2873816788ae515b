#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/command_runner.h"

namespace larder {
namespace {

using test::bulk;
using test::CommandRunner;
using test::error;
using test::kNull;
using test::kOk;
using test::TestClient;
using ::testing::StartsWith;

TEST(Ping, AnswersPongOrTheMessage) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"PING"}), "+PONG\r\n");
  EXPECT_EQ(runner.run({"PING", "hi"}), bulk("hi"));
  EXPECT_EQ(runner.run({"PING", "a", "b"}), error("ERR wrong number of arguments for 'ping' command"));
}

TEST(Echo, AnswersBinaryTextAsItIs) {
  CommandRunner runner;
  const std::string text("\0\xff\r\n", 4);
  EXPECT_EQ(runner.run({"ECHO", text}), bulk(text));
  EXPECT_EQ(runner.run({"ECHO", ""}), bulk(""));
}

TEST(Quit, AnswersOkAndClosesEvenBeforeLogin) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.run({"QUIT"}), kOk);
  EXPECT_TRUE(runner.client().closed());
}

TEST(Select, SeparatesDatabases) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"SET", "k", "zero"}), kOk);
  EXPECT_EQ(runner.run({"SELECT", "15"}), kOk);
  EXPECT_EQ(runner.run({"GET", "k"}), kNull);
  EXPECT_EQ(runner.run({"SELECT", "0"}), kOk);
  EXPECT_EQ(runner.run({"GET", "k"}), bulk("zero"));
}

TEST(Select, RefusesWhatIsNoDatabase) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"SELECT", "16"}), error("ERR DB index is out of range"));
  EXPECT_EQ(runner.run({"SELECT", "-1"}), error("ERR DB index is out of range"));
  EXPECT_EQ(runner.run({"SELECT", "abc"}), error("ERR value is not an integer or out of range"));
}

TEST(Auth, LogsInWithThePasswordAlone) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.run({"AUTH", "wrong"}), error("WRONGPASS invalid username-password pair or user is disabled."));
  EXPECT_THAT(runner.run({"PING"}), StartsWith("-NOAUTH"));
  EXPECT_EQ(runner.run({"AUTH", "secret"}), kOk);
  EXPECT_EQ(runner.run({"PING"}), "+PONG\r\n");
}

TEST(Auth, KnowsTheDefaultUserOnly) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.run({"AUTH", "somebody", "secret"}),
            error("WRONGPASS invalid username-password pair or user is disabled."));
  EXPECT_EQ(runner.run({"AUTH", "default", "secret"}), kOk);
  EXPECT_EQ(runner.run({"AUTH", "a", "b", "c"}), error("ERR syntax error"));
}

TEST(Auth, SaysThatThereIsNoPasswordToGive) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"AUTH", "x"}),
            error("ERR AUTH <password> called without any password configured for the default user. Are you sure your "
                  "configuration is correct?"));
  EXPECT_EQ(runner.run({"AUTH", "default", "x"}), kOk);
}

TEST(Auth, StaysLoggedInAfterAWrongPassword) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.run({"AUTH", "secret"}), kOk);
  EXPECT_THAT(runner.run({"AUTH", "wrong"}), StartsWith("-WRONGPASS"));
  EXPECT_EQ(runner.run({"PING"}), "+PONG\r\n");
}

std::string hello_fields(const std::string& proto) {
  return bulk("server") + bulk("redis") + bulk("version") + bulk("7.0.15") + bulk("proto") + ":" + proto + "\r\n" +
         bulk("id") + ":1\r\n" + bulk("mode") + bulk("standalone") + bulk("role") + bulk("master") + bulk("modules") +
         "*0\r\n";
}

TEST(Hello, AnswersAMapInTheChosenVersion) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"HELLO"}), "*14\r\n" + hello_fields("2"));
  EXPECT_EQ(runner.run({"HELLO", "3"}), "%7\r\n" + hello_fields("3"));
  EXPECT_EQ(runner.run({"HELLO"}), "%7\r\n" + hello_fields("3"));
  EXPECT_EQ(runner.run({"GET", "k"}), "_\r\n");
  EXPECT_EQ(runner.run({"HELLO", "2"}), "*14\r\n" + hello_fields("2"));
  EXPECT_EQ(runner.run({"GET", "k"}), kNull);
}

TEST(Hello, RefusesOtherVersions) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"HELLO", "4"}), error("NOPROTO unsupported protocol version"));
  EXPECT_EQ(runner.run({"HELLO", "1"}), error("NOPROTO unsupported protocol version"));
  EXPECT_EQ(runner.run({"HELLO", "x"}), error("ERR Protocol version is not an integer or out of range"));
}

TEST(Hello, RefusesUnknownAndUnfinishedOptions) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"HELLO", "2", "foo"}), error("ERR Syntax error in HELLO option 'foo'"));
  EXPECT_EQ(runner.run({"HELLO", "3", "auth", "a"}), error("ERR Syntax error in HELLO option 'auth'"));
  EXPECT_EQ(runner.run({"HELLO", "3", "setname"}), error("ERR Syntax error in HELLO option 'setname'"));
  EXPECT_EQ(runner.run({"GET", "k"}), kNull) << "an error leaves the version as it was";
}

TEST(Hello, LogsInAndNamesTheConnection) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.run({"HELLO", "3", "AUTH", "default", "secret", "SETNAME", "me"}), "%7\r\n" + hello_fields("3"));
  EXPECT_EQ(runner.run({"CLIENT", "GETNAME"}), bulk("me"));
}

TEST(Hello, WantsALogin) {
  CommandRunner runner({.password = "secret"});
  const std::string text =
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> "
      "option "
      "can be used to authenticate the client and select the RESP protocol version at the same time";
  EXPECT_EQ(runner.run({"HELLO", "3"}), error(text));
  EXPECT_EQ(runner.run({"HELLO"}), error(text));
  EXPECT_EQ(runner.run({"HELLO", "9"}), error("NOPROTO unsupported protocol version"));
  EXPECT_EQ(runner.run({"HELLO", "3", "AUTH", "default", "no"}),
            error("WRONGPASS invalid username-password pair or user is disabled."));
  EXPECT_EQ(runner.run({"PING"}), error("NOAUTH Authentication required."));
}

TEST(Hello, RefusesANameWithBlanksBeforeItChangesAnything) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"HELLO", "3", "SETNAME", "a b"}),
            error("ERR Client names cannot contain spaces, newlines or special characters."));
  EXPECT_EQ(runner.run({"GET", "k"}), kNull);
}

TEST(Reset, BringsBackTheConnectionAsItWas) {
  CommandRunner runner;
  runner.run({"HELLO", "3", "SETNAME", "me"});
  runner.run({"SET", "k", "v"});
  runner.run({"SELECT", "5"});
  EXPECT_EQ(runner.run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(runner.run({"GET", "k"}), bulk("v"));
  EXPECT_EQ(runner.run({"GET", "none"}), kNull);
  EXPECT_EQ(runner.run({"CLIENT", "GETNAME"}), kNull);
  EXPECT_EQ(runner.run({"RESET", "x"}), error("ERR wrong number of arguments for 'reset' command"));
}

TEST(Reset, LogsOut) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.run({"AUTH", "secret"}), kOk);
  EXPECT_EQ(runner.run({"RESET"}), "+RESET\r\n");
  EXPECT_THAT(runner.run({"PING"}), StartsWith("-NOAUTH"));
}

}  // namespace
}  // namespace larder
