// What a client may not do to the server: never read, never finish, hold memory, come in hordes.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "larder/base/limits.h"
#include "unit/net/network_fixture.h"

namespace larder::test {
namespace {

using std::chrono::milliseconds;

class LimitsTest : public NetworkTest {
 protected:
  // Each piece is sent once the one before was received: less than the low-water mark is received only as time passes.
  void send_body_slowly(int pieces) {
    const std::string head = "BODY 400000\n";
    SocketClient client = connect();
    client.send(head + std::string(100'000, 'a'));
    std::size_t sent = 100'000;
    for (; pieces > 0; --pieces, sent += 1'000) {
      ASSERT_TRUE(eventually([&] { return received_bytes() == head.size() + sent; })) << sent;
      client.send(std::string(1'000, 'a'));
    }
    client.send(std::string(400'000 - sent, 'a') + "PING\n");
    EXPECT_EQ(client.receive_until("+PONG\r\n").substr(0, 12), "+BODY 400000");
  }
};

TEST_F(LimitsTest, ClientThatNeverReadsIsNotReadFromAndLosesNothing) {
  constexpr std::size_t kLine = 10'000;
  settings.output_soft_bytes = 256 * 1024;
  start();
  const std::string line = "ECHO " + std::string(kLine - 6, 'e') + "\n";
  std::string all;
  for (int i = 0; i < 6'000; ++i) all += line;
  SocketClient client = connect_slow_reader();
  SocketClient other = connect();
  std::size_t sent = client.send_what_fits(all);
  // The server stops reading, so at some time nothing more can be sent.
  const auto stuck = [&] {
    const std::size_t more = client.send_what_fits(std::string_view(all).substr(sent));
    sent += more;
    return more == 0;
  };
  int stuck_times = 0;
  ASSERT_TRUE(eventually([&] { return (stuck_times = stuck() ? stuck_times + 1 : 0) == 100; }));
  ASSERT_LT(sent, all.size()) << "there was no backpressure";
  EXPECT_LT(handler.connections().at(0).gauges->unsent_bytes, settings.output_soft_bytes + 2 * kLine);
  EXPECT_EQ(other.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");

  all.resize((sent / kLine + 1) * kLine);
  const std::size_t lines = all.size() / kLine;
  std::string rest = all.substr(sent);
  std::size_t replies = 0;
  const std::string reply = std::string(kLine - 6, 'e') + "\r\n";
  for (; replies + 1 < lines; ++replies) ASSERT_EQ(client.receive(reply.size()), reply);
  EXPECT_EQ(client.exchange(rest, reply), reply);
  EXPECT_EQ(counters->closed_output_limit.get(), 0U);
}

TEST_F(LimitsTest, ClientThatTakesNoOutputIsClosedAfterTheTimeLimit) {
  settings.output_stall_ms = 100;
  start();
  SocketClient client = connect_slow_reader();
  client.send("BIG 32000000\n");
  EXPECT_TRUE(eventually([&] { return counters->closed_output_limit.get() == 1; }));
  EXPECT_TRUE(await_no_connections());
}

TEST_F(LimitsTest, WhoeverKeepsBlocksWithoutTakingThemHasLessTimeWhereMemoryIsShort) {
  constexpr std::chrono::minutes kLoadedMachine{2};
  handler.hurry = true;
  settings.output_stall_ms = 10 * 60'000;
  settings.pinned_stall_ms = 100;
  start();
  SocketClient bytes = connect_slow_reader();
  bytes.send("BIG 8000000\n");
  ASSERT_TRUE(eventually([&] { return handler.executed == 1; }, kLoadedMachine));
  SocketClient block = connect_slow_reader();
  block.send("BLOB 8000000\n");
  EXPECT_TRUE(eventually([&] { return counters->closed_output_limit.get() == 1; }, kLoadedMachine));
  EXPECT_TRUE(eventually([&] { return counters->connections_now.get() == 1; }, kLoadedMachine));
  EXPECT_EQ(bytes.receive(10), "xxxxxxxxxx");
}

TEST_F(LimitsTest, OutputBeyondTheHardLimitClosesAtOnce) {
  settings.output_hard_bytes = 8'000'000;
  start();
  SocketClient client = connect_slow_reader();
  client.send("BIG 32000000\n");
  EXPECT_TRUE(eventually([&] { return counters->closed_output_limit.get() == 1; }));
  EXPECT_TRUE(await_no_connections());
}

TEST_F(LimitsTest, IdleConnectionIsClosedAndAParkedOneIsNot) {
  settings.idle_timeout_s = 1;
  start();
  SocketClient parked = connect();
  parked.send("PARK\n");
  const ConnectionRef ref = handler.await_parked(1).at(0);
  SocketClient idle = connect();
  EXPECT_EQ(idle.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  EXPECT_EQ(idle.receive_until_close(), "");
  EXPECT_EQ(counters->closed_idle.get(), 1U);
  handler.answer(ref, "+ANSWER\r\n");
  EXPECT_EQ(parked.receive(9), "+ANSWER\r\n");
}

TEST_F(LimitsTest, HalfARequestThenSilenceIsClosed) {
  settings.receive_stall_ms = 100;
  start();
  SocketClient line = connect();
  line.send("PING\nPIN");
  EXPECT_EQ(line.receive_until_close(), "+PONG\r\n");
  SocketClient body = connect();
  body.send("BODY 1000000\n" + std::string(500'000, 'b'));
  EXPECT_EQ(body.receive_until_close(), "");
  EXPECT_EQ(counters->closed_receive_stall.get(), 2U);
}

TEST_F(LimitsTest, IdleConnectionBetweenRequestsIsNotStalled) {
  settings.receive_stall_ms = 40;
  start();
  SocketClient idle = connect();
  EXPECT_EQ(idle.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  SocketClient stalled = connect();
  stalled.send("PIN");
  EXPECT_EQ(stalled.receive_until_close(), "");  // by then the idle one is over the limit as well
  EXPECT_EQ(idle.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
}

TEST_F(LimitsTest, WhoAnnouncesABodyAndSendsNothingHoldsNothing) {
  settings.receive_bytes_max = 1'000'000;
  start(4);
  std::vector<SocketClient> silent;
  for (int i = 0; i < 10; ++i) {
    silent.push_back(connect());
    silent.back().send("BODY 900000\n");
  }
  ASSERT_TRUE(eventually([&] { return handler.body_blocks == 10; }));
  EXPECT_EQ(counters->receiving_bytes_now.get(), 0U);
  SocketClient client = connect();
  client.send("BODY 900000\n" + std::string(900'000, 'a'));
  EXPECT_EQ(client.receive_until("\r\n").substr(0, 12), "+BODY 900000");
}

TEST_F(LimitsTest, BodiesWaitForMemoryAndOthersAreServed) {
  settings.receive_bytes_max = 1'000'000;
  settings.receive_stall_ms = 1'000;  // after half of it, what has come of a body is read, however little
  start(4);
  SocketClient first = connect();
  first.send("BODY 800000\n" + std::string(700'000, 'a'));
  ASSERT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() >= 700'000U; }));
  SocketClient second = connect();
  second.send("BODY 700000\n" + std::string(700'000, 'b'));
  ASSERT_TRUE(eventually([&] { return handler.body_blocks == 2; }));
  SocketClient small = connect();
  EXPECT_EQ(small.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  EXPECT_LE(counters->receiving_bytes_now.get(), 1'000'000U);
  EXPECT_EQ(second.receive_available(), "");

  first.send(std::string(100'000, 'a'));
  EXPECT_EQ(first.receive_until("\r\n").substr(0, 12), "+BODY 800000");
  EXPECT_EQ(second.receive_until("\r\n").substr(0, 12), "+BODY 700000");
  EXPECT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() == 0U; }));
}

TEST_F(LimitsTest, WhatAParkedRequestHoldsStaysCharged) {
  settings.receive_bytes_max = 1'000'000;
  start();
  SocketClient holder = connect();
  holder.send("HOLD 800000\n" + std::string(800'000, 'a'));
  const ConnectionRef ref = handler.await_parked(1).at(0);
  ASSERT_TRUE(eventually([&] { return counters->connections_parked_now.get() == 1; }));
  EXPECT_EQ(counters->receiving_bytes_now.get(), 800'000U);
  SocketClient second = connect();
  second.send("BODY 700000\n" + std::string(700'000, 'b'));
  EXPECT_EQ(second.receive_until("\r\n").substr(0, 12), "+BODY 700000") << "what is at rest holds nobody up";
  EXPECT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() == 800'000U; }));
  handler.answer(ref, "+ANSWER\r\n");
  EXPECT_EQ(holder.receive(9), "+ANSWER\r\n");
  EXPECT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() == 0U; }));
}

// The socket tells of a body's bytes only once there are many, but nobody who goes on sending is closed for that.
TEST_F(LimitsTest, ABodyThatComesSlowlyIsNotTakenForAStalledOne) {
  settings.receive_stall_ms = 200;
  start();
  send_body_slowly(4);
}

TEST_F(LimitsTest, ABodyThatComesSlowlyIsNotTakenForAnIdleClient) {
  settings.idle_timeout_s = 1;
  start();
  send_body_slowly(3);
}

// What the socket is told to wait for is never more than what is to come.
TEST_F(LimitsTest, TheRestOfABodyIsNoticedHoweverItWasCutIntoPieces) {
  constexpr std::size_t kFirst = 1'000;
  constexpr std::size_t kBodyBytes = limits::kTurnBodyBytes + 100'000;
  start();
  SocketClient client = connect();
  client.send("BODY " + std::to_string(kBodyBytes) + "\n");
  ASSERT_TRUE(eventually([&] { return handler.body_blocks == 1; }));
  client.send(std::string(kFirst, 'a'));
  ASSERT_TRUE(eventually([&] { return received_bytes() >= kFirst; }));
  // As much as the socket waits for now and the receives ask for: none falls short, and then there is nothing.
  client.send(std::string(limits::kTurnBodyBytes, 'a'));
  ASSERT_TRUE(eventually([&] { return received_bytes() >= kFirst + limits::kTurnBodyBytes; }));
  client.send(std::string(kBodyBytes - kFirst - limits::kTurnBodyBytes, 'a') + "PING\n");
  EXPECT_EQ(client.receive_until("+PONG\r\n").substr(0, 5), "+BODY");
}

// Whoever waits for room gives way: a small request sent later is answered first.
TEST_F(LimitsTest, ABodyThatIsToldToWaitLetsOthersGoFirst) {
  handler.bodies_not_yet = 1'000'000;
  start();
  SocketClient big = connect();
  big.send("BODY 800000\n" + std::string(800'000, 'a'));
  ASSERT_TRUE(eventually([&] { return handler.bodies_asked > 2; }));
  SocketClient small = connect();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(small.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  EXPECT_EQ(big.receive_available(), "");
  handler.bodies_not_yet = 0;
  EXPECT_EQ(big.receive_until("\r\n").substr(0, 12), "+BODY 800000");
}

TEST_F(LimitsTest, ABlockedBodyLooksAgainWithoutNewInput) {
  handler.body_room = BodyRoom::kBlocked;
  start();
  SocketClient client = connect();
  client.send("BODY 800000\n" + std::string(800'000, 'a'));
  ASSERT_TRUE(eventually([&] { return handler.bodies_asked > 2; }));
  handler.body_room = BodyRoom::kReady;
  EXPECT_EQ(client.receive_until("\r\n").substr(0, 12), "+BODY 800000");
}

TEST_F(LimitsTest, AClientThatLeavesWhileItsBodyIsBlockedIsForgotten) {
  handler.body_room = BodyRoom::kBlocked;
  start();
  SocketClient client = connect();
  client.send("BODY 800000\n" + std::string(800'000, 'a'));
  ASSERT_TRUE(eventually([&] { return handler.bodies_asked > 2; }));
  client.abort();
  EXPECT_TRUE(await_no_connections());
}

TEST_F(LimitsTest, ARefusedBodyIsPassedOverAndHoldsNothing) {
  settings.receive_stall_ms = 1'000;
  start();
  SocketClient client = connect();
  client.send("BODY 800000\n" + std::string(500'000, 'a'));
  ASSERT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() >= 500'000U; }));
  handler.body_room = BodyRoom::kRefused;
  client.send(std::string(300'000, 'a'));
  EXPECT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() == 0U; }));
  client.send("PING\n");
  EXPECT_EQ(client.receive_until("+PONG\r\n"), "-SKIPPED\r\n+PONG\r\n");
}

// Its peer's end is noticed although nothing is read from it.
TEST_F(LimitsTest, AClientThatLeavesWhileItsBodyWaitsIsForgotten) {
  settings.receive_bytes_max = 1'000'000;
  settings.receive_stall_ms = 1'000;
  start();
  SocketClient first = connect();
  first.send("BODY 800000\n" + std::string(799'000, 'a'));
  ASSERT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() >= 799'000U; }));
  SocketClient second = connect();
  second.send("BODY 700000\n" + std::string(500'000, 'b'));
  ASSERT_TRUE(eventually([&] { return handler.body_blocks == 2; }));
  second.abort();
  EXPECT_TRUE(eventually([&] { return counters->connections_now.get() == 1U; }));
}

TEST_F(LimitsTest, OneBodyLargerThanTheBudgetMayProceed) {
  settings.receive_bytes_max = 1'000;
  start();
  SocketClient client = connect();
  client.send("BODY 300000\n" + std::string(300'000, 'a'));
  EXPECT_EQ(client.receive_until("\r\n").substr(0, 12), "+BODY 300000");
}

TEST_F(LimitsTest, RequestsThatWaitForEachOthersMemoryAllFinish) {
  settings.receive_bytes_max = 1'000'000;
  start(2);
  SocketClient a = connect();
  SocketClient b = connect();
  a.send("BODIES 600000 600000\n");
  b.send("BODIES 300000 900000\n");
  ASSERT_TRUE(eventually([&] { return handler.body_blocks == 2; }));
  // Both hold their first body now, and neither's second one fits.
  a.send(std::string(1'200'000, 'a'));
  b.send(std::string(1'200'000, 'b'));
  EXPECT_EQ(a.receive_until("\r\n"), "+BODIES 1200000\r\n");
  EXPECT_EQ(b.receive_until("\r\n"), "+BODIES 1200000\r\n");
}

TEST_F(LimitsTest, ExecutedBodiesInAStreamOfThemAreNotCharged) {
  start();
  SocketClient client = connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "BODY 200000\n" + std::string(200'000, 'a');
  client.send(requests + "BODY 200000\nhalf");
  EXPECT_TRUE(eventually([&] { return handler.body_blocks == 21; }));
  EXPECT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() == 4; }));
}

TEST_F(LimitsTest, LongUnfinishedLineIsCharged) {
  start();
  SocketClient client = connect();
  client.send("ECHO " + std::string(1'000'000, 'e'));
  EXPECT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() > 900'000; }));
  client.send("\n");
  EXPECT_EQ(client.receive(1'000'002), std::string(1'000'000, 'e') + "\r\n");
  EXPECT_TRUE(eventually([&] { return counters->receiving_bytes_now.get() == 0; }));
}

TEST_F(LimitsTest, ClientsBeyondMaxclientsAreToldAndClosed) {
  settings.maxclients = 2;
  start();
  SocketClient one = connect();
  SocketClient two = connect();
  one.exchange("PING\n", "+PONG\r\n");
  two.exchange("PING\n", "+PONG\r\n");
  EXPECT_EQ(connect().receive_until_close(), "-ERR max number of clients reached\r\n");
  EXPECT_EQ(counters->connections_rejected.get(), 1U);
  one.close();
  ASSERT_TRUE(eventually([&] { return counters->connections_now.get() == 1; }));
  EXPECT_EQ(connect().exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
}

TEST_F(LimitsTest, RunningOutOfFileDescriptorsIsSurvived) {
#ifdef LARDER_SANITIZED
  GTEST_SKIP() << "the sanitizers' own checks need file descriptors";
#endif
  start();
  SocketClient before = connect();
  before.exchange("PING\n", "+PONG\r\n");
  const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(lowest_free, 0);
  ::close(lowest_free);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  // One more descriptor, which the client takes; none is left for the server's end.
  const rlimit tight{static_cast<rlim_t>(lowest_free) + 1, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  SocketClient client = connect();
  EXPECT_TRUE(eventually([&] { return counters->accept_errors.get() > 0; }));
  EXPECT_EQ(before.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
  EXPECT_EQ(client.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
}

}  // namespace
}  // namespace larder::test
