// A small blocking client on plain sockets, for tests that look at bytes. Every call has a time limit; reaching it, or
// an error of the socket, fails the running test and returns what there is. One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace larder::test {

class SocketClient {
 public:
  struct Options {
    std::chrono::milliseconds time_limit{10'000};  // of each call
    int receive_buffer_bytes = 0;                  // 0: the system's; small ones make the server's output wait early
  };

  // 127.0.0.1, or ::1 if `ipv6`.
  static SocketClient tcp(std::uint16_t port, Options options, bool ipv6 = false);
  static SocketClient tcp(std::uint16_t port) { return tcp(port, Options{}); }
  static SocketClient unix_path(const std::string& path, Options options);
  static SocketClient unix_path(const std::string& path) { return unix_path(path, Options{}); }
  // Whether a TCP connection to the port of 127.0.0.1 is accepted by the system.
  static bool can_connect(std::uint16_t port);

  SocketClient(SocketClient&& other) noexcept;
  SocketClient& operator=(SocketClient&& other) noexcept;
  ~SocketClient();

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  std::uint16_t local_port() const;

  // All of it.
  void send(std::string_view bytes);
  // As much as goes at once without waiting; the number of bytes.
  std::size_t send_what_fits(std::string_view bytes);

  std::string receive(std::size_t bytes);
  // Up to and including the first `pattern`. What follows it stays for later calls.
  std::string receive_until(std::string_view pattern);
  // All that comes until the server closes, in either way.
  std::string receive_until_close();
  // What is there without waiting.
  std::string receive_available();
  // send() and then receive() as many bytes as `expected` has, to be compared with it.
  std::string exchange(std::string_view bytes, std::string_view expected);

  // No more is sent; the server sees the end after what was sent.
  void finish_sending();
  void close();
  // Closes with a reset.
  void abort();

 private:
  SocketClient(int fd, Options options) : fd_(fd), options_(options) {}

  using Deadline = std::chrono::steady_clock::time_point;
  Deadline deadline() const { return std::chrono::steady_clock::now() + options_.time_limit; }
  bool wait_for(short events, Deadline until, const char* what);
  enum class More { kBytes, kEnd, kFailed };
  More receive_more(Deadline until, const char* what);
  std::string cut(std::size_t bytes);

  int fd_ = -1;
  Options options_;
  std::string received_;
};

}  // namespace larder::test
