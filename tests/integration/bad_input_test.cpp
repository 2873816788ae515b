// Bad input over real sockets: each gets its error or is closed, and a well-behaved client beside it notices nothing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/command_runner.h"
#include "support/eventually.h"
#include "support/test_server.h"

namespace larder::test {
namespace {

class BadInputTest : public testing::TestWithParam<const char*> {
 protected:
  // A well-behaved client must be served after whatever the test did.
  void TearDown() override {
    EXPECT_EQ(bystander_.exchange("SET a 1\r\nGET a\r\n", "+OK\r\n$1\r\n1\r\n"), "+OK\r\n$1\r\n1\r\n");
  }

  TestServer server_{{{"threads", GetParam()}, {"maxmemory", "64mb"}}};
  SocketClient bystander_ = server_.connect();
};

TEST_P(BadInputTest, AHugeBulkHeaderIsRefusedBeforeAnyByteOfIt) {
  SocketClient client = server_.connect();
  client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2147483648\r\n");
  EXPECT_EQ(client.receive_until_close(), "-ERR Protocol error: invalid bulk length\r\n");
}

TEST_P(BadInputTest, AValueThatCanNeverFitIsSkippedAndRefusedAndTheConnectionGoesOn) {
  SocketClient client = server_.connect();
  const std::string value(100 << 20, 'x');
  client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + std::to_string(value.size()) + "\r\n");
  client.send(value);
  client.send("\r\nEXISTS k\r\n");
  const std::string reply = client.receive_until(":0\r\n");
  EXPECT_EQ(reply[0], '-') << reply;
}

TEST_P(BadInputTest, AMillionArgumentsAreServedAndMoreAreRefused) {
  constexpr int kArguments = 1'000'000;
  std::string request = "*" + std::to_string(kArguments + 1) + "\r\n$6\r\nEXISTS\r\n";
  for (int i = 0; i < kArguments; ++i) request += "$1\r\nk\r\n";
  SocketClient client = server_.connect();
  client.send(request);
  EXPECT_EQ(client.receive_until("\r\n"), ":0\r\n");
  client.send("*2000000000\r\n");
  EXPECT_EQ(client.receive_until_close(), "-ERR Protocol error: invalid multibulk length\r\n");
}

TEST_P(BadInputTest, EmptyAndBinaryKeysAreKeysLikeAnyOther) {
  SocketClient client = server_.connect();
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  for (const std::string& key : {std::string(), every_byte, std::string("\0", 1)}) {
    client.send(encode_request({"SET", key, every_byte}));
    EXPECT_EQ(client.receive_until("\r\n"), "+OK\r\n");
    client.send(encode_request({"GET", key}));
    EXPECT_EQ(client.receive(every_byte.size() + 8), "$256\r\n" + every_byte + "\r\n");
  }
}

TEST_P(BadInputTest, HalfARequestThenSilenceHoldsNobodyUp) {
  std::vector<SocketClient> silent;
  for (int i = 0; i < 50; ++i) {
    silent.push_back(server_.connect());
    silent.back().send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhal");
  }
  // And a hundred who announce far more than there is memory, and send nothing.
  for (int i = 0; i < 100; ++i) {
    silent.push_back(server_.connect());
    silent.back().send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$60000000\r\n");
  }
  SocketClient client = server_.connect();
  EXPECT_EQ(client.exchange("SET other 1\r\nGET other\r\n", "+OK\r\n$1\r\n1\r\n"), "+OK\r\n$1\r\n1\r\n");
  // A value that is received into a block of its own, larger than all unfinished requests together may hold.
  client.send(encode_request({"SET", "large", std::string(20 << 20, 'v')}) + "STRLEN large\r\n");
  EXPECT_EQ(client.receive_until("\r\n"), "+OK\r\n");
  EXPECT_EQ(client.receive_until("\r\n"), ":20971520\r\n");
}

TEST_P(BadInputTest, AClientThatNeverReadsIsHeldBackNotServedIntoMemory) {
  SocketClient greedy = server_.connect();
  greedy.send(encode_request({"SET", "large", std::string(1 << 20, 'v')}));
  greedy.receive_until("+OK\r\n");
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "GET large\r\n";
  greedy.send_what_fits(requests);
  const auto unsent_bytes = [&] {
    bystander_.send("CLIENT LIST\r\n");
    const std::string list = bystander_.receive_until("\n\r\n");
    const std::size_t line = list.find(":" + std::to_string(greedy.local_port()) + " ");
    return std::stoull(list.substr(list.find(" omem=", line) + 6));
  };
  EXPECT_TRUE(eventually([&] { return unsent_bytes() > 0; }));
  EXPECT_EQ(bystander_.exchange("PING\r\n", "+PONG\r\n"), "+PONG\r\n");
  EXPECT_LT(unsent_bytes(), 4u << 20);
}

TEST_P(BadInputTest, AFloodOfConnectionsMeetsMaxclients) {
  TestServer small({{"threads", GetParam()}, {"maxclients", "10"}});
  std::vector<SocketClient> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(small.connect());
    ASSERT_EQ(clients.back().exchange("PING\r\n", "+PONG\r\n"), "+PONG\r\n");
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(small.connect().receive_until_close(), "-ERR max number of clients reached\r\n");
  }
  EXPECT_EQ(clients.front().exchange("PING\r\n", "+PONG\r\n"), "+PONG\r\n");
}

INSTANTIATE_TEST_SUITE_P(Threads, BadInputTest, testing::Values("1", "4"),
                         [](const auto& test) { return std::string("Threads") + test.param; });

}  // namespace
}  // namespace larder::test
