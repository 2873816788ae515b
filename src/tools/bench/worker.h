// One thread of the load generator: its connections, and the loop that sends and receives on them.
//
// Closed loop: each connection gets a window of `depth` requests in as few writes as they fit into, and the next window
// when all of them are answered. Open loop: what is due is dealt to the connections in turn, as long as they have fewer
// than `depth` in flight; what finds no place waits, and its latency grows.
//
// THREADS: construct and connect() anywhere, run() on the worker's own thread; counted() from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "larder/base/clock.h"
#include "larder/base/status.h"
#include "net/socket_ops.h"
#include "tools/bench/load_figures.h"
#include "tools/bench/out_batch.h"
#include "tools/bench/pacer.h"
#include "tools/bench/reply_scanner.h"
#include "tools/bench/request_stream.h"

struct epoll_event;

namespace larder::bench {

inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

// What a worker is to send.
struct Work {
  RequestStream stream;
  std::uint32_t depth = 1;
  std::uint64_t requests_left = kUnlimited;
  std::uint64_t write_bytes_left = kUnlimited;
  std::int64_t end_ns = INT64_MAX;
  std::optional<Pacer> pacer = {};  // set: open loop

  bool goes_on(std::int64_t now_ns) const { return requests_left > 0 && write_bytes_left > 0 && now_ns < end_ns; }
};

// For whoever watches a load.
struct Counted {
  std::uint64_t operations = 0;
  std::uint64_t errors = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

class Worker {
 public:
  // All that is referred to must outlive it. `stop`: set by whoever fails.
  Worker(const ReplyScanner::Context& replies, const Clock& clock, std::atomic<bool>& stop);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Status connect(const Endpoint& endpoint, const std::string& password);

  // Until the work is done and answered. Errors: kIo. The figures are of this run alone.
  Status run(Work& work);
  const LoadFigures& figures() const { return *figures_; }
  Counted counted() const;

 private:
  struct Connection;

  Status loop(Work& work);
  void wait(const Work& work);
  bool serve(Connection& connection, std::uint32_t events, Work& work);
  bool receive(Connection& connection);
  bool send(Connection& connection);
  // Up to `count` requests. Open loop: each counts from when it was due.
  bool issue(Connection& connection, Work& work, std::uint64_t count);
  bool refill(Connection& connection, Work& work);
  bool issue_due(Work& work);
  // Once around the connections; how many requests found a place is taken from `backlog`.
  bool deal(Work& work, std::uint64_t& backlog);
  void await(Connection& connection, bool writable);
  bool fail(std::string what);
  void publish();

  const ReplyScanner::Context& replies_;
  const Clock& clock_;
  std::atomic<bool>& stop_;
  const net::UniqueFd epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;

  std::unique_ptr<LoadFigures> figures_ = std::make_unique<LoadFigures>();
  std::unique_ptr<char[]> read_buffer_;
  OutBatch batch_;  // of the connection at work; what its socket does not take moves to it
  std::vector<epoll_event> events_;
  std::size_t events_count_ = 0;
  std::int64_t now_ns_ = 0;
  std::int64_t last_input_ns_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t in_flight_max_ = 0;
  std::size_t turn_ = 0;            // open loop: which connection is next
  bool crowded_ = false;            // open loop: no connection has room for what is due
  std::int64_t room_since_ns_ = 0;  // open loop: until then every connection was full
  std::string failure_;

  std::atomic<std::uint64_t> operations_{0};
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
};

}  // namespace larder::bench
