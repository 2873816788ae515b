// Many clients meet one key that is stale, or missing, over real sockets: one is told to refresh, all others are
// served. LARDER_STAMPEDE_ROUNDS=1000 runs so many.
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "support/eventually.h"
#include "support/test_server.h"

namespace larder::test {
namespace {

constexpr int kClients = 200;

int rounds_of_run(int default_rounds) {
  const char* const text = std::getenv("LARDER_STAMPEDE_ROUNDS");
  return text == nullptr ? default_rounds : std::atoi(text);
}

struct Reply {
  std::string state;
  std::string value;  // "-" for none
  std::string token;  // empty for none

  bool operator==(const Reply&) const = default;
};

class StampedeTest : public testing::TestWithParam<const char*> {
 protected:
  StampedeTest() {
    for (int i = 0; i < kClients; ++i) clients_.push_back(server_.connect());
  }

  static std::string line(SocketClient& client) {
    std::string text = client.receive_until("\r\n");
    text.resize(text.size() < 2 ? 0 : text.size() - 2);
    return text;
  }
  static Reply fetched(SocketClient& client) {
    EXPECT_EQ(line(client), "*5");
    Reply reply;
    reply.state = line(client).substr(1);
    reply.value = line(client) == "$-1" ? "-" : line(client);
    const std::string token = line(client);
    if (token[0] == '+') reply.token = token.substr(1);
    line(client);
    line(client);
    return reply;
  }
  // The first client that has been answered; null if none is within ten seconds.
  SocketClient* first_answered() {
    SocketClient* answered = nullptr;
    EXPECT_TRUE(eventually([&] {
      for (SocketClient& client : clients_) {
        pollfd readable{.fd = client.fd(), .events = POLLIN, .revents = 0};
        if (::poll(&readable, 1, 0) == 1) answered = &client;
      }
      return answered != nullptr;
    }));
    return answered;
  }
  // All clients at once.
  void send_all(const std::string& request) {
    for (SocketClient& client : clients_) client.send(request);
  }
  static std::string ask(SocketClient& client, const std::string& request) {
    client.send(request + "\r\n");
    return line(client);
  }

  TestServer server_{{{"threads", GetParam()}}};
  SocketClient writer_ = server_.connect();
  std::vector<SocketClient> clients_;
};

TEST_P(StampedeTest, OneClientRefreshesAStaleKeyAndAllOthersGetTheStaleValueAtOnce) {
  ASSERT_EQ(ask(writer_, "SET hot 0 SOFTPX 1"), "+OK");
  const int rounds = rounds_of_run(20);
  for (int round = 0; round < rounds; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // until it is stale
    send_all("FETCH hot LEASE 60000 WAIT 60000\r\n");
    std::string token;
    SocketClient* winner = nullptr;
    for (SocketClient& client : clients_) {
      const Reply reply = fetched(client);
      ASSERT_EQ(reply.state, "stale");
      ASSERT_EQ(reply.value, std::to_string(round));
      if (reply.token.empty()) continue;
      ASSERT_EQ(winner, nullptr) << "two are told to refresh";
      winner = &client;
      token = reply.token;
    }
    ASSERT_NE(winner, nullptr);
    ASSERT_EQ(ask(*winner, "SET hot " + std::to_string(round + 1) + " SOFTPX 1 LEASE " + token), "+OK");
    ASSERT_EQ(ask(writer_, "SET hot late LEASE " + token), "$-1");
  }
}

TEST_P(StampedeTest, OneLoadServesAllWhoWaitForAColdKey) {
  const int rounds = rounds_of_run(20);
  for (int round = 0; round < rounds; ++round) {
    const std::string key = "cold:" + std::to_string(round);
    const std::string token = [&] {
      writer_.send("FETCH " + key + " LEASE 60000\r\n");
      return fetched(writer_).token;
    }();
    ASSERT_FALSE(token.empty());
    send_all("FETCH " + key + " LEASE 60000 WAIT 60000\r\n");
    ASSERT_EQ(ask(writer_, "SET " + key + " loaded LEASE " + token), "+OK");
    for (SocketClient& client : clients_) {
      ASSERT_EQ(fetched(client), (Reply{.state = "hit", .value = "loaded", .token = ""}));
    }
  }
}

// Whoever wins is not known beforehand: all ask at the same time.
TEST_P(StampedeTest, OfAllWhoAskForAColdKeyAtOnceOneLoadsIt) {
  const int rounds = rounds_of_run(20);
  for (int round = 0; round < rounds; ++round) {
    const std::string key = "cold:" + std::to_string(round);
    send_all("FETCH " + key + " LEASE 60000 WAIT 60000\r\n");
    SocketClient* const winner = first_answered();
    ASSERT_NE(winner, nullptr);
    const Reply won = fetched(*winner);
    ASSERT_EQ(won.state, "miss");
    ASSERT_FALSE(won.token.empty());
    ASSERT_EQ(ask(*winner, "SET " + key + " loaded LEASE " + won.token), "+OK");
    for (SocketClient& client : clients_) {
      if (&client == winner) continue;
      ASSERT_EQ(fetched(client), (Reply{.state = "hit", .value = "loaded", .token = ""}));
    }
  }
}

TEST_P(StampedeTest, ARefresherThatDiesIsReplacedWhenItsLeaseEnds) {
  {
    SocketClient dying = server_.connect();
    dying.send("FETCH k LEASE 30\r\n");
    ASSERT_FALSE(fetched(dying).token.empty());
    dying.abort();
  }
  send_all("FETCH k LEASE 60000 WAIT 60000\r\n");
  SocketClient* const next = first_answered();
  ASSERT_NE(next, nullptr);
  const Reply won = fetched(*next);
  ASSERT_FALSE(won.token.empty()) << won.state;
  ASSERT_EQ(ask(*next, "SET k loaded LEASE " + won.token), "+OK");
  for (SocketClient& client : clients_) {
    if (&client == next) continue;
    ASSERT_EQ(fetched(client).value, "loaded");
  }
}

TEST_P(StampedeTest, WaitersThatLeaveOrStopWaitingDisturbNobody) {
  writer_.send("FETCH k LEASE 60000\r\n");
  const std::string token = fetched(writer_).token;
  send_all("FETCH k WAIT 20\r\n");
  for (int i = 0; i < kClients / 2; ++i) clients_[static_cast<std::size_t>(i)].abort();
  for (int i = kClients / 2; i < kClients; ++i) {
    ASSERT_EQ(fetched(clients_[static_cast<std::size_t>(i)]).state, "wait");
  }
  ASSERT_EQ(ask(writer_, "SET k v LEASE " + token), "+OK");
}

INSTANTIATE_TEST_SUITE_P(Threads, StampedeTest, testing::Values("1", "4"),
                         [](const auto& test) { return std::string("Threads") + test.param; });

}  // namespace
}  // namespace larder::test
