#include "support/socket_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace larder::test {

namespace {

int connected(int family, const sockaddr* address, socklen_t size, const SocketClient::Options& options) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (options.receive_buffer_bytes > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes, sizeof options.receive_buffer_bytes);
  }
  if (::connect(fd, address, size) != 0) {
    ::close(fd);
    return -1;
  }
  if (family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return fd;
}

int connect_v4(std::uint16_t port, const SocketClient::Options& options) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connected(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address, options);
}

int connect_v6(std::uint16_t port, const SocketClient::Options& options) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return connected(AF_INET6, reinterpret_cast<const sockaddr*>(&address), sizeof address, options);
}

}  // namespace

SocketClient SocketClient::tcp(std::uint16_t port, Options options, bool ipv6) {
  const int fd = ipv6 ? connect_v6(port, options) : connect_v4(port, options);
  if (fd < 0) ADD_FAILURE() << "cannot connect to port " << port << ": " << std::strerror(errno);
  return SocketClient(fd, options);
}

SocketClient SocketClient::unix_path(const std::string& path, Options options) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, options);
  if (fd < 0) ADD_FAILURE() << "cannot connect to " << path << ": " << std::strerror(errno);
  return SocketClient(fd, options);
}

bool SocketClient::can_connect(std::uint16_t port) {
  const int fd = connect_v4(port, Options{});
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

SocketClient::SocketClient(SocketClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), options_(other.options_), received_(std::move(other.received_)) {}

SocketClient& SocketClient::operator=(SocketClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(options_, other.options_);
  std::swap(received_, other.received_);
  return *this;
}

SocketClient::~SocketClient() {
  close();
}

std::uint16_t SocketClient::local_port() const {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(name).sin6_port
                                          : reinterpret_cast<const sockaddr_in&>(name).sin_port);
}

bool SocketClient::wait_for(short events, Deadline until, const char* what) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd entry{fd_, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    ADD_FAILURE() << "nothing happened within the time limit while " << what
                  << "; received so far: " << testing::PrintToString(received_.substr(0, 200));
    return false;
  }
}

void SocketClient::send(std::string_view bytes) {
  const Deadline until = deadline();
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(POLLOUT, until, "sending")) return;
    } else if (errno != EINTR) {
      ADD_FAILURE() << "cannot send: " << std::strerror(errno);
      return;
    }
  }
}

std::size_t SocketClient::send_what_fits(std::string_view bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const ssize_t sent = ::send(fd_, bytes.data() + total, bytes.size() - total, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) break;
    total += static_cast<std::size_t>(sent);
  }
  return total;
}

SocketClient::More SocketClient::receive_more(Deadline until, const char* what) {
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      received_.append(buffer.data(), static_cast<std::size_t>(got));
      return More::kBytes;
    }
    if (got == 0 || errno == ECONNRESET || errno == EPIPE) return More::kEnd;
    if (errno == EAGAIN) {
      if (!wait_for(POLLIN, until, what)) return More::kFailed;
    } else if (errno != EINTR) {
      ADD_FAILURE() << "cannot receive: " << std::strerror(errno);
      return More::kFailed;
    }
  }
}

std::string SocketClient::cut(std::size_t bytes) {
  std::string front = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return front;
}

std::string SocketClient::receive(std::size_t bytes) {
  const Deadline until = deadline();
  while (received_.size() < bytes) {
    const More more = receive_more(until, "receiving");
    if (more == More::kEnd)
      ADD_FAILURE() << "the server closed; " << received_.size() << " of " << bytes << " bytes came";
    if (more != More::kBytes) break;
  }
  return cut(bytes);
}

std::string SocketClient::receive_until(std::string_view pattern) {
  const Deadline until = deadline();
  std::size_t searched = 0;
  while (true) {
    const std::size_t at = received_.find(pattern, searched);
    if (at != std::string::npos) return cut(at + pattern.size());
    searched = received_.size() < pattern.size() ? 0 : received_.size() - pattern.size() + 1;
    const More more = receive_more(until, "receiving up to a pattern");
    if (more == More::kEnd) ADD_FAILURE() << "the server closed before " << testing::PrintToString(pattern) << " came";
    if (more != More::kBytes) return cut(received_.size());
  }
}

std::string SocketClient::receive_until_close() {
  const Deadline until = deadline();
  while (receive_more(until, "waiting for the server to close") == More::kBytes) {
  }
  return cut(received_.size());
}

std::string SocketClient::receive_available() {
  std::array<char, 64 * 1024> buffer;
  ssize_t got = 0;
  while ((got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
    received_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return cut(received_.size());
}

std::string SocketClient::exchange(std::string_view bytes, std::string_view expected) {
  send(bytes);
  return receive(expected.size());
}

void SocketClient::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

void SocketClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void SocketClient::abort() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

}  // namespace larder::test
