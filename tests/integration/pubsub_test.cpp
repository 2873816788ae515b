// Messages between clients on several io threads, and a subscriber that does not take them.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "support/command_runner.h"
#include "support/eventually.h"
#include "support/test_server.h"

namespace larder::test {
namespace {

std::string message(const std::string& channel, const std::string& payload) {
  return array({bulk("message"), bulk(channel), bulk(payload)});
}

std::string subscribed(const std::string& channel) {
  return array({bulk("subscribe"), bulk(channel), integer(1)});
}

SocketClient subscriber(const TestServer& server, const std::string& channel, SocketClient::Options options = {}) {
  SocketClient client = SocketClient::tcp(server.port(), options);
  const std::string expected = subscribed(channel);
  EXPECT_EQ(client.exchange(encode_request({"SUBSCRIBE", channel}), expected), expected);
  return client;
}

TEST(PubSubOverSockets, EachPublishersMessagesArriveInOrderAtEachSubscriber) {
  constexpr int kPublishers = 3;
  constexpr int kMessages = 2'000;
  constexpr int kSubscribers = 100;
  const TestServer server(NamedValues{{"threads", "4"}});
  std::vector<SocketClient> subscribers;
  for (int i = 0; i < kSubscribers; ++i) subscribers.push_back(subscriber(server, "news"));
  std::vector<std::thread> publishers;
  for (int p = 0; p < kPublishers; ++p) {
    publishers.emplace_back([&server, p] {
      SocketClient client = server.connect();
      std::string requests;
      std::string replies;
      for (int i = 0; i < kMessages; ++i) {
        requests += encode_request({"PUBLISH", "news", std::to_string(p) + ":" + std::to_string(i)});
        replies += integer(kSubscribers);
      }
      EXPECT_EQ(client.exchange(requests, replies), replies);
    });
  }
  for (SocketClient& client : subscribers) {
    std::vector<int> next(kPublishers, 0);
    for (int i = 0; i < kPublishers * kMessages; ++i) {
      client.receive_until("news\r\n");
      client.receive_until("\r\n");
      const std::string payload = client.receive_until("\r\n");
      const std::size_t p = static_cast<std::size_t>(payload[0] - '0');
      ASSERT_EQ(std::stoi(payload.substr(2)), next.at(p)++) << payload;
    }
  }
  for (std::thread& publisher : publishers) publisher.join();
}

TEST(PubSubOverSockets, SubscriberThatStopsReadingIsDroppedAtItsLimit) {
  TestServer server(NamedValues{{"threads", "2"}, {"client-output-buffer-limit", "pubsub 1mb 0 0"}});
  SocketClient slow =
      subscriber(server, "news", {.time_limit = std::chrono::milliseconds(10'000), .receive_buffer_bytes = 4096});
  SocketClient quick = subscriber(server, "news");
  SocketClient publisher = server.connect();
  const std::string payload(10'000, 'x');
  const std::string expected = message("news", payload);
  const std::uint64_t used_before = server.server().store().used_bytes();
  int sent = 0;
  std::string receivers;
  for (; sent < 2'000 && receivers != integer(1); ++sent) {
    receivers = publisher.exchange(encode_request({"PUBLISH", "news", payload}), integer(2));
    ASSERT_EQ(quick.receive(expected.size()), expected);
  }
  EXPECT_EQ(receivers, integer(1)) << "still there after " << sent;
  EXPECT_EQ(server.server().store().used_bytes(), used_before);
  publisher.send(encode_request({"INFO", "stats"}));
  EXPECT_NE(publisher.receive_until("total_reads").find("client_output_buffer_limit_disconnections:1\r"),
            std::string::npos);
  slow.abort();
}

TEST(PubSubOverSockets, SubscriberThatReadsOnGetsAllThatWaited) {
  const TestServer server(NamedValues{{"threads", "2"}});
  SocketClient slow =
      subscriber(server, "news", {.time_limit = std::chrono::milliseconds(10'000), .receive_buffer_bytes = 4096});
  SocketClient publisher = server.connect();
  constexpr int kMessages = 1'000;
  std::string requests;
  std::string replies;
  std::string expected;
  for (int i = 0; i < kMessages; ++i) {
    const std::string payload = std::to_string(i) + std::string(10'000, 'z');
    requests += encode_request({"PUBLISH", "news", payload});
    replies += integer(1);
    expected += message("news", payload);
  }
  EXPECT_EQ(publisher.exchange(requests, replies), replies);
  EXPECT_EQ(slow.receive(expected.size()), expected);
  const std::string last = encode_request({"PUBLISH", "news", "last"});
  EXPECT_EQ(publisher.exchange(last, integer(1)), integer(1));
  EXPECT_EQ(slow.receive(message("news", "last").size()), message("news", "last"));
}

TEST(PubSubOverSockets, LargeMessagesReachEverySubscriber) {
  const TestServer server(NamedValues{{"threads", "3"}});
  std::vector<SocketClient> subscribers;
  for (int i = 0; i < 10; ++i) subscribers.push_back(subscriber(server, "news"));
  SocketClient publisher = server.connect();
  const std::string payload(1'000'000, 'y');
  const std::string expected = message("news", payload);
  publisher.exchange(encode_request({"PUBLISH", "news", payload}), integer(10));
  for (SocketClient& client : subscribers) EXPECT_EQ(client.receive(expected.size()), expected);
}

}  // namespace
}  // namespace larder::test
