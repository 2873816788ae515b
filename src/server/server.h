// The composition root: builds the store, the statistics, the network and the commands from the options, joins them,
// and runs them. main() puts a process around it; tests run it as it is, several at a time if they like.
//
// LIFE: construct, start(), ... stop() or destruction, all on one thread. Everything else may be asked from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "larder/base/clock.h"
#include "larder/base/status.h"
#include "larder/commands/services.h"
#include "larder/stats/statistics.h"
#include "larder/store/sharded_store.h"
#include "server/options.h"

namespace larder {

class Advisor;
class Network;

struct ServerSetup {
  Options options;
  // Any free TCP port instead of the one in the options; see Server::port(). For tests.
  bool any_free_port = false;
  // An admin port at any free port; see Server::admin_port(). For tests.
  bool admin_on_free_port = false;
  // The system's, if null. For tests; must outlive the server.
  const Clock* clock = nullptr;
};

class Server {
 public:
  // Resolves what is `auto` and builds everything; nothing runs and nothing listens yet.
  explicit Server(ServerSetup setup);
  // Stops, if nobody did.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens, starts the threads and logs what runs. Once it has returned ok the server answers. Errors: kIo, one line.
  // REQUIRES: not started.
  Status start();

  // Stops accepting, answers what was received, closes the connections and ends the threads, within two seconds. May be
  // called twice.
  void stop();

  // The TCP port that is listened on; 0: none.
  std::uint16_t port() const;
  // That of the admin server; 0: there is none.
  std::uint16_t admin_port() const;
  // "127.0.0.1:6379", "/run/larder.sock"
  const std::vector<std::string>& addresses() const;

  // The options as they are now, resolved.
  Options options() const;
  ShardedStore& store();
  Statistics& statistics();
  Advisor& advisor();
  ConnectionPort& connections();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder
