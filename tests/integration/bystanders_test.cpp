// What clients do to each other, over real sockets and threads: CLIENT PAUSE and UNPAUSE, CLIENT UNBLOCK, MONITOR.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "larder/base/limits.h"
#include "support/eventually.h"
#include "support/test_server.h"

namespace larder::test {
namespace {

class BystandersTest : public testing::TestWithParam<const char*> {
 protected:
  // `requests`: inline ones, each with its end of line.
  bool shows(SocketClient& client, const std::string& requests, const std::string& text) {
    client.send(requests);
    return client.receive_until("\r\n\r\n").find(text) != std::string::npos;
  }
  TestServer server_{{{"threads", GetParam()}}};
};
INSTANTIATE_TEST_SUITE_P(Threads, BystandersTest, testing::Values("1", "4"));

TEST_P(BystandersTest, AllGoOnInTheirOrderWhenAPauseEnds) {
  constexpr int kClients = 16;
  SocketClient operating = server_.connect();
  EXPECT_EQ(operating.exchange("CLIENT PAUSE 30000 WRITE\r\n", "+OK\r\n"), "+OK\r\n");
  std::vector<SocketClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(server_.connect());
    clients.back().send("GET none\r\nINCR n\r\nSET k" + std::to_string(i) + " v\r\nGET k" + std::to_string(i) + "\r\n");
    EXPECT_EQ(clients.back().receive(5), "$-1\r\n");
  }
  EXPECT_TRUE(eventually([&] { return shows(operating, "INFO clients\r\n", "blocked_clients:16"); }));
  EXPECT_EQ(operating.exchange("GET n\r\nCLIENT UNPAUSE\r\n", "$-1\r\n+OK\r\n"), "$-1\r\n+OK\r\n");
  for (SocketClient& client : clients) {
    EXPECT_EQ(client.receive_until("\r\n")[0], ':');
    EXPECT_EQ(client.receive(12), "+OK\r\n$1\r\nv\r\n");
  }
  EXPECT_EQ(operating.exchange("GET n\r\n", "$2\r\n16\r\n"), "$2\r\n16\r\n");
}

TEST_P(BystandersTest, APauseEndsByItself) {
  SocketClient client = server_.connect();
  const std::string replies = "+OK\r\n+OK\r\n$1\r\nv\r\n";
  EXPECT_EQ(client.exchange("CLIENT PAUSE 20\r\nSET k v\r\nGET k\r\n", replies), replies);
}

// As `echo ... | nc` does it: nothing was said to wait for, so the answer comes.
TEST_P(BystandersTest, WorkInSlicesIsAnsweredAlthoughTheClientSendsNoMore) {
  SocketClient client = server_.connect();
  const std::string value(3'000, 'v');  // many slices: 9 million cells
  EXPECT_EQ(client.exchange("SET a " + value + "\r\nSET b " + value + "\r\n", "+OK\r\n+OK\r\n"), "+OK\r\n+OK\r\n");
  client.send("LCS a b LEN\r\nPING\r\n");
  client.finish_sending();
  EXPECT_EQ(client.receive_until_close(), ":3000\r\n+PONG\r\n");
}

TEST_P(BystandersTest, EveryWaitIsUnblockedOnceOrEndsByItself) {
  SocketClient operating = server_.connect();
  for (int i = 0; i < 50; ++i) {
    SocketClient waiting = server_.connect();
    waiting.send("CLIENT ID\r\n");
    const std::string id = waiting.receive_until("\r\n").substr(1);
    waiting.send("WAIT 1 5\r\nPING\r\n");
    operating.send("CLIENT UNBLOCK " + id.substr(0, id.size() - 2) + " ERROR\r\n");
    const std::string answer = operating.receive_until("\r\n");
    const std::string reply = waiting.receive_until("+PONG\r\n");
    const bool by_error = reply.starts_with("-UNBLOCKED ");
    EXPECT_EQ(answer, by_error ? ":1\r\n" : ":0\r\n") << reply;
  }
}

TEST_P(BystandersTest, AMonitorSeesEachConnectionsCommandsInTheirOrder) {
  constexpr int kClients = 4;
  constexpr int kCommands = 500;
  SocketClient monitor = server_.connect();
  EXPECT_EQ(monitor.exchange("MONITOR\r\n", "+OK\r\n"), "+OK\r\n");
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      SocketClient client = server_.connect();
      for (int n = 0; n < kCommands; n += 10) {
        std::string batch;
        for (int k = n; k < n + 10; ++k) batch += "ECHO " + std::to_string(i) + ":" + std::to_string(k) + "\r\n";
        client.send(batch);
        client.receive_until(":" + std::to_string(n + 9) + "\r\n");
      }
    });
  }
  std::vector<int> next(kClients, 0);
  for (int seen = 0; seen < kClients * kCommands; ++seen) {
    const std::string line = monitor.receive_until("\r\n");
    const std::size_t at = line.find("\"ECHO\" \"");
    ASSERT_NE(at, std::string::npos) << line;
    const std::size_t client = std::stoul(line.substr(at + 8));
    ASSERT_EQ(std::stoi(line.substr(line.find(':', at) + 1)), next.at(client)++) << line;
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(BystandersTest, AMonitorThatDoesNotReadIsClosedAndNobodyElseNotices) {
  SocketClient monitor = SocketClient::tcp(server_.port(), {.receive_buffer_bytes = 4096});
  EXPECT_EQ(monitor.exchange("MONITOR\r\n", "+OK\r\n"), "+OK\r\n");
  SocketClient client = server_.connect();
  SocketClient operating = server_.connect();
  const std::string value(60'000, 'x');
  const std::string reply = "$60000\r\n" + value + "\r\n";
  bool closed = false;
  for (int i = 0; i < 2'000 && !closed; ++i) {
    ASSERT_EQ(client.exchange("ECHO " + value + "\r\n", reply), reply);
    if (i % 100 == 0) closed = !shows(operating, "CLIENT LIST TYPE normal\r\nINFO clients\r\n", " flags=O ");
  }
  EXPECT_TRUE(closed || eventually([&] { return !shows(operating, "CLIENT LIST\r\nINFO clients\r\n", " flags=O "); }));
}

}  // namespace
}  // namespace larder::test
