// CLIENT KILL over real sockets: whoever has its reply can rely on the other's end.
#include <gtest/gtest.h>
#include <poll.h>

#include <string>

#include "support/eventually.h"
#include "support/test_server.h"

namespace larder::test {
namespace {

class ClientKillTest : public testing::TestWithParam<const char*> {
 protected:
  // Whether the end has come, without waiting for it.
  static bool has_ended(const SocketClient& client) {
    pollfd asked{.fd = client.fd(), .events = POLLIN | POLLRDHUP, .revents = 0};
    return ::poll(&asked, 1, 0) == 1 && (asked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }

  TestServer server_{{{"threads", GetParam()}}};
};

TEST_P(ClientKillTest, TheClientSeesTheEndBeforeTheReplyIsThere) {
  SocketClient killer = server_.connect();
  int late = 0;
  for (int i = 0; i < 200; ++i) {
    SocketClient victim = server_.connect();
    victim.send("CLIENT ID\r\n");
    const std::string id = victim.receive_until("\r\n").substr(1);
    EXPECT_EQ(killer.exchange("CLIENT KILL ID " + id, ":1\r\n"), ":1\r\n");
    if (!has_ended(victim)) ++late;
  }
  // The system delivers to two sockets in order, unless it moves a thread to another core in between.
  EXPECT_LE(late, 1);
}

TEST_P(ClientKillTest, NothingIsExecutedThatIsSentAfterTheReply) {
  SocketClient killer = server_.connect();
  for (int i = 0; i < 200; ++i) {
    SocketClient victim = server_.connect();
    victim.send("CLIENT ID\r\n");
    const std::string id = victim.receive_until("\r\n").substr(1);
    EXPECT_EQ(killer.exchange("CLIENT KILL ID " + id, ":1\r\n"), ":1\r\n");
    (void)victim.send_what_fits("SET after kill\r\n");
    victim.receive_until_close();
    ASSERT_EQ(killer.exchange("EXISTS after\r\n", ":0\r\n"), ":0\r\n") << "round " << i;
  }
  EXPECT_TRUE(eventually([&] {
    killer.send("INFO clients\r\n");
    return killer.receive_until("\r\n\r\n").find("connected_clients:1\r\n") != std::string::npos;
  }));
  EXPECT_EQ(killer.exchange("EXISTS after\r\n", ":0\r\n"), ":0\r\n");
}

INSTANTIATE_TEST_SUITE_P(Threads, ClientKillTest, testing::Values("1", "4"),
                         [](const auto& test) { return std::string("Threads") + test.param; });

}  // namespace
}  // namespace larder::test
