// The floor of what a server can cost: replies of constant bytes, in the way of the real network layer (Asio's
// readiness, one buffer a thread, one write a batch), with no store, no parser and no session. What a real server costs
// beyond it is its own. RESP only; listens on 127.0.0.1.
//
// A GET is answered with a value of value_bytes, MGET with as many as it has keys, PING with +PONG, all else with +OK.
// Values of 64 KiB and more are received into, and sent from, places that go round in store_bytes of memory, so that
// both touch memory that no cache holds, as in a store.
//
// LIFE: construct, listen(), start(), stop() or destruction, on one thread.
#pragma once

#include <cstdint>
#include <memory>

#include "larder/base/status.h"
#include "tools/bench/options.h"

namespace larder::bench {

class NullServer {
 public:
  explicit NullServer(const NullServerOptions& options);
  ~NullServer();
  NullServer(const NullServer&) = delete;
  NullServer& operator=(const NullServer&) = delete;

  // Returns the port. Errors: kIo, one line.
  Result<std::uint16_t> listen();
  void start();
  // Closes all connections and joins the threads.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Until SIGTERM or SIGINT; says "ready" on stdout when it listens. Errors: kIo.
Status serve_until_signal(const NullServerOptions& options);

}  // namespace larder::bench
