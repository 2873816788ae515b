// A Network with the toy handler on a free port; everything that tests of the network have in common.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "larder/net/network.h"
#include "support/eventually.h"
#include "support/socket_client.h"
#include "unit/net/toy_handler.h"

namespace larder::test {

class NetworkTest : public testing::Test {
 protected:
  // Limits are set before.
  void start(unsigned threads = 1) {
    counters = std::make_unique<NetCounters>(threads);
    network = std::make_unique<Network>(NetworkOptions{.threads = threads, .tcp_backlog = 511, .on_thread_start = {}},
                                        settings, *counters);
    handler.set_port(*network);
    Result<std::uint16_t> bound = network->listen_tcp("127.0.0.1", 0, handler);
    ASSERT_TRUE(bound.is_ok()) << bound.status().message();
    port = bound.value();
    network->start();
  }

  void TearDown() override {
    network.reset();
    EXPECT_EQ(handler.alive, 0U);
    EXPECT_EQ(handler.wrong_thread, 0U);
    if (counters == nullptr) return;
    EXPECT_EQ(counters->connections_now.get(), 0U);
    EXPECT_EQ(counters->connections_parked_now.get(), 0U);
    EXPECT_EQ(counters->receiving_bytes_now.get(), 0U);
  }

  SocketClient connect() { return SocketClient::tcp(port); }
  // With a small window, so that what it does not read stays in the server.
  SocketClient connect_slow_reader() { return SocketClient::tcp(port, {.receive_buffer_bytes = 4096}); }
  bool await_no_connections() {
    return eventually([&] { return counters->connections_now.get() == 0; });
  }
  std::uint64_t received_bytes() const {
    std::uint64_t sum = 0;
    for (const ThreadNetCounters& thread : counters->by_thread) sum += thread.received_bytes.get();
    return sum;
  }

  NetworkSettings settings;
  ToyHandler handler;
  std::unique_ptr<NetCounters> counters;
  std::unique_ptr<Network> network;
  std::uint16_t port = 0;
};

}  // namespace larder::test
