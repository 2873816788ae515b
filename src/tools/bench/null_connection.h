// A connection of the null server, and what the connections of a thread share. Private to the null server.
//
// THREADS: everything belongs to the thread that runs the context.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "larder/base/memory_range.h"
#include "net/asio.h"
#include "net/socket_ops.h"
#include "tools/bench/null_framing.h"
#include "tools/bench/options.h"
#include "tools/bench/out_batch.h"

namespace larder::bench {

// Memory that large values pass through, round and round.
class NullStore {
 public:
  explicit NullStore(std::uint64_t bytes) : memory_(static_cast<std::size_t>(bytes)) {}
  // So that what is sent is memory, and not the system's page of zeros.
  void touch_all();
  // Where the next bytes of a value that comes go: from 1 to `bytes_max` of them.
  std::span<char> place(std::uint64_t bytes_max);
  void filled(std::size_t bytes) { in_ += bytes; }
  // The next value to be sent. REQUIRES: it fits.
  std::string_view value(std::size_t bytes);

 private:
  const MemoryRange memory_;
  std::size_t in_ = 0;
  std::size_t out_ = 0;
};

class NullConnection;

struct NullThread {
  NullThread(const NullServerOptions& options);

  asio::io_context context{1};
  asio::executor_work_guard<net::Executor> work{context.get_executor()};
  NullStore store;
  const std::string value;        // of a GET, if it is not from the store
  const std::size_t value_bytes;  // of a GET
  std::string reply_run;          // many replies to GET, one behind the other, if they are small
  std::size_t replies_in_run = 0;
  std::size_t reply_bytes = 0;
  std::string value_header;  // "$100\r\n"
  std::unique_ptr<char[]> read_buffer;
  OutBatch replies;
  std::unordered_set<std::shared_ptr<NullConnection>> connections;
  bool stopping = false;  // what is accepted now comes too late
};

class NullConnection : public std::enable_shared_from_this<NullConnection> {
 public:
  NullConnection(NullThread& thread, net::UniqueFd fd);
  void await_readable();
  void close();

 private:
  void await_writable();
  void on_readable();
  void on_writable();
  void receive_body();
  // Answers what is complete in `input` (which is not a view of rest_), sends, and waits for what comes next.
  void turn(std::string_view input);
  // False: the connection was closed, or the peer has to take its replies first; `input` is what was left.
  bool answer(std::string_view& input);
  void take_body(std::string_view& input);
  void reply();
  void add_values(std::uint32_t count);
  void flush_run();
  bool send();

  NullThread& thread_;
  net::Descriptor socket_;
  NullFraming framing_;
  std::string rest_;  // a request that has begun
  OutBatch unsent_;
  std::uint64_t body_left_ = 0;
  std::uint32_t run_ = 0;  // GETs not yet answered
};

}  // namespace larder::bench
