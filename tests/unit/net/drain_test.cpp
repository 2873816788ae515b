// The graceful end.
#include "unit/net/network_fixture.h"

namespace larder::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DrainTest : public NetworkTest, public testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override { start(GetParam()); }

  std::size_t timed_drain(milliseconds limit) {
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t cut = network->drain(limit);
    took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
    return cut;
  }

  milliseconds took{};
};

INSTANTIATE_TEST_SUITE_P(Threads, DrainTest, testing::Values(1U, 4U), testing::PrintToStringParamName());

TEST_P(DrainTest, WithoutConnectionsReturnsAtOnce) {
  EXPECT_EQ(timed_drain(seconds(20)), 0U);
  EXPECT_LT(took, seconds(10));
  EXPECT_FALSE(SocketClient::can_connect(port));
}

TEST_P(DrainTest, IdleClientsAreClosedAtOnce) {
  std::vector<SocketClient> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(connect());
    clients.back().exchange("PING\n", "+PONG\r\n");
  }
  EXPECT_EQ(timed_drain(seconds(20)), 0U);
  EXPECT_LT(took, seconds(10));
  for (SocketClient& client : clients) EXPECT_EQ(client.receive_until_close(), "");
}

TEST_P(DrainTest, WhatWasReceivedIsAnswered) {
  std::vector<SocketClient> clients;
  std::string requests;
  std::string replies;
  for (int i = 0; i < 5000; ++i) {
    requests += "ECHO " + std::to_string(i) + "\n";
    replies += std::to_string(i) + "\r\n";
  }
  for (int i = 0; i < 10; ++i) {
    clients.push_back(connect());
    clients.back().exchange("PING\n", "+PONG\r\n");
    clients.back().send(requests + "ECHO half");
  }
  EXPECT_EQ(timed_drain(seconds(20)), 0U);
  EXPECT_LT(took, seconds(10));
  for (SocketClient& client : clients) EXPECT_EQ(client.receive_until_close(), replies);
}

TEST_P(DrainTest, BodyThatWasReceivedIsExecutedAndHalfABodyIsNotAwaited) {
  SocketClient whole = connect();
  SocketClient half = connect();
  whole.exchange("PING\n", "+PONG\r\n");
  half.send("BODY 100000\nhalf");
  ASSERT_TRUE(eventually([&] { return handler.body_blocks == 1; }));
  whole.send("BODIES 100000\n" + std::string(100'000, 'b'));
  EXPECT_EQ(timed_drain(seconds(20)), 0U);
  EXPECT_LT(took, seconds(10));
  EXPECT_EQ(whole.receive_until_close(), "+BODIES 100000\r\n");
  EXPECT_EQ(half.receive_until_close(), "");
}

TEST_P(DrainTest, ParkedRequestIsAnsweredInTimeWithWhatFollowsIt) {
  SocketClient client = connect();
  client.send("PARKMS 50\nPING\n");
  handler.await_parked(1);
  EXPECT_EQ(timed_drain(seconds(20)), 0U);
  EXPECT_LT(took, seconds(10));
  EXPECT_EQ(client.receive_until_close(), "+LATE\r\n+PONG\r\n");
}

TEST_P(DrainTest, ParkedRequestIsAbandonedAtTheLimit) {
  SocketClient client = connect();
  client.send("PARK\nPING\n");
  handler.await_parked(1);
  EXPECT_EQ(timed_drain(milliseconds(50)), 0U);
  EXPECT_GE(took, milliseconds(50));
  EXPECT_LT(took, seconds(10));
  EXPECT_EQ(client.receive_until_close(), "-ABANDONED\r\n");
}

TEST_P(DrainTest, ParkedClientThatGoesAwayIsNotAwaited) {
  SocketClient client = connect();
  client.send("PARK\n");
  handler.await_parked(1);
  client.close();
  EXPECT_EQ(timed_drain(seconds(20)), 0U);
  EXPECT_LT(took, seconds(10));
}

TEST_P(DrainTest, ClientThatNeverReadsIsCutOffAtTheLimit) {
  SocketClient stuck = connect_slow_reader();
  stuck.send("BIG 32000000\n");
  SocketClient idle = connect();
  idle.exchange("PING\n", "+PONG\r\n");
  ASSERT_TRUE(eventually([&] { return handler.executed == 2; }));
  EXPECT_EQ(timed_drain(milliseconds(100)), 1U);
  EXPECT_LT(took, seconds(10));
}

TEST_P(DrainTest, SlowReaderThatFinishesInTimeGetsEverything) {
  SocketClient client = connect_slow_reader();
  client.send("BIG 8000000\n");
  ASSERT_TRUE(eventually([&] { return handler.executed == 1; }));
  std::string got;
  std::thread reader([&] { got = client.receive_until_close(); });
  EXPECT_EQ(timed_drain(seconds(20)), 0U);
  reader.join();
  EXPECT_EQ(got.size(), 8'000'001U);
}

TEST_P(DrainTest, ClientThatNeverStopsSendingDoesNotHoldItUp) {
  SocketClient client = connect();
  std::atomic<bool> stop{false};
  client.exchange("PING\n", "+PONG\r\n");
  std::thread sender([&] {
    while (!stop) {
      client.send_what_fits("PING\nPING\nPING\nPING\n");
      client.receive_available();
    }
  });
  timed_drain(seconds(20));
  EXPECT_LT(took, seconds(10));
  stop = true;
  sender.join();
}

TEST_P(DrainTest, DestructionWithoutDrainClosesEverything) {
  SocketClient parked = connect();
  parked.send("PARK\n");
  handler.await_parked(1);
  SocketClient idle = connect();
  idle.exchange("PING\n", "+PONG\r\n");
  network.reset();
  EXPECT_EQ(idle.receive_until_close(), "");
  EXPECT_EQ(parked.receive_until_close(), "-ABANDONED\r\n");
}

}  // namespace
}  // namespace larder::test
