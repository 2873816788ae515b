// A small server of short exchanges, for what is asked now and then: a client sends one request, gets one reply, and
// the connection ends. All of it on one thread of its own, which never waits for anybody: a client that is slow or
// silent keeps a place for a while and nobody waiting, and where no place is left the one that came first makes room.
// Knows no protocol beyond the empty line that ends a request; what follows that line is dropped.
//
// LIFE: construct, listen(), start(), stop() or destruction, all on one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "larder/base/status.h"

namespace larder {

struct ExchangeOptions {
  std::size_t connections_max = 16;
  std::size_t request_bytes_max = 16 << 10;
  // From the accepted connection to the last byte of its reply.
  std::chrono::milliseconds time_max{10'000};
  // Called on the thread as it starts (name, niceness).
  std::function<void()> on_thread_start = {};
};

class ExchangeServer {
 public:
  // The bytes of the reply. Called on the server's thread. `whole`: the request ends with its empty line; otherwise it
  // is larger than it may be, and these are its first bytes.
  using Answer = std::function<std::string(std::string_view request, bool whole)>;

  ExchangeServer(ExchangeOptions options, Answer answer);
  ~ExchangeServer();

  // Port 0: any free one. Returns the port. The address is numeric (v4 or v6). Errors: kIo, one clear line.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
  // REQUIRES: listen() went well.
  void start();
  // Ends every connection, whatever has been sent of its reply. May be called twice, or without start().
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder
