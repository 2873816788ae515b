// One connection of an ExchangeServer: receives the request, sends the reply, waits for the client to close so that
// nothing unread turns the close into a reset. Private to net; lives on its server's thread, kept by what it waits for
// until it is closed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "larder/net/exchange_server.h"
#include "net/asio.h"
#include "net/socket_ops.h"

namespace larder::net {

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  struct Context {
    const ExchangeOptions& options;
    const ExchangeServer::Answer& answer;
    std::function<void(const Exchange&)> on_end;  // once; whatever the server keeps of it may go
  };

  Exchange(asio::io_context& io, UniqueFd socket, Context context);

  void start();
  // May be called twice.
  void close();

 private:
  void wait_readable();
  void on_readable();
  void answer(bool whole);
  void send_rest();
  void finish();

  const Context context_;
  Descriptor socket_;
  Timer deadline_;
  std::string request_;
  std::string reply_;
  std::size_t sent_bytes_ = 0;
  bool answered_ = false;
};

}  // namespace larder::net
