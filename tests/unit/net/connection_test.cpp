// Requests, replies, bodies and fairness over real sockets, with one and with several io threads.
#include <sys/resource.h>

#include <numeric>

#include "unit/net/network_fixture.h"

namespace larder::test {
namespace {

std::string patterned(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

std::string body_reply(const std::string& body) {
  const std::uint64_t sum = std::accumulate(body.begin(), body.end(), std::uint64_t{0});
  return "+BODY " + std::to_string(body.size()) + " " + std::to_string(sum) + "\r\n";
}

class ConnectionTest : public NetworkTest, public testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override { start(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Threads, ConnectionTest, testing::Values(1U, 4U), testing::PrintToStringParamName());

TEST_P(ConnectionTest, RequestSplitAtEveryByteIsAnsweredAsWhenWhole) {
  SocketClient client = connect();
  const std::string requests = "PING\r\nECHO hello\nPING\n";
  const std::string replies = "+PONG\r\nhello\r\n+PONG\r\n";
  for (std::size_t split = 0; split <= requests.size(); ++split) {
    client.send(requests.substr(0, split));
    client.send(requests.substr(split));
    EXPECT_EQ(client.receive(replies.size()), replies) << "split at " << split;
  }
  for (const char byte : requests) client.send(std::string_view(&byte, 1));
  EXPECT_EQ(client.receive(replies.size()), replies);
}

TEST_P(ConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  std::string requests;
  std::string replies;
  for (int i = 0; i < 50'000; ++i) {
    requests += "ECHO " + std::to_string(i) + "\n";
    replies += std::to_string(i) + "\r\n";
  }
  SocketClient client = connect();
  EXPECT_EQ(client.exchange(requests, replies), replies);
}

TEST_P(ConnectionTest, ReplyLargerThanOneTurnArrivesWhole) {
  SocketClient client = connect();
  const std::string expected = std::string(20'000'000, 'x') + "\n+PONG\r\n";
  EXPECT_EQ(client.exchange("BIG 20000000\nPING\n", expected), expected);
  EXPECT_EQ(client.exchange("BLOB 20000000\nPING\n", expected), expected);
}

TEST_P(ConnectionTest, ManySmallBlocksBetweenBytesKeepTheirPlaces) {
  std::string requests;
  std::string replies;
  for (std::size_t i = 1; i <= 500; ++i) {
    requests += "ECHO " + std::to_string(i) + "\nBLOB " + std::to_string(i) + "\n";
    replies += std::to_string(i) + "\r\n" + std::string(i, 'x') + "\n";
  }
  SocketClient client = connect();
  EXPECT_EQ(client.exchange(requests, replies), replies);
}

TEST_P(ConnectionTest, BodiesOfAllSizesArriveWhole) {
  SocketClient client = connect();
  for (const std::size_t bytes : {1UL, 100UL, 262'143UL, 262'144UL, 1UL << 20, 5UL << 20}) {
    const std::string body = patterned(bytes);
    const std::string expected = body_reply(body) + "+PONG\r\n";
    EXPECT_EQ(client.exchange("BODY " + std::to_string(bytes) + "\n" + body + "PING\n", expected), expected);
  }
}

TEST_P(ConnectionTest, PipelinedBodiesAreAnsweredInOrder) {
  std::string requests;
  std::string replies;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string body = patterned(70'000 + i);
    requests += "PING\nBODY " + std::to_string(body.size()) + "\n" + body;
    replies += "+PONG\r\n" + body_reply(body);
  }
  SocketClient client = connect();
  EXPECT_EQ(client.exchange(requests, replies), replies);
}

TEST_P(ConnectionTest, OthersAreServedWhileABodyComesIn) {
  SocketClient large = connect();
  SocketClient small = connect();
  const std::string body = patterned(5 << 20);
  large.send("BODY " + std::to_string(body.size()) + "\n");
  for (std::size_t at = 0; at < body.size(); at += body.size() / 16) {
    large.send(std::string_view(body).substr(at, body.size() / 16));
    EXPECT_EQ(small.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  }
  EXPECT_EQ(large.receive(body_reply(body).size()), body_reply(body));
}

TEST_P(ConnectionTest, SkippedBodyIsDroppedAndTheNextRequestFound) {
  SocketClient client = connect();
  const std::string expected = "-SKIPPED\r\n+PONG\r\n";
  for (const std::size_t bytes : {1UL, 1000UL, 3UL << 20}) {
    EXPECT_EQ(client.exchange("SKIP " + std::to_string(bytes) + "\n" + patterned(bytes) + "PING\n", expected),
              expected);
  }
}

TEST_P(ConnectionTest, NoMemoryForABodyClosesTheConnectionAndNoOther) {
  handler.no_memory = true;
  SocketClient client = connect();
  SocketClient other = connect();
  client.send("BODY 100000\n");
  EXPECT_EQ(client.receive_until_close(), "");
  EXPECT_EQ(other.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
}

TEST_P(ConnectionTest, LastReplyArrivesThoughTheClientKeptSending) {
  SocketClient client = connect();
  client.send("PING\nQUIT\n" + std::string(1 << 20, 'z'));
  EXPECT_EQ(client.receive_until_close(), "+PONG\r\n+BYE\r\n");
}

TEST_P(ConnectionTest, LargeOutputBeforeACloseArrivesWhole) {
  SocketClient client = connect_slow_reader();
  client.send("BIG 3000000\nQUIT\n" + std::string(10'000, 'z'));
  EXPECT_EQ(client.receive_until_close(), std::string(3'000'000, 'x') + "\n+BYE\r\n");
}

TEST_P(ConnectionTest, RequestsBeforeTheClientsEndAreAnswered) {
  SocketClient client = connect();
  client.send("PING\nBIG 3000000\nECHO last\nhalf");
  client.finish_sending();
  EXPECT_EQ(client.receive_until_close(), "+PONG\r\n" + std::string(3'000'000, 'x') + "\nlast\r\n");
}

TEST_P(ConnectionTest, RefusedConnectionGetsItsReason) {
  handler.refuse = true;
  SocketClient client = connect();
  client.send("PING\n");
  EXPECT_EQ(client.receive_until_close(), "-REFUSED\r\n");
  client.close();
  EXPECT_TRUE(await_no_connections());
}

TEST_P(ConnectionTest, KilledConnectionGetsWhatWasWaitingAndIsClosed) {
  SocketClient client = connect();
  EXPECT_EQ(client.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  handler.kill(handler.connections().at(0).ref);
  EXPECT_EQ(client.receive_until_close(), "");
}

TEST_P(ConnectionTest, InfoNamesBothEndsAndGaugesCount) {
  SocketClient client = connect();
  client.exchange("PING\n", "+PONG\r\n");
  const ConnectionInfo info = handler.connections().at(0);
  EXPECT_EQ(info.peer_address, "127.0.0.1:" + std::to_string(client.local_port()));
  EXPECT_EQ(info.local_address, "127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(info.ref.id, 1U);
  EXPECT_TRUE(info.loopback);
  EXPECT_FALSE(info.unix_socket);
  EXPECT_EQ(info.gauges->received_bytes, 5U);
  EXPECT_TRUE(eventually([&] { return info.gauges->sent_bytes == 7U; }));
  client.send("half");
  EXPECT_TRUE(eventually([&] { return info.gauges->unread_bytes == 4U; }));
}

TEST_P(ConnectionTest, AThousandConnectionsAreServedAndGoAway) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  if (files.rlim_cur < 2100) GTEST_SKIP() << "only " << files.rlim_cur << " open files are allowed here";
  std::vector<SocketClient> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(connect());
  for (SocketClient& client : clients) client.send("PING\n");
  for (SocketClient& client : clients) EXPECT_EQ(client.receive(7), "+PONG\r\n");
  EXPECT_EQ(counters->connections_now.get(), 1000U);
  for (std::size_t i = 0; i < clients.size(); ++i) i % 3 == 0 ? clients[i].abort() : clients[i].close();
  EXPECT_TRUE(await_no_connections());
  EXPECT_EQ(handler.alive, 0U);
  EXPECT_EQ(counters->connections_accepted.get(), 1000U);
}

}  // namespace
}  // namespace larder::test
