// The seam between moving bytes (net) and meaning (commands, later memcached and admin). net hands a session the bytes
// of its connection and sends what the session appends; it knows no protocol. A session is used by its connection's io
// thread only, one call at a time; it reaches other connections, and later its own, through ConnectionPort.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "larder/base/blob.h"
#include "larder/protocol/reply_buffer.h"

namespace larder {

// Names a connection for ever: ids are never given twice. The thread is where it lives.
struct ConnectionRef {
  std::uint64_t id = 0;
  std::uint32_t thread = 0;
};

// What net knows of a connection and CLIENT LIST shows; written by its thread, read by any.
struct ConnectionGauges {
  std::atomic<std::uint64_t> unread_bytes{0};    // received, not yet executed
  std::atomic<std::uint64_t> unsent_bytes{0};    // replies waiting
  std::atomic<std::uint64_t> buffer_bytes{0};    // memory held for the connection, replies and bodies aside
  std::atomic<std::uint64_t> received_bytes{0};  // in all
  std::atomic<std::uint64_t> sent_bytes{0};
};

struct ConnectionInfo {
  ConnectionRef ref;
  std::string peer_address;   // "127.0.0.1:50612", "[::1]:50612", or the socket's path and ":0"
  std::string local_address;  // likewise
  int fd = -1;
  bool unix_socket = false;
  bool loopback = false;  // Unix sockets count as loopback
  std::shared_ptr<const ConnectionGauges> gauges;
};

struct TurnResult {
  enum class State : std::uint8_t {
    kNeedInput,  // nothing more to do with these bytes
    kYield,      // more could be done, but this turn's share is used up: call again after others had theirs
    kNeedBody,   // receive the next `body_bytes` into body_block() and hand them to body_received()
    kSkipBody,   // read and drop the next `body_bytes`, then call body_skipped()
    kParked,     // a request is answered later; do not call on_input() until resumed() (see ConnectionPort)
    kClose,      // send what was appended, then close
  };
  State state = State::kNeedInput;
  std::size_t consumed = 0;  // bytes of the input that may be dropped
  std::size_t body_bytes = 0;
};

// Whether a body may go on being received.
enum class BodyRoom : std::uint8_t {
  kReady,
  kNotYet,   // some room was made: ask again after others had their turn
  kBlocked,  // there is none to be made at present: ask again in a while
  kRefused,  // there will be none: drop the body, what has come of it and what is to come, then call body_skipped()
};

class RequestSession {
 public:
  virtual ~RequestSession() = default;

  // Executes what `input` (all unconsumed bytes) holds, in order, appending replies to `out`. Stops early when `out`
  // has grown beyond `output_bytes_max` (kYield).
  virtual TurnResult on_input(std::string_view input, ReplyBuffer& out, std::size_t output_bytes_max) = 0;

  // The place for a body of so many bytes. Empty: no memory; net then closes the connection.
  virtual BlobRef body_block(std::size_t body_bytes) = 0;
  // Makes room for the first `body_bytes` of the body being received, a bounded piece a call; asked before more of it
  // is read.
  virtual BodyRoom prepare_body(std::size_t body_bytes) = 0;
  virtual void body_received(BlobRef body) = 0;
  virtual void body_skipped() = 0;

  // True from kParked until a ConnectionTask has answered the request.
  virtual bool parked() const = 0;
  // Parked, but it waits for nobody: it is being worked on, and will be answered soon.
  virtual bool is_at_work() const { return false; }
  // True once the session wants to be closed (QUIT, CLIENT KILL); net sends what is waiting, if the peer still
  // takes it, and closes.
  virtual bool closing() const = 0;
  // True inside a request whose rest has not come (for the receive time limit).
  virtual bool mid_request() const = 0;
  // Bytes the session keeps for a request that is unfinished, or parked before it is executed, bodies aside; bounded by
  // net.
  virtual std::size_t buffered_bytes() const = 0;
  // Bodies received that such a request waits with, in bytes (MSET with several large values); 0 once it is executed.
  // They count against what all unfinished requests together may hold.
  virtual std::size_t held_body_bytes() const { return 0; }

  // True while so much memory is kept for nothing but replies that are not taken that their clients have less time.
  virtual bool output_must_hurry() const { return false; }

  // Whether so many bytes may wait to be taken by the client, as its limits are. False: it is closed at once. Asked
  // after tasks, and while output waits.
  virtual bool output_within_limits(std::size_t /*waiting_bytes*/, std::int64_t /*now_ms*/) { return true; }

  // All output that had waited was taken by the client: what the session has held back may be appended.
  virtual void output_taken(ReplyBuffer& /*out*/) {}

  // The server is stopping and will not wait longer: answer a parked request with an error.
  virtual void abandon_parked(ReplyBuffer& out) = 0;
  // Whether the idle time limit applies (not to subscribers, as in Redis).
  virtual bool may_idle_out() const { return true; }
};

// Something to be done on a connection's own thread, with its session; appended output is sent, and if the session is
// no longer parked the rest of its input is executed.
using ConnectionTask = std::function<void(RequestSession&, ReplyBuffer& out)>;

// Reaches connections from any thread; implemented by net. A task for a connection that is gone is dropped without a
// word.
class ConnectionPort {
 public:
  virtual ~ConnectionPort() = default;
  virtual void post(ConnectionRef to, ConnectionTask task) = 0;
  // The same task for each of several.
  virtual void post_each(std::span<const ConnectionRef> to, const ConnectionTask& task) {
    for (const ConnectionRef& one : to) post(one, task);
  }
  virtual void post_after(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) = 0;
  // The same for what is set again and again: each connection has one such timer, and this takes the place of what it
  // was set to before. (That may run all the same, if its time has come.)
  virtual void set_timer(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) = 0;
  // Ends the traffic in both directions, whatever its thread is doing: when this returns the peer has been sent the
  // end, behind what the system had taken before, and nothing it sends from then on is received. REQUIRES: its session
  // does not end meanwhile.
  virtual void hang_up(const ConnectionInfo& connection) = 0;
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // A session for a new connection. Null: it is not served; what was appended to `refusal` is sent, then it is closed.
  // Called on the connection's io thread.
  virtual std::unique_ptr<RequestSession> open(const ConnectionInfo& info, ReplyBuffer& refusal) = 0;
};

}  // namespace larder
