// The admin port: the pages over HTTP, on a thread of its own that stands back behind those that serve clients. LIFE:
// construct, listen(), start(), stop() or destruction, all on one thread.
#pragma once

#include <cstdint>
#include <string>

#include "admin/http_router.h"
#include "admin/pages.h"
#include "larder/base/status.h"
#include "larder/net/exchange_server.h"

namespace larder {

class AdminServer {
 public:
  // An empty token: nobody is asked for one.
  AdminServer(std::string token, const PageSources& sources);

  // A numeric address; port 0: any free one. Returns the port. Errors: kIo, one line.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port) { return server_.listen(address, port); }
  void start() { server_.start(); }
  void stop() { server_.stop(); }

 private:
  HttpRouter router_;
  ExchangeServer server_;
};

}  // namespace larder
