// Requests that are answered later (DEBUG DELAY), over real sockets: the order of replies, other connections, closing,
// the time limit, and the server's end.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "support/eventually.h"
#include "support/test_server.h"

namespace larder::test {
namespace {

class PendingTest : public testing::TestWithParam<const char*> {
 protected:
  TestServer server_{{{"enable-debug-command", "yes"}, {"threads", GetParam()}}};
};

TEST_P(PendingTest, RepliesOfAPipelineKeepTheirOrderAroundALateOne) {
  SocketClient client = server_.connect();
  const std::string replies = "+OK\r\n$4\r\nlate\r\n$1\r\n1\r\n$5\r\nlater\r\n:2\r\n";
  EXPECT_EQ(client.exchange("SET a 1\r\nDEBUG DELAY 20 late\r\nGET a\r\nDEBUG DELAY 1 later\r\nINCR a\r\n", replies),
            replies);
}

TEST_P(PendingTest, OtherConnectionsGoOnMeanwhile) {
  SocketClient waiting = server_.connect();
  waiting.send("DEBUG DELAY 30000 never\r\nPING\r\n");
  for (int i = 0; i < 8; ++i) {
    SocketClient other = server_.connect();
    EXPECT_EQ(other.exchange("PING\r\n", "+PONG\r\n"), "+PONG\r\n");
  }
  EXPECT_EQ(waiting.receive_available(), "");
}

TEST_P(PendingTest, AClientThatLeavesWhileItWaitsIsForgotten) {
  SocketClient other = server_.connect();
  {
    SocketClient waiting = server_.connect();
    waiting.send("DEBUG DELAY 30000 never\r\n");
    EXPECT_TRUE(eventually([&] {
      other.send("INFO clients\r\n");
      return other.receive_until("\r\n\r\n").find("blocked_clients:1") != std::string::npos;
    }));
  }
  EXPECT_TRUE(eventually([&] {
    other.send("INFO clients\r\n");
    const std::string info = other.receive_until("\r\n\r\n");
    return info.find("blocked_clients:0") != std::string::npos &&
           info.find("connected_clients:1\r\n") != std::string::npos;
  }));
}

TEST_P(PendingTest, TheTimeLimitAnswersByAnErrorAndThePipelineGoesOn) {
  SocketClient client = server_.connect();
  client.send("DEBUG DELAY 30000 never 20\r\nPING\r\n");
  const std::string reply = client.receive_until("+PONG\r\n");
  EXPECT_EQ(reply[0], '-') << reply;
  EXPECT_NE(reply.find("\r\n+PONG\r\n"), std::string::npos) << reply;
}

TEST_P(PendingTest, AnswersThatComeWhileTheServerDrainsAreSent) {
  SocketClient client = server_.connect();
  client.send("PING\r\nDEBUG DELAY 200 answered\r\n");
  client.receive_until("+PONG\r\n");
  std::thread stopping([&] { server_.server().stop(); });
  EXPECT_EQ(client.receive_until_close(), "$8\r\nanswered\r\n");
  stopping.join();
}

TEST_P(PendingTest, TheServersEndAnswersByAnErrorWithinTwoSeconds) {
  SocketClient client = server_.connect();
  client.send("PING\r\nDEBUG DELAY 30000 never\r\n");
  client.receive_until("+PONG\r\n");
  const auto begin = std::chrono::steady_clock::now();
  std::thread stopping([&] { server_.server().stop(); });
  const std::string last = client.receive_until_close();
  stopping.join();
  EXPECT_EQ(last.substr(0, 5), "-ERR ") << last;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

INSTANTIATE_TEST_SUITE_P(Threads, PendingTest, testing::Values("1", "4"),
                         [](const auto& test) { return std::string("Threads") + test.param; });

}  // namespace
}  // namespace larder::test
