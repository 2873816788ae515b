// Large values over sockets: what their clients announce costs nothing, what arrives has its room, and nobody else
// waits for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "larder/base/limits.h"
#include "support/command_runner.h"
#include "support/eventually.h"
#include "support/test_server.h"

namespace larder::test {
namespace {

constexpr std::uint64_t kMaxmemory = 64ULL << 20;

std::string announcement(const std::string& key, std::size_t value_bytes) {
  return "*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$" + std::to_string(value_bytes) +
         "\r\n";
}

class LargeValuesTest : public testing::TestWithParam<const char*> {
 protected:
  explicit LargeValuesTest(std::uint64_t maxmemory = kMaxmemory)
      : server_(
            {{"maxmemory", std::to_string(maxmemory)}, {"maxmemory-policy", "allkeys-lru"}, {"threads", GetParam()}}) {}
  ~LargeValuesTest() override {
    server_.server().stop();
    store().check_invariants();
  }

  ShardedStore& store() { return server_.server().store(); }
  // Until the store has had to evict.
  void fill_with_small_items() {
    SocketClient client = server_.connect();
    const std::string small(1'000, 's');
    for (int batch = 0; store().stats().total.evicted == 0; ++batch) {
      std::string requests;
      std::string replies;
      for (int i = 0; i < 200; ++i) {
        requests += encode_request({"SET", std::to_string(batch) + ":" + std::to_string(i), small});
        replies += kOk;
      }
      ASSERT_EQ(client.exchange(requests, replies), replies);
    }
  }

  TestServer server_;
};

TEST_P(LargeValuesTest, AHundredThatAreAnnouncedAndNotSentEvictNothing) {
  fill_with_small_items();
  const StoreStats before = store().stats();
  const std::size_t value_bytes = store().value_bytes_max() / (1 << 20) * (1 << 20);
  std::vector<SocketClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(server_.connect());
    // What comes before it on the connection shows that the announcement was read.
    clients.back().send(encode_request({"PING"}) + announcement("big:" + std::to_string(i), value_bytes));
  }
  for (SocketClient& client : clients) ASSERT_EQ(client.receive(7), "+PONG\r\n");
  SocketClient other = server_.connect();
  ASSERT_EQ(other.exchange("PING\r\n", "+PONG\r\n"), "+PONG\r\n");
  const StoreStats after = store().stats();
  EXPECT_EQ(after.total.evicted, before.total.evicted);
  EXPECT_EQ(after.total.items, before.total.items);
  EXPECT_EQ(after.receiving_bytes, 0u);
}

TEST_P(LargeValuesTest, WhoseClientLeavesHalfwayLeaveNothingBehind) {
  const std::uint64_t used = store().used_bytes();
  SocketClient client = server_.connect();
  client.send(announcement("big", 6 << 20) + std::string(5 << 20, 'v'));
  ASSERT_TRUE(eventually([&] { return store().stats().receiving_bytes >= (5u << 20) - limits::kTurnBodyBytes; }));
  client.abort();
  EXPECT_TRUE(eventually([&] { return store().stats().receiving_bytes == 0; }));
  EXPECT_EQ(store().used_bytes(), used);
}

TEST_P(LargeValuesTest, ThatAreGoneStayChargedWhileTheirReaderTakesNothing) {
  constexpr std::size_t kValueBytes = 6 << 20;
  SocketClient writer = server_.connect();
  writer.send(announcement("big", kValueBytes) + std::string(kValueBytes, 'v') + "\r\n");
  ASSERT_EQ(writer.receive(5), kOk);
  SocketClient reader = SocketClient::tcp(server_.port(), {.receive_buffer_bytes = 4096});
  reader.send("GET big\r\n");
  ASSERT_EQ(reader.receive(10), "$6291456\r\n");
  ASSERT_EQ(writer.exchange("DEL big\r\n", ":1\r\n"), ":1\r\n");
  EXPECT_GE(store().stats().pinned_bytes, kValueBytes);
  EXPECT_GE(store().used_bytes(), kValueBytes);
  reader.close();
  EXPECT_TRUE(eventually([&] { return store().stats().pinned_bytes == 0; }));
  EXPECT_LT(store().used_bytes(), kValueBytes);
}

TEST_P(LargeValuesTest, GoOnArrivingWhileTheLimitIsLowered) {
  fill_with_small_items();
  SocketClient client = server_.connect();
  client.send(announcement("big", 6 << 20) + std::string(3 << 20, 'v'));
  ASSERT_TRUE(eventually([&] { return store().stats().receiving_bytes >= (3u << 20) - limits::kTurnBodyBytes; }));
  SocketClient other = server_.connect();
  const std::string lower = encode_request({"CONFIG", "SET", "maxmemory", std::to_string(kMaxmemory / 4)});
  ASSERT_EQ(other.exchange(lower, "+OK\r\n"), "+OK\r\n");
  client.send(std::string(3 << 20, 'v'));
  client.send("\r\n");
  EXPECT_EQ(client.receive(5), kOk);
  EXPECT_TRUE(eventually([&] { return store().used_bytes() <= kMaxmemory / 4; }));
}

class LargeValuesAtOnceTest : public LargeValuesTest {
 protected:
  static constexpr std::uint64_t kSmallMaxmemory = 16ULL << 20;
  static constexpr std::size_t kValueBytes = 3 << 19;  // of the eighth: three quarters
  static constexpr int kClients = 6;

  LargeValuesAtOnceTest() : LargeValuesTest(kSmallMaxmemory) {}

  // As long as a machine under load may take.
  SocketClient connect_patiently() const {
    return SocketClient::tcp(server_.port(), {.time_limit = std::chrono::minutes(2)});
  }
  void store_large(int number, int rounds) const {
    SocketClient client = connect_patiently();
    const std::string request = announcement("big:" + std::to_string(number), kValueBytes) + value_ + "\r\n";
    for (int round = 0; round < rounds; ++round) {
      client.send(request);
      EXPECT_EQ(client.receive(5), kOk);
    }
  }

  const std::string value_ = std::string(kValueBytes, 'v');
};

TEST_P(LargeValuesAtOnceTest, ShareTheirPartOfMemoryAndAllAreStored) {
  fill_with_small_items();
  // One has begun, and holds what it has sent.
  SocketClient first = connect_patiently();
  first.send(announcement("first", kValueBytes) + value_.substr(0, kValueBytes / 2));
  ASSERT_TRUE(eventually([&] { return store().stats().receiving_bytes > kValueBytes / 4; }, std::chrono::minutes(2)));
  std::atomic<int> under_way{kClients};
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      store_large(i, 3);
      --under_way;
    });
  }
  first.send(value_.substr(kValueBytes / 2) + "\r\n");
  EXPECT_EQ(first.receive(5), kOk);
  std::uint64_t receiving_max = 0;
  EXPECT_TRUE(eventually(
      [&] {
        receiving_max = std::max(receiving_max, store().stats().receiving_bytes);
        return under_way == 0;
      },
      std::chrono::minutes(10)));
  for (std::thread& thread : threads) thread.join();
  // An eighth, one value let past it, and what a turn takes ahead.
  EXPECT_LE(receiving_max, kSmallMaxmemory / 8 + kValueBytes + (2u << 20));
  EXPECT_LE(store().stats().peak_bytes, kSmallMaxmemory);
  for (int i = 0; i < kClients; ++i) {
    first.send("STRLEN big:" + std::to_string(i) + "\r\n");
    EXPECT_EQ(first.receive_until("\r\n"), integer(kValueBytes));
  }
  EXPECT_EQ(store().stats().receiving_bytes, 0u);
}

constexpr auto kThreadsName = [](const auto& test) { return std::string("Threads") + test.param; };
INSTANTIATE_TEST_SUITE_P(Threads, LargeValuesTest, testing::Values("1", "4"), kThreadsName);
INSTANTIATE_TEST_SUITE_P(Threads, LargeValuesAtOnceTest, testing::Values("1", "4"), kThreadsName);

}  // namespace
}  // namespace larder::test
