// Addresses, ports and socket files.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "net/listen_socket.h"
#include "unit/net/network_fixture.h"

namespace larder::test {
namespace {

class ListenerTest : public NetworkTest {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "larder_net_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path = directory_ / "socket";
    make();
  }
  void TearDown() override {
    NetworkTest::TearDown();
    std::filesystem::remove_all(directory_);
  }
  void make() {
    counters = std::make_unique<NetCounters>(1);
    network = std::make_unique<Network>(NetworkOptions{}, settings, *counters);
    handler.set_port(*network);
  }
  // What a server that was killed leaves behind.
  void leave_stale_socket() {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.string().copy(name.sun_path, sizeof name.sun_path - 1);
    const net::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  }

  std::filesystem::path path;

 private:
  std::filesystem::path directory_;
};

TEST_F(ListenerTest, PortInUseIsOneClearLine) {
  const Result<std::uint16_t> first = network->listen_tcp("127.0.0.1", 0, handler);
  ASSERT_TRUE(first.is_ok());
  const Result<std::uint16_t> second = network->listen_tcp("127.0.0.1", first.value(), handler);
  ASSERT_FALSE(second.is_ok());
  EXPECT_EQ(second.status().code(), StatusCode::kIo);
  EXPECT_EQ(second.status().message(), "cannot listen on 127.0.0.1:" + std::to_string(first.value()) +
                                           ": Address already in use; stop the server that uses it or choose another "
                                           "port");
}

TEST_F(ListenerTest, WhatIsNotANumericAddressIsRefusedByName) {
  const Result<std::uint16_t> result = network->listen_tcp("no.such.host", 6379, handler);
  ASSERT_FALSE(result.is_ok());
  EXPECT_EQ(result.status().message(),
            "cannot listen on no.such.host:6379: not an IPv4 or IPv6 address; give it in numbers, or * for all "
            "addresses");
}

TEST_F(ListenerTest, AddressOfAnotherMachineIsRefused) {
  const Result<std::uint16_t> result = network->listen_tcp("192.0.2.1", 0, handler);
  ASSERT_FALSE(result.is_ok());
  EXPECT_NE(result.status().message().find("this machine has no such address"), std::string::npos);
}

TEST_F(ListenerTest, StarServesBothFamiliesOnOnePort) {
  const Result<std::uint16_t> bound = network->listen_tcp("*", 0, handler);
  ASSERT_TRUE(bound.is_ok()) << bound.status().message();
  network->start();
  EXPECT_EQ(SocketClient::tcp(bound.value()).exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  if (!net::machine_has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  SocketClient client = SocketClient::tcp(bound.value(), {}, true);
  EXPECT_EQ(client.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  const std::string peer = "[::1]:" + std::to_string(client.local_port());
  bool found = false;
  for (const ConnectionInfo& info : handler.connections())
    found = found || (info.peer_address == peer && info.loopback);
  EXPECT_TRUE(found) << peer;
}

TEST_F(ListenerTest, UnixSocketServesWithItsModeAndIsRemovedAtTheEnd) {
  ASSERT_TRUE(network->listen_unix(path, 0700, handler).is_ok());
  network->start();
  struct stat file {};
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0700U);
  SocketClient client = SocketClient::unix_path(path);
  EXPECT_EQ(client.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
  const ConnectionInfo info = handler.connections().at(0);
  EXPECT_TRUE(info.unix_socket);
  EXPECT_TRUE(info.loopback);
  EXPECT_EQ(info.peer_address, path.string() + ":0");
  network->drain(std::chrono::seconds(5));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ListenerTest, StaleUnixSocketIsReplaced) {
  leave_stale_socket();
  ASSERT_TRUE(std::filesystem::exists(path));
  const Status status = network->listen_unix(path, 0, handler);
  ASSERT_TRUE(status.is_ok()) << status.message();
  network->start();
  EXPECT_EQ(SocketClient::unix_path(path).exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
}

TEST_F(ListenerTest, UnixSocketInUseIsRefusedAndLeftAlone) {
  ASSERT_TRUE(network->listen_unix(path, 0, handler).is_ok());
  network->start();
  NetCounters other_counters(1);
  Network other(NetworkOptions{}, settings, other_counters);
  const Status status = other.listen_unix(path, 0, handler);
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_EQ(status.message(), "cannot listen on " + path.string() +
                                  ": Address already in use; stop the server that uses it or choose another path");
  EXPECT_EQ(SocketClient::unix_path(path).exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
}

TEST_F(ListenerTest, FileThatIsNoSocketIsRefusedAndLeftAlone) {
  std::ofstream(path) << "precious";
  const Status status = network->listen_unix(path, 0, handler);
  EXPECT_EQ(status.message(),
            "cannot listen on " + path.string() + ": the file exists and is not a socket; choose another path");
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(ListenerTest, PathTooLongForASocketIsRefused) {
  const Status status = network->listen_unix("/tmp/" + std::string(200, 'p'), 0, handler);
  EXPECT_NE(status.message().find("1 to 107 bytes"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace larder::test
