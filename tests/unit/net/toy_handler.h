// A RequestHandler for tests of the network alone. One request is one line:
//
//   PING               +PONG
//   ECHO text          text
//   BIG n              n times 'x' and a newline
//   BLOB n             the same, from a block, by reference
//   BODY n             then n bytes, received into a block: +BODY n sum, where sum adds up the bytes
//   HOLD n             as BODY, but it parks with the body, and is answered by answer()
//   BODIES n n ...     one request of several bodies: +BODIES and the number of bytes
//   SKIP n             then n bytes, dropped: -SKIPPED
//   PARK               parks; answered by answer(), or "-ABANDONED" at the end of a drain
//   PARKMS n           parks and is answered "+LATE" after n ms
//   QUIT               +BYE, then closes
#pragma once

#include <atomic>
#include <limits>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "larder/net/network.h"

namespace larder::test {

class ToyHandler final : public RequestHandler {
 public:
  std::unique_ptr<RequestSession> open(const ConnectionInfo& info, ReplyBuffer& refusal) override;

  void set_port(ConnectionPort& port) { port_ = &port; }
  // Answers the parked connection, whichever thread it lives on.
  void answer(ConnectionRef to, const std::string& text);
  // As CLIENT KILL does.
  void kill(ConnectionRef to);
  // Sends the text to each.
  void push(std::span<const ConnectionRef> to, const std::string& text);
  // Waits until so many connections are parked, and names them in the order of their ids.
  std::vector<ConnectionRef> await_parked(std::size_t count);
  std::vector<ConnectionInfo> connections() const;

  std::atomic<bool> refuse{false};
  std::atomic<bool> no_memory{false};
  std::atomic<std::uint64_t> executed{0};
  std::atomic<std::uint64_t> alive{0};
  std::atomic<std::uint64_t> body_blocks{0};  // handed out
  std::atomic<int> bodies_not_yet{0};         // so often a body is told to wait for its turn
  std::atomic<BodyRoom> body_room{BodyRoom::kReady};
  std::atomic<std::uint64_t> bodies_asked{0};
  std::atomic<bool> hurry{false};                                                // output is to be taken soon
  std::atomic<std::size_t> output_max{std::numeric_limits<std::size_t>::max()};  // that may wait
  std::atomic<std::uint64_t> wrong_thread{0};  // calls that came on another thread than the session's own

 private:
  friend class ToySession;

  ConnectionPort* port_ = nullptr;
  mutable std::mutex mutex_;
  std::vector<ConnectionInfo> open_;
  std::set<std::uint64_t> parked_;
};

}  // namespace larder::test
