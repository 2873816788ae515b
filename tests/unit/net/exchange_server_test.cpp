// Short exchanges over sockets: whole requests in any pieces, and clients that do what they should not.
#include "larder/net/exchange_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/socket_client.h"

namespace larder::test {
namespace {

class ExchangeServerTest : public testing::Test {
 protected:
  void start(ExchangeOptions options = {}) {
    server = std::make_unique<ExchangeServer>(std::move(options), [this](std::string_view request, bool whole) {
      ++answered;
      if (!whole) return std::string("too large");
      return request.starts_with("large") ? std::string(large_bytes, 'x') : "[" + std::string(request) + "]";
    });
    const Result<std::uint16_t> bound = server->listen("127.0.0.1", 0);
    ASSERT_TRUE(bound.is_ok()) << bound.status().message();
    port = bound.value();
    server->start();
  }
  SocketClient connect() { return SocketClient::tcp(port); }
  std::string ask(const std::string& request) {
    SocketClient client = connect();
    client.send(request);
    return client.receive_until_close();
  }

  static constexpr std::size_t large_bytes = 32 << 20;  // more than sockets take
  std::atomic<int> answered{0};
  std::uint16_t port = 0;
  std::unique_ptr<ExchangeServer> server;
};

TEST_F(ExchangeServerTest, ARequestEndsWithItsEmptyLineHoweverItComes) {
  start();
  EXPECT_EQ(ask("a\r\nb\r\n\r\n"), "[a\r\nb\r\n\r\n]");
  SocketClient client = connect();
  for (const char byte : std::string("slow\r\n\r")) client.send({&byte, 1});
  EXPECT_EQ(client.receive_available(), "");
  client.send("\nand what follows it");
  EXPECT_EQ(client.receive_until_close(), "[slow\r\n\r\n]");
}

TEST_F(ExchangeServerTest, ALargeReplyArrivesWhole) {
  start();
  EXPECT_EQ(ask("large\r\n\r\n").size(), large_bytes);
}

TEST_F(ExchangeServerTest, WhatIsTooLargeIsSaidToBe) {
  start({.request_bytes_max = 1'000});
  EXPECT_EQ(ask(std::string(996, 'a') + "\r\n\r\n").size(), 1'002U);
  EXPECT_EQ(ask(std::string(997, 'a') + "\r\n\r\n"), "too large");
  EXPECT_EQ(ask(std::string(1 << 20, 'a')), "too large") << "what is unread must not turn the close into a reset";
}

TEST_F(ExchangeServerTest, SilentClientsKeepNobodyWaitingAndTheFirstMakesRoom) {
  start({.connections_max = 4, .time_max = std::chrono::minutes(10)});
  std::vector<SocketClient> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(connect());
  EXPECT_EQ(ask("q\r\n\r\n"), "[q\r\n\r\n]");
  EXPECT_EQ(silent[0].receive_until_close(), "");
  silent.back().send("late\r\n\r\n");
  EXPECT_EQ(silent.back().receive_until_close(), "[late\r\n\r\n]");
}

TEST_F(ExchangeServerTest, AClientThatDoesNotReadKeepsNobodyWaiting) {
  start({.time_max = std::chrono::minutes(10)});
  SocketClient slow = connect();
  slow.send("large\r\n\r\n");
  slow.receive(1);
  EXPECT_EQ(ask("q\r\n\r\n"), "[q\r\n\r\n]");
  EXPECT_EQ(slow.receive_until_close().size(), large_bytes - 1);
}

TEST_F(ExchangeServerTest, TimeIsLimitedForWhoIsSilentAndForWhoDoesNotRead) {
  start({.time_max = std::chrono::milliseconds(20)});
  SocketClient silent = connect();
  SocketClient half = connect();
  half.send("half a requ");
  EXPECT_EQ(silent.receive_until_close(), "");
  EXPECT_EQ(half.receive_until_close(), "");
  EXPECT_EQ(answered, 0);
}

TEST_F(ExchangeServerTest, StopEndsEveryConnection) {
  start({.time_max = std::chrono::minutes(10)});
  SocketClient silent = connect();
  EXPECT_EQ(ask("q\r\n\r\n"), "[q\r\n\r\n]");  // so that the silent one has been accepted
  server->stop();
  EXPECT_EQ(silent.receive_until_close(), "");
  EXPECT_FALSE(SocketClient::can_connect(port));
  server->stop();
}

TEST_F(ExchangeServerTest, APortInUseIsOneLine) {
  start();
  ExchangeServer second({}, [](std::string_view, bool) { return std::string(); });
  const Result<std::uint16_t> bound = second.listen("127.0.0.1", port);
  ASSERT_FALSE(bound.is_ok());
  EXPECT_NE(bound.status().message().find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

}  // namespace
}  // namespace larder::test
