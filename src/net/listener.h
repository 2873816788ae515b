// Accepts on one listening socket and hands every new connection on. Runs on one io thread (the first); closes its
// socket, and removes its file, when closed or destroyed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "larder/net/network.h"
#include "net/asio.h"
#include "net/socket_ops.h"

namespace larder::net {

// A connection on its way from the listener to its thread.
struct Accepted {
  UniqueFd fd;
  ConnectionInfo info;  // id and thread are not given yet
  RequestHandler* handler = nullptr;
};

class Listener {
 public:
  struct Context {
    asio::io_context& io;
    const NetworkSettings& settings;
    NetCounters& counters;
    std::function<void(Accepted)> deal;
  };

  // `unix_path` is empty for TCP.
  Listener(Context context, UniqueFd socket, std::string unix_path, RequestHandler& handler);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // On the io thread, or while it does not run.
  void start();
  void close();

 private:
  void wait();
  void accept_some();
  // False: wait before the next attempt.
  bool accept_one(bool& more);
  bool accept_failed(int error);
  void welcome(UniqueFd fd, const SocketAddress& peer);
  void refuse(const UniqueFd& fd);
  void back_off();

  const Context context_;
  RequestHandler& handler_;
  const std::string unix_path_;
  Descriptor socket_;
  Timer retry_;
  std::chrono::steady_clock::time_point next_log_{};
  unsigned long file_inode_ = 0;
};

}  // namespace larder::net
