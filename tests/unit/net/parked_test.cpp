// Requests that are answered later.
#include "larder/base/limits.h"
#include "unit/net/network_fixture.h"

namespace larder::test {
namespace {

class ParkedTest : public NetworkTest, public testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override {
    settings.receive_stall_ms = 1000;  // so that connections are looked at every quarter of a second
    start(GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Threads, ParkedTest, testing::Values(1U, 4U), testing::PrintToStringParamName());

TEST_P(ParkedTest, AnswerFromAnotherThreadKeepsItsPlaceInThePipeline) {
  SocketClient client = connect();
  client.send("ECHO before\nPARK\nECHO after\n");
  const ConnectionRef ref = handler.await_parked(1).at(0);
  EXPECT_EQ(client.receive(8), "before\r\n");
  client.send("PING\n");
  EXPECT_TRUE(eventually([&] { return counters->connections_parked_now.get() == 1; }));
  handler.answer(ref, "+ANSWER\r\n");
  const std::string expected = "+ANSWER\r\nafter\r\n+PONG\r\n";
  EXPECT_EQ(client.receive(expected.size()), expected);
  EXPECT_TRUE(eventually([&] { return counters->connections_parked_now.get() == 0; }));
}

TEST_P(ParkedTest, ParkingAgainAndAgainInOnePipelineKeepsTheOrder) {
  std::string requests;
  std::string replies;
  for (int i = 0; i < 100; ++i) {
    requests += "PARKMS 1\nECHO " + std::to_string(i) + "\n";
    replies += "+LATE\r\n" + std::to_string(i) + "\r\n";
  }
  SocketClient client = connect();
  EXPECT_EQ(client.exchange(requests, replies), replies);
}

TEST_P(ParkedTest, OthersAreServedMeanwhile) {
  SocketClient parked = connect();
  parked.send("PARK\n");
  const ConnectionRef ref = handler.await_parked(1).at(0);
  std::vector<SocketClient> others;
  for (int i = 0; i < 8; ++i) {
    others.push_back(connect());
    EXPECT_EQ(others.back().exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  }
  handler.answer(ref, "+ANSWER\r\n");
  EXPECT_EQ(parked.receive(9), "+ANSWER\r\n");
}

TEST_P(ParkedTest, AnswerAfterADelayArrives) {
  SocketClient client = connect();
  EXPECT_EQ(client.exchange("PARKMS 20\nPING\n", "+LATE\r\n+PONG\r\n"), "+LATE\r\n+PONG\r\n");
}

TEST_P(ParkedTest, ClientThatClosesIsNoticedAndItsAnswerDropped) {
  SocketClient client = connect();
  client.send("PARK\nPING\n");
  const ConnectionRef ref = handler.await_parked(1).at(0);
  client.close();
  EXPECT_TRUE(await_no_connections());
  handler.answer(ref, "+ANSWER\r\n");
  EXPECT_EQ(connect().exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
}

TEST_P(ParkedTest, ClientThatClosesBehindMuchPipelinedDataIsNoticed) {
  SocketClient client = connect();
  client.send("PARK\n");
  handler.await_parked(1);
  client.send(std::string(100'000, 'e'));
  const auto gauges = handler.connections().at(0).gauges;
  ASSERT_TRUE(eventually([&] { return gauges->unread_bytes >= 65'536U; }));
  client.send(std::string(10'000, 'e'));  // stays in the socket, and the end behind it
  client.close();
  EXPECT_TRUE(await_no_connections());
}

TEST_P(ParkedTest, ReadingAheadIsBounded) {
  SocketClient client = connect();
  client.send("PARK\n");
  handler.await_parked(1);
  const std::string flood(64'000'000, 'e');
  std::size_t sent = 0;
  int stuck_times = 0;
  EXPECT_TRUE(eventually([&] {
    const std::size_t more = client.send_what_fits(std::string_view(flood).substr(sent));
    sent += more;
    stuck_times = more == 0 ? stuck_times + 1 : 0;
    return stuck_times == 100;
  }));
  EXPECT_LT(sent, flood.size());
  EXPECT_LE(received_bytes(), 65'536U + limits::kReadBufferBytes);
}

TEST_P(ParkedTest, MuchPipelinedDataIsExecutedAfterTheAnswer) {
  SocketClient client = connect();
  const std::string text(1'000'000, 'e');
  client.send("PARK\n");
  const ConnectionRef ref = handler.await_parked(1).at(0);
  client.send("ECHO " + text + "\n");
  handler.answer(ref, "+ANSWER\r\n");
  EXPECT_EQ(client.receive(9 + text.size() + 2), "+ANSWER\r\n" + text + "\r\n");
}

TEST_P(ParkedTest, KilledWhileParkedIsClosed) {
  SocketClient client = connect();
  client.send("PARK\n");
  handler.kill(handler.await_parked(1).at(0));
  EXPECT_EQ(client.receive_until_close(), "");
  EXPECT_TRUE(eventually([&] { return counters->connections_parked_now.get() == 0; }));
}

TEST_P(ParkedTest, ATimerThatIsSetAgainTakesThePlaceOfTheFormer) {
  SocketClient client = connect();
  client.send("PARK\n");
  const ConnectionRef ref = handler.await_parked(1).at(0);
  const auto say = [](const std::string& text) {
    return [text](RequestSession&, ReplyBuffer& out) { out.append(text); };
  };
  for (int i = 0; i < 100; ++i) network->set_timer(ref, std::chrono::hours(1), say("former"));
  network->set_timer(ref, std::chrono::milliseconds(1), say("+LATTER\r\n"));
  EXPECT_EQ(client.receive(9), "+LATTER\r\n");
  network->set_timer(ref, std::chrono::hours(1), say("never"));
  client.close();
  EXPECT_TRUE(await_no_connections());
  network->set_timer(ref, std::chrono::milliseconds(1), say("never"));
}

TEST_P(ParkedTest, TasksForUnknownConnectionsAreDropped) {
  const auto never = [](RequestSession&, ReplyBuffer&) { ADD_FAILURE() << "there is no such connection"; };
  network->post({.id = 999, .thread = 0}, never);
  network->post({.id = 1, .thread = 99}, never);
  network->post_after({.id = 999, .thread = 0}, std::chrono::milliseconds(1), never);
  EXPECT_EQ(connect().exchange("PARKMS 5\n", "+LATE\r\n"), "+LATE\r\n");
}

}  // namespace
}  // namespace larder::test
