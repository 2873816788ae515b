// A whole server in this process, on a free port, quiet and quick to stop: for tests over real sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "server/options.h"
#include "server/server.h"
#include "support/socket_client.h"

namespace larder::test {

class TestServer {
 public:
  // `flags` as on the command line: {{"maxitems", "3"}}. Fails the test if the server cannot start.
  explicit TestServer(const NamedValues& flags = {});
  ~TestServer();

  Server& server() { return *server_; }
  std::uint16_t port() const { return server_->port(); }
  SocketClient connect() const { return SocketClient::tcp(port()); }
  // An empty keyspace, whoever is connected.
  void flush();

 private:
  std::unique_ptr<Server> server_;
};

}  // namespace larder::test
