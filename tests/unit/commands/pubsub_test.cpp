// Subscriptions and messages, several clients in one process.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/command_runner.h"

namespace larder::test {
namespace {

std::string pushed(const std::vector<std::string>& parts) {
  std::string bytes = ">" + std::to_string(parts.size()) + "\r\n";
  for (const std::string& part : parts) bytes += part;
  return bytes;
}

std::string message(const std::string& channel, const std::string& payload) {
  return array({bulk("message"), bulk(channel), bulk(payload)});
}

class PubSub : public ::testing::Test {
 protected:
  std::string published(const std::string& channel, const std::string& payload) {
    std::string reply = runner_.run({"PUBLISH", channel, payload});
    runner_.pump();
    return reply;
  }
  std::string info_field(const std::string& name) {
    const std::string info = runner_.run({"INFO", "everything"});
    const std::size_t at = info.find("\n" + name + ":");
    if (at == std::string::npos) return "not there";
    const std::size_t begin = at + name.size() + 2;
    return info.substr(begin, info.find('\r', begin) - begin);
  }

  CommandRunner runner_;
  TestClient& listener_ = runner_.new_client();
};

TEST_F(PubSub, SubscriberGetsTheMessagesOfItsChannelsInOrder) {
  EXPECT_EQ(listener_.run({"SUBSCRIBE", "a", "b", "a"}), array({bulk("subscribe"), bulk("a"), integer(1)}) +
                                                             array({bulk("subscribe"), bulk("b"), integer(2)}) +
                                                             array({bulk("subscribe"), bulk("a"), integer(2)}));
  EXPECT_EQ(published("a", "1"), integer(1));
  EXPECT_EQ(published("c", "2"), integer(0));
  EXPECT_EQ(published("b", "3"), integer(1));
  EXPECT_EQ(listener_.take_output(), message("a", "1") + message("b", "3"));
}

TEST_F(PubSub, MessagesThatCameTogetherWakeTheSubscriberOnce) {
  listener_.run({"SUBSCRIBE", "a"});
  for (const char* payload : {"1", "2", "3"}) runner_.run({"PUBLISH", "a", payload});
  EXPECT_EQ(runner_.port().waiting(), 1U);
  runner_.pump();
  EXPECT_EQ(listener_.take_output(), message("a", "1") + message("a", "2") + message("a", "3"));
  runner_.run({"PUBLISH", "a", "4"});
  EXPECT_EQ(runner_.port().waiting(), 1U);
}

TEST_F(PubSub, PatternsMatchChannelsAndCountAsReceivers) {
  listener_.run({"SUBSCRIBE", "news"});
  EXPECT_EQ(listener_.run({"PSUBSCRIBE", "n*", "x*"}),
            array({bulk("psubscribe"), bulk("n*"), integer(2)}) + array({bulk("psubscribe"), bulk("x*"), integer(3)}));
  EXPECT_EQ(published("news", "hi"), integer(2));
  EXPECT_EQ(listener_.take_output(),
            message("news", "hi") + array({bulk("pmessage"), bulk("n*"), bulk("news"), bulk("hi")}));
  EXPECT_EQ(runner_.run({"PUBSUB", "NUMPAT"}), integer(2));
}

TEST_F(PubSub, ShardChannelsAreApart) {
  EXPECT_EQ(listener_.run({"SSUBSCRIBE", "a"}), array({bulk("ssubscribe"), bulk("a"), integer(1)}));
  EXPECT_EQ(published("a", "1"), integer(0));
  EXPECT_EQ(runner_.run({"SPUBLISH", "a", "2"}), integer(1));
  runner_.pump();
  EXPECT_EQ(listener_.take_output(), array({bulk("smessage"), bulk("a"), bulk("2")}));
  EXPECT_EQ(runner_.run({"PUBSUB", "SHARDCHANNELS"}), array({bulk("a")}));
  EXPECT_EQ(runner_.run({"PUBSUB", "SHARDNUMSUB", "a", "b"}), array({bulk("a"), integer(1), bulk("b"), integer(0)}));
  EXPECT_EQ(runner_.run({"PUBSUB", "CHANNELS"}), array({}));
}

TEST_F(PubSub, NothingArrivesBehindTheConfirmationOfUnsubscribe) {
  listener_.run({"SUBSCRIBE", "a", "b"});
  runner_.run({"PUBLISH", "a", "before"});
  EXPECT_EQ(listener_.run({"UNSUBSCRIBE", "a"}),
            message("a", "before") + array({bulk("unsubscribe"), bulk("a"), integer(1)}));
  EXPECT_EQ(published("a", "after"), integer(0));
  EXPECT_EQ(listener_.take_output(), "");
  EXPECT_EQ(listener_.run({"UNSUBSCRIBE"}), array({bulk("unsubscribe"), bulk("b"), integer(0)}));
  EXPECT_EQ(listener_.run({"UNSUBSCRIBE"}), array({bulk("unsubscribe"), std::string(kNull), integer(0)}));
}

TEST_F(PubSub, InResp2ASubscriberMayDoLittleElse) {
  listener_.run({"SUBSCRIBE", "a"});
  EXPECT_EQ(listener_.run({"GET", "k"}),
            error("ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
                  "in this context"));
  EXPECT_EQ(listener_.run({"PING"}), array({bulk("pong"), bulk("")}));
  EXPECT_EQ(listener_.run({"PING", "x"}), array({bulk("pong"), bulk("x")}));
  listener_.run({"UNSUBSCRIBE"});
  EXPECT_EQ(listener_.run({"GET", "k"}), kNull);
}

TEST_F(PubSub, InResp3MessagesArePushesAndEveryCommandMayBeUsed) {
  listener_.run({"HELLO", "3"});
  EXPECT_EQ(listener_.run({"SUBSCRIBE", "a"}), pushed({bulk("subscribe"), bulk("a"), integer(1)}));
  EXPECT_EQ(listener_.run({"SET", "k", "v"}), kOk);
  EXPECT_EQ(listener_.run({"PING"}), "+PONG\r\n");
  EXPECT_EQ(listener_.run({"PUBLISH", "a", "self"}), pushed({bulk("message"), bulk("a"), bulk("self")}) + integer(1));
}

TEST_F(PubSub, PushesPassWhereRepliesAreSwitchedOff) {
  listener_.run({"HELLO", "3"});
  listener_.run({"CLIENT", "REPLY", "OFF"});
  EXPECT_EQ(listener_.run({"SUBSCRIBE", "a"}), pushed({bulk("subscribe"), bulk("a"), integer(1)}));
  published("a", "1");
  EXPECT_EQ(listener_.take_output(), pushed({bulk("message"), bulk("a"), bulk("1")}));
  EXPECT_EQ(listener_.run({"PUBLISH", "a", "2"}), pushed({bulk("message"), bulk("a"), bulk("2")}));
  EXPECT_EQ(listener_.run({"GET", "k"}), "");
}

TEST_F(PubSub, ResetAndClosingEndTheSubscriptions) {
  TestClient& other = runner_.new_client();
  listener_.run({"SUBSCRIBE", "a"});
  other.run({"SUBSCRIBE", "a", "b"});
  EXPECT_EQ(listener_.run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(listener_.run({"PING"}), "+PONG\r\n");
  EXPECT_EQ(published("a", "1"), integer(1));
  other.disconnect();
  EXPECT_EQ(published("a", "1"), integer(0));
  EXPECT_EQ(runner_.run({"PUBSUB", "CHANNELS"}), array({}));
  EXPECT_EQ(info_field("pubsub_channels"), "0");
  EXPECT_EQ(info_field("subscriptions_bytes"), "0");
  EXPECT_EQ(info_field("queued_push_bytes"), "0");
}

TEST_F(PubSub, ResetWithRepliesOffLeavesNothingToTheNextRequests) {
  listener_.run({"UNSUBSCRIBE"});
  std::string pings;
  for (int i = 0; i < 30; ++i) pings += "PING\r\n";
  listener_.send(pings + "CLIENT REPLY OFF\r\nRESET\r\n");
  EXPECT_EQ(listener_.send("CLIENT REPLY OFF\r\n"), "");
  EXPECT_EQ(listener_.send("CLIENT REPLY ON\r\nPING\r\n"), "+OK\r\n+PONG\r\n");
}

TEST_F(PubSub, ClientListTellsOfSubscribers) {
  listener_.run({"SUBSCRIBE", "a", "b"});
  listener_.run({"PSUBSCRIBE", "c"});
  listener_.run({"SSUBSCRIBE", "d"});
  const std::string list = runner_.run({"CLIENT", "LIST", "TYPE", "pubsub"});
  EXPECT_NE(list.find("flags=P "), std::string::npos) << list;
  EXPECT_NE(list.find("sub=2 psub=1 ssub=1 "), std::string::npos) << list;
  EXPECT_EQ(list.find("sub=0"), std::string::npos) << list;
  EXPECT_EQ(runner_.run({"CLIENT", "LIST", "TYPE", "normal"}).find("flags=P"), std::string::npos);
  EXPECT_EQ(runner_.run({"CLIENT", "KILL", "TYPE", "pubsub"}), integer(1));
  runner_.pump();
  EXPECT_TRUE(listener_.closed());
  EXPECT_EQ(published("a", "1"), integer(0));
}

TEST_F(PubSub, ClientListTellsWhatWaitsForASubscriber) {
  listener_.run({"SUBSCRIBE", "a"});
  for (int i = 0; i < 10; ++i) runner_.run({"PUBLISH", "a", std::string(1'000, 'x')});
  const std::string list = runner_.run({"CLIENT", "LIST", "TYPE", "pubsub"});
  const std::size_t at = list.find(" omem=");
  ASSERT_NE(at, std::string::npos) << list;
  EXPECT_GE(std::stoi(list.substr(at + 6)), 10'000);
  runner_.pump();
  EXPECT_NE(runner_.run({"CLIENT", "LIST", "TYPE", "pubsub"}).find(" omem=0 "), std::string::npos);
}

TEST_F(PubSub, SubscriberIsNotClosedForIdleness) {
  EXPECT_TRUE(listener_.session().may_idle_out());
  listener_.run({"SUBSCRIBE", "a"});
  EXPECT_FALSE(listener_.session().may_idle_out());
  listener_.run({"UNSUBSCRIBE", "a"});
  EXPECT_TRUE(listener_.session().may_idle_out());
}

TEST_F(PubSub, LargePayloadIsSharedByItsSubscribers) {
  TestClient& other = runner_.new_client();
  listener_.run({"SUBSCRIBE", "a"});
  other.run({"SUBSCRIBE", "a"});
  const std::string large(200'000, 'x');
  EXPECT_EQ(published("a", large), integer(2));
  EXPECT_EQ(listener_.take_output(), message("a", large));
  EXPECT_EQ(other.take_output(), message("a", large));
}

TEST_F(PubSub, SubscriberThatTakesNothingIsBeyondItsLimit) {
  ASSERT_TRUE(runner_.service().set_output_limits("pubsub 10000 5000 2").is_ok());
  listener_.run({"SUBSCRIBE", "a"});
  RequestSession& session = listener_.session();
  EXPECT_TRUE(session.output_within_limits(9'000, 1'000)) << "the soft limit has its time";
  EXPECT_TRUE(session.output_within_limits(9'000, 3'000));
  EXPECT_FALSE(session.output_within_limits(9'000, 4'000));
  EXPECT_TRUE(session.output_within_limits(0, 5'000));
  EXPECT_FALSE(session.output_within_limits(10'000, 5'001));
  for (int i = 0; i < 100; ++i) runner_.run({"PUBLISH", "a", std::string(1'000, 'x')});
  EXPECT_EQ(info_field("queued_push_bytes"), "0") << "what was too much is dropped at once";
  EXPECT_FALSE(session.output_within_limits(0, 6'000));
}

TEST_F(PubSub, LimitsOfAnotherClassLeaveASubscriberAlone) {
  ASSERT_TRUE(runner_.service().set_output_limits("normal 1000 0 0").is_ok());
  EXPECT_FALSE(runner_.client().session().output_within_limits(1'000, 1));
  listener_.run({"SUBSCRIBE", "a"});
  EXPECT_TRUE(listener_.session().output_within_limits(1'000, 1));
}

TEST_F(PubSub, WrongRequestsAreRefusedAsRedisRefusesThem) {
  EXPECT_EQ(runner_.run({"SUBSCRIBE"}), error("ERR wrong number of arguments for 'subscribe' command"));
  EXPECT_EQ(runner_.run({"PUBSUB", "FOO"}), error("ERR unknown subcommand 'FOO'. Try PUBSUB HELP."));
  EXPECT_EQ(runner_.run({"PUBSUB", "CHANNELS", "a", "b"}),
            error("ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP."));
  EXPECT_EQ(runner_.run({"SUBSCRIBE", std::string(65'536, 'x')}),
            error("ERR channel name is too long (at most 65535 bytes)"));
}

}  // namespace
}  // namespace larder::test
