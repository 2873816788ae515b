// CLIENT PAUSE, UNPAUSE and UNBLOCK.
#include <gtest/gtest.h>

#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

class PauseTest : public testing::Test {
 protected:
  CommandRunner runner_;
  TestClient& other_ = runner_.new_client();
};

TEST_F(PauseTest, HoldsCommandsUntilItsEndInTheirOrder) {
  EXPECT_EQ(runner_.run({"CLIENT", "PAUSE", "100"}), kOk);
  EXPECT_EQ(other_.send(encode_request({"SET", "k", "v"}) + encode_request({"GET", "k"}) + encode_request({"PING"})),
            "");
  EXPECT_TRUE(other_.session().parked());
  EXPECT_EQ(runner_.run({"PING"}), "") << "the one that asked for it waits too";
  runner_.advance_ms(99);
  EXPECT_EQ(other_.take_output(), "");
  runner_.advance_ms(1);
  EXPECT_EQ(other_.take_output(), std::string(kOk) + bulk("v") + "+PONG\r\n");
  EXPECT_EQ(runner_.client().take_output(), "+PONG\r\n");
  EXPECT_EQ(other_.run({"GET", "k"}), bulk("v"));
}

TEST_F(PauseTest, OfWritesLetsReadsPass) {
  runner_.run({"CLIENT", "PAUSE", "100", "WRITE"});
  EXPECT_EQ(other_.run({"GET", "k"}), kNull);
  EXPECT_EQ(other_.run({"PING"}), "+PONG\r\n");
  for (const std::vector<std::string>& write :
       {std::vector<std::string>{"DEL", "k"}, {"FLUSHALL"}, {"EXPIRE", "k", "1"}, {"MSETEX", "1", "k", "v"}}) {
    TestClient& client = runner_.new_client();
    EXPECT_EQ(client.run(write), "") << write[0];
    EXPECT_EQ(client.run({"GET", "k"}), "") << "behind it";
  }
}

TEST_F(PauseTest, EndsBeforeItsTime) {
  runner_.run({"CLIENT", "PAUSE", "9223372036854775807", "ALL"});
  EXPECT_EQ(other_.run({"SET", "k", "v"}), "");
  EXPECT_EQ(runner_.run({"CLIENT", "UNPAUSE"}), kOk);
  runner_.pump();
  EXPECT_EQ(other_.take_output(), kOk);
  EXPECT_EQ(runner_.run({"GET", "k"}), bulk("v"));
}

TEST_F(PauseTest, IsEndedByWhoLogsInMeanwhile) {
  runner_.run({"CLIENT", "PAUSE", "60000"});
  runner_.access().set_password("pw");
  TestClient& late = runner_.new_client();
  EXPECT_EQ(late.run({"CLIENT", "UNPAUSE"}), error("NOAUTH Authentication required."));
  EXPECT_EQ(late.run({"AUTH", "pw"}), kOk);
  EXPECT_EQ(late.run({"CLIENT", "UNPAUSE"}), kOk);
  EXPECT_EQ(late.run({"PING"}), "+PONG\r\n");
}

TEST_F(PauseTest, IsNeverMadeShorterOrLaxerByAnother) {
  runner_.run({"CLIENT", "PAUSE", "1000", "WRITE"});
  runner_.run({"CLIENT", "PAUSE", "10", "ALL"});
  EXPECT_EQ(other_.run({"GET", "k"}), "");
  runner_.advance_ms(500);
  EXPECT_EQ(other_.take_output(), "");
  runner_.run({"CLIENT", "PAUSE", "1000", "WRITE"});
  runner_.advance_ms(500);
  EXPECT_EQ(other_.take_output(), "") << "held again, for as long as the second";
  runner_.advance_ms(500);
  EXPECT_EQ(other_.take_output(), kNull);
}

TEST_F(PauseTest, LongerThanAnyTimerHoldsOn) {
  runner_.run({"CLIENT", "PAUSE", "200000"});
  EXPECT_EQ(other_.run({"PING"}), "");
  for (int i = 0; i < 199; ++i) runner_.advance_ms(1000);
  EXPECT_EQ(other_.take_output(), "");
  runner_.advance_ms(1000);
  EXPECT_EQ(other_.take_output(), "+PONG\r\n");
}

TEST_F(PauseTest, KeepsWhatARequestWasMadeOf) {
  const std::string large(100'000, 'x');
  const std::string request = encode_request({"MSET", "a", large, "b", "small", "c", std::string(300, 'y')});
  runner_.run({"CLIENT", "PAUSE", "100"});
  // In pieces, so that a part of it was consumed before the rest came.
  other_.send(request.substr(0, 40'000));
  other_.send(request.substr(40'000, 60'100));
  EXPECT_EQ(other_.send(request.substr(100'100)), "");
  EXPECT_EQ(other_.run({"ECHO", std::string(100, 'z')}), "");
  runner_.advance_ms(100);
  EXPECT_EQ(other_.take_output(), std::string(kOk) + bulk(std::string(100, 'z')));
  EXPECT_EQ(other_.run({"MGET", "a", "b", "c"}), array({bulk(large), bulk("small"), bulk(std::string(300, 'y'))}));
}

TEST_F(PauseTest, KeepsTheReplyModeOfWhatItHolds) {
  other_.run({"CLIENT", "REPLY", "SKIP"});
  runner_.run({"CLIENT", "PAUSE", "100"});
  EXPECT_EQ(other_.send(encode_request({"SET", "k", "v"}) + encode_request({"GET", "k"})), "");
  runner_.advance_ms(100);
  EXPECT_EQ(other_.take_output(), bulk("v"));
}

TEST_F(PauseTest, RefusedCommandsAreAnsweredAtOnce) {
  runner_.run({"CLIENT", "PAUSE", "100"});
  EXPECT_EQ(other_.run({"GET"}), error("ERR wrong number of arguments for 'get' command"));
}

TEST_F(PauseTest, AHeldClientIsBlockedAndCannotBeUnblocked) {
  runner_.run({"CLIENT", "PAUSE", "100", "WRITE"});
  other_.run({"SET", "k", "v"});
  const std::string line = runner_.run({"CLIENT", "LIST", "ID", "2"});
  EXPECT_NE(line.find(" flags=b "), std::string::npos);
  EXPECT_NE(line.find(" cmd=set "), std::string::npos);
  EXPECT_EQ(runner_.run({"CLIENT", "UNBLOCK", "2"}), integer(0));
  EXPECT_EQ(other_.take_output(), "");
}

TEST_F(PauseTest, AHeldClientMayBeKilled) {
  runner_.run({"CLIENT", "PAUSE", "100"});
  other_.run({"SET", "k", "v"});
  EXPECT_EQ(runner_.run({"CLIENT", "KILL", "ID", "2"}), integer(1));
  runner_.pump();
  EXPECT_TRUE(other_.closed());
  runner_.advance_ms(100);
  EXPECT_EQ(runner_.run({"EXISTS", "k"}), integer(0));
}

TEST_F(PauseTest, TheServersEndAnswersWhatIsHeld) {
  runner_.run({"CLIENT", "PAUSE", "100"});
  other_.run({"SET", "k", "v"});
  ReplyBuffer out;
  other_.session().abandon_parked(out);
  EXPECT_EQ(out.flatten(), error("ERR the server stopped before the answer came"));
  runner_.advance_ms(100);
  EXPECT_EQ(runner_.run({"EXISTS", "k"}), integer(0));
}

TEST_F(PauseTest, IsShownToMonitorsWhenItIsExecuted) {
  TestClient& monitor = runner_.new_client();
  monitor.run({"MONITOR"});
  runner_.run({"CLIENT", "PAUSE", "100"});
  other_.run({"SET", "k", "v"});
  runner_.pump();
  EXPECT_EQ(monitor.take_output(), "");
  runner_.advance_ms(100);
  EXPECT_NE(monitor.take_output().find("\"SET\" \"k\" \"v\""), std::string::npos);
}

TEST_F(PauseTest, OnAndOffAgainAndAgainLeavesOneTimer) {
  for (int i = 0; i < 100; ++i) {
    runner_.run({"CLIENT", "PAUSE", std::to_string(60'000 - i)});
    other_.run({"PING"});
    runner_.run({"CLIENT", "UNPAUSE"});
    runner_.pump();
    ASSERT_EQ(other_.take_output(), "+PONG\r\n");
  }
  EXPECT_EQ(runner_.port().waiting(), 1u);
}

TEST_F(PauseTest, WhatIsHeldCountsWithItsTableOfArguments) {
  constexpr std::size_t kKeys = 10'000;
  std::vector<std::string> request = {"EXISTS"};
  for (std::size_t i = 0; i < kKeys; ++i) request.emplace_back("k");
  const std::size_t before = other_.session().buffered_bytes();
  runner_.run({"CLIENT", "PAUSE", "100"});
  other_.run(request);
  EXPECT_GE(other_.session().buffered_bytes(), before + kKeys * (1 + sizeof(std::string_view)));
  runner_.advance_ms(100);
  EXPECT_EQ(other_.session().buffered_bytes(), before);
}

TEST_F(PauseTest, ClientListShowsTheLargeArgumentsThatItHolds) {
  runner_.run({"CLIENT", "PAUSE", "100"});
  other_.run({"SET", "k", std::string(300'000, 'v')});
  EXPECT_EQ(other_.session().held_body_bytes(), 300'000u);
  EXPECT_NE(runner_.run({"CLIENT", "LIST", "ID", "2"}).find(" argv-mem=300000 "), std::string::npos);
  runner_.advance_ms(100);
  EXPECT_EQ(other_.take_output(), kOk);
  EXPECT_NE(runner_.run({"CLIENT", "LIST", "ID", "2"}).find(" argv-mem=0 "), std::string::npos);
}

// --- UNBLOCK ---

TEST_F(PauseTest, UnblockEndsAWaitAsItsTimeWould) {
  for (const std::vector<std::string>& how : {std::vector<std::string>{}, {"TIMEOUT"}, {"timeout"}}) {
    EXPECT_EQ(other_.send(encode_request({"WAIT", "1", "1000"}) + encode_request({"PING"})), "");
    std::vector<std::string> request = {"CLIENT", "UNBLOCK", "2"};
    request.insert(request.end(), how.begin(), how.end());
    EXPECT_EQ(runner_.run(request), integer(1));
    EXPECT_EQ(runner_.run(request), integer(0)) << "once";
    runner_.pump();
    EXPECT_EQ(other_.take_output(), integer(0) + "+PONG\r\n");
  }
  runner_.advance_ms(2000);
  EXPECT_EQ(other_.take_output(), "") << "the end of the time is nothing to it any more";
}

TEST_F(PauseTest, UnblockEndsAWaitWithAnError) {
  other_.run({"WAIT", "1", "0"});
  EXPECT_EQ(runner_.run({"CLIENT", "UNBLOCK", "2", "ERROR"}), integer(1));
  runner_.pump();
  EXPECT_EQ(other_.take_output(), error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
}

TEST_F(PauseTest, UnblockComesTooLate) {
  other_.run({"WAIT", "1", "100"});
  runner_.advance_ms(100);
  EXPECT_EQ(other_.take_output(), integer(0));
  EXPECT_EQ(runner_.run({"CLIENT", "UNBLOCK", "2"}), integer(0));
}

// Whoever has said that the client is unblocked answers it.
TEST_F(PauseTest, UnblockThatWasPromisedWinsOverTheEndOfTheTime) {
  other_.run({"WAIT", "1", "100"});
  EXPECT_EQ(runner_.run({"CLIENT", "UNBLOCK", "2", "ERROR"}), integer(1));
  runner_.advance_ms(100);
  EXPECT_EQ(other_.take_output(), error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
}

TEST_F(PauseTest, UnblockLeavesOtherWaitsAlone) {
  other_.run({"DEBUG", "SLEEP", "0.1"});
  EXPECT_EQ(runner_.run({"CLIENT", "UNBLOCK", "2"}), integer(0));
  runner_.advance_ms(100);
  EXPECT_EQ(other_.take_output(), kOk);
}

}  // namespace
}  // namespace larder::test
