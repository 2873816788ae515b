#include "net/socket_ops.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace larder::net {

namespace {

constexpr int kDiscardReadsMax = 64;

void set_option(int fd, int level, int name, int value) {
  // A socket that lacks an option works without it.
  static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
}

Transfer outcome_of(ssize_t moved) {
  if (moved > 0) return {Transfer::Outcome::kMoved, static_cast<std::size_t>(moved)};
  if (moved == 0) return {Transfer::Outcome::kEnd, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {Transfer::Outcome::kWouldBlock, 0};
  return {Transfer::Outcome::kFailed, 0};
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

bool SocketAddress::is_loopback() const {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (family() == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr);
  return false;
}

std::string SocketAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (family() == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &v4.sin_addr, host.data(), host.size());
    return std::string(host.data()) + ":" + std::to_string(port());
  }
  if (family() == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host.data(), host.size());
    return "[" + std::string(host.data()) + "]:" + std::to_string(port());
  }
  return {};
}

unsigned short SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

Transfer receive_some(int fd, char* to, std::size_t bytes_max) {
  ssize_t moved = 0;
  do {
    moved = ::recv(fd, to, bytes_max, MSG_DONTWAIT);
  } while (moved < 0 && errno == EINTR);
  return outcome_of(moved);
}

Transfer receive_some(int fd, std::span<char> first, std::span<char> second) {
  if (second.empty()) return receive_some(fd, first.data(), first.size());
  std::array<iovec, 2> places{{{first.data(), first.size()}, {second.data(), second.size()}}};
  msghdr message{};
  message.msg_iov = places.data();
  message.msg_iovlen = places.size();
  ssize_t moved = 0;
  do {
    moved = ::recvmsg(fd, &message, MSG_DONTWAIT);
  } while (moved < 0 && errno == EINTR);
  return outcome_of(moved);
}

Transfer send_some(int fd, std::span<const std::string_view> pieces, std::vector<iovec>& scratch) {
  ssize_t moved = 0;
  if (pieces.size() == 1) {
    do {
      moved = ::send(fd, pieces[0].data(), pieces[0].size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (moved < 0 && errno == EINTR);
    return outcome_of(moved);
  }
  scratch.clear();
  for (const std::string_view piece : pieces) scratch.push_back({const_cast<char*>(piece.data()), piece.size()});
  msghdr message{};
  message.msg_iov = scratch.data();
  message.msg_iovlen = scratch.size();
  do {
    moved = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (moved < 0 && errno == EINTR);
  return outcome_of(moved);
}

void set_receive_low_water(int fd, std::size_t bytes) {
  const int value = static_cast<int>(bytes);
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value));
}

std::size_t readable_bytes(int fd) {
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

std::size_t unacknowledged_bytes(int fd, bool unix_socket) {
  int bytes = 0;
  if (unix_socket || ::ioctl(fd, SIOCOUTQ, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

bool peer_hung_up(int fd) {
  pollfd entry{fd, POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) == 1 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void discard_input(int fd) {
  std::array<char, 16 * 1024> dropped;
  for (int i = 0; i < kDiscardReadsMax; ++i) {
    if (receive_some(fd, dropped.data(), dropped.size()).outcome != Transfer::Outcome::kMoved) return;
  }
}

void shut_down(int fd) {
  ::shutdown(fd, SHUT_RDWR);
}

void set_tcp_options(int fd, long keepalive_s) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (keepalive_s <= 0) return;
  const int idle_s = static_cast<int>(std::min(keepalive_s, 32'767L));  // the kernel's ceiling
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(idle_s / 3, 1));
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace larder::net
