// The network: N io threads with one Asio context each, listeners on TCP and Unix sockets, connections dealt round
// robin. Moves bytes between sockets and sessions (protocol/request_handler.h) and knows no protocol and no store.
//
// LIFE: construct, listen_*() (errors are Status), start(), ... drain() or destruction. start(), drain() and the
// destructor belong to one thread (main); post(), settings and figures to any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "larder/base/limits.h"
#include "larder/base/status.h"
#include "larder/protocol/request_handler.h"
#include "larder/stats/net_counters.h"

namespace larder {

// May be changed at any time by any thread; read at each use.
struct NetworkSettings {
  std::atomic<std::uint32_t> maxclients{10'000};
  std::atomic<std::int64_t> idle_timeout_s{0};     // 0: never
  std::atomic<std::int64_t> tcp_keepalive_s{300};  // 0: off
  // Bytes that all unfinished requests together may hold, bodies included. One request may always proceed.
  std::atomic<std::uint64_t> receive_bytes_max{1ULL << 30};
  // Limits with the values of base/limits.h, lowered by tests.
  std::atomic<std::int64_t> receive_stall_ms{limits::kReceiveStallMsMax};
  std::atomic<std::int64_t> output_stall_ms{limits::kOutputStallMsMax};
  std::atomic<std::int64_t> pinned_stall_ms{limits::kPinnedStallMsMax};
  std::atomic<std::uint64_t> output_soft_bytes{limits::kOutputSoftBytes};
  std::atomic<std::uint64_t> output_hard_bytes{limits::kOutputHardBytes};
};

struct NetworkOptions {
  unsigned threads = 1;
  int tcp_backlog = 511;
  // Called on io thread `index` as it starts (names, affinity).
  std::function<void(unsigned index)> on_thread_start;
};

class Network final : public ConnectionPort {
 public:
  Network(const NetworkOptions& options, NetworkSettings& settings, NetCounters& counters);
  ~Network() override;

  // --- Before start() ---
  // Port 0: any free one. Returns the port. An address is numeric (v4 or v6), or "*" for all. Errors: kIo, one clear
  // line.
  Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port, RequestHandler& handler);
  // Replaces a stale socket file; refuses one that somebody serves. `mode` e.g. 0700; 0: as the umask says.
  Status listen_unix(const std::string& path, unsigned mode, RequestHandler& handler);

  // Starts the io threads and begins to accept.
  void start();

  // Stops accepting, lets sessions answer what was received, gives parked requests until `limit`, then closes
  // everything and joins the threads. Returns the number of connections that had to be cut off.
  std::size_t drain(std::chrono::milliseconds limit);

  void post(ConnectionRef to, ConnectionTask task) override;
  // Wakes each of their threads once.
  void post_each(std::span<const ConnectionRef> to, const ConnectionTask& task) override;
  void post_after(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) override;
  void set_timer(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) override;
  void hang_up(const ConnectionInfo& connection) override;

  unsigned threads() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder
