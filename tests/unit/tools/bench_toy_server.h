// A server of one connection that answers as the test says, on a free port.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "net/listen_socket.h"
#include "net/socket_ops.h"
#include "tools/bench/null_framing.h"

namespace larder::bench {

class ToyServer {
 public:
  // The reply to a request; empty: closes the connection.
  using Answer = std::function<std::string(std::string_view request)>;

  explicit ToyServer(Answer answer)
      : answer_(std::move(answer)), listener_(net::open_tcp_listener("127.0.0.1", 0, 1).value()) {
    thread_ = std::thread([this] {
      pollfd waits{listener_.get(), POLLIN, 0};
      ::poll(&waits, 1, -1);
      const net::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client) serve(client);
    });
  }
  // A test that never connects would wait here.
  ~ToyServer() { thread_.join(); }
  ToyServer(const ToyServer&) = delete;
  ToyServer& operator=(const ToyServer&) = delete;

  std::uint16_t port() const { return net::bound_port(listener_); }

 private:
  void serve(const net::UniqueFd& client) {
    NullFraming framing;
    std::string input;
    std::array<char, 65'536> buffer;
    for (ssize_t got = 0; (got = ::recv(client.get(), buffer.data(), buffer.size(), 0)) > 0;) {
      input.append(buffer.data(), static_cast<std::size_t>(got));
      std::string replies;
      for (std::string_view left = input; framing.next(left) == NullFraming::Event::kRequest; left = input) {
        const std::string reply = answer_(std::string_view(input).substr(0, input.size() - left.size()));
        if (reply.empty()) return;
        replies += reply;
        input.erase(0, input.size() - left.size());
      }
      if (!replies.empty()) ::send(client.get(), replies.data(), replies.size(), MSG_NOSIGNAL);
    }
  }

  const Answer answer_;
  const net::UniqueFd listener_;
  std::thread thread_;
};

}  // namespace larder::bench
