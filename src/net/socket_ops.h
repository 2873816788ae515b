// Plain system calls on sockets that Asio has no cheaper word for, with their errors as values. Private to net.
// Stateless; any thread may call them, each on its own sockets.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct iovec;

namespace larder::net {

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  bool is_loopback() const;
  // "127.0.0.1:6379", "[::1]:6379"; empty for other families.
  std::string text() const;
  // 0 for families without ports.
  unsigned short port() const;
};

struct Transfer {
  enum class Outcome { kMoved, kWouldBlock, kEnd, kFailed };
  Outcome outcome = Outcome::kMoved;
  std::size_t bytes = 0;  // moved
};

// Never block. REQUIRES: bytes_max > 0, and pieces that are not all empty.
Transfer receive_some(int fd, char* to, std::size_t bytes_max);
// Fills one place, then the other, in one call. REQUIRES: `first` is not empty.
Transfer receive_some(int fd, std::span<char> first, std::span<char> second);
Transfer send_some(int fd, std::span<const std::string_view> pieces, std::vector<iovec>& scratch);

// A TCP socket becomes readable only with so many bytes, or at its end, or where its buffer takes no more (socket(7),
// SO_RCVLOWAT). Lowering it below what is there makes it readable at once. Unix sockets ignore it.
void set_receive_low_water(int fd, std::size_t bytes);
// Bytes that can be received right now without waiting.
std::size_t readable_bytes(int fd);
// Bytes handed to the kernel that a TCP peer has not acknowledged; 0 for other sockets, whose bytes survive a close.
std::size_t unacknowledged_bytes(int fd, bool unix_socket);
// The peer has closed its side or is gone, whatever still lies unread before that.
bool peer_hung_up(int fd);
// Drops what is readable now, up to a bound: unread bytes would turn a close into a reset, which destroys replies in
// flight.
void discard_input(int fd);
// The peer is sent the end, and what it sends from now on is not received.
void shut_down(int fd);
// No Nagle; probes of an idle peer as Redis times them (0: none).
void set_tcp_options(int fd, long keepalive_s);

}  // namespace larder::net
