// One connection: moves bytes between its socket and its session, in turns that are short enough for the others of its
// thread.
//
//   socket -> the thread's read buffer -> session -> the thread's replies -> socket
//                 | unconsumed: rest_                     | unsent: output_
//
// It keeps only what is incomplete. Every entry (readable, writable, a turn of its own, a task, a grant of memory) does
// its part and ends in settle(), the one place that decides what is waited for next.
//
// LIFE: owned by its IoThread until close(); handlers in flight keep it a little longer and find it closed. Everything,
// the session's construction and destruction included, happens on its thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "larder/protocol/request_handler.h"
#include "net/asio.h"
#include "net/io_thread.h"
#include "net/ready_set.h"
#include "net/receive_budget.h"
#include "net/socket_ops.h"

namespace larder::net {

class Connection final : public std::enable_shared_from_this<Connection>, private ReadyMember {
 public:
  Connection(IoThread& thread, UniqueFd fd, ConnectionInfo info);
  ~Connection();

  std::uint64_t id() const { return info_.ref.id; }
  void start(RequestHandler& handler);
  void run_task(const ConnectionTask& task);
  void check_time_limits(std::int64_t now_ms);
  // What lies in the socket now is still executed, nothing that comes later.
  void begin_drain();
  // Closes at once; a parked request is answered by its session first. True if anything was lost.
  bool cut_off();

  std::size_t place = 0;  // for IoThread: where its list has this connection

 private:
  enum class Stage : std::uint8_t {
    kRequests,   // input goes to the session
    kBody,       // input goes into body_
    kSkip,       // input is dropped
    kLingering,  // no session any more; all is sent, the peer is given time to take it
  };

  // --- Events ---
  void on_ready(Readiness now) override;
  // Whoever waits for what the socket is ready for.
  void wake();
  void on_readable();
  void on_writable();
  void on_turn();
  void on_granted();

  // --- Input ---
  // True if there is new input: `input` is then everything unconsumed.
  bool receive(std::string_view& input);
  void receive_body();
  // From the socket; remembers whether it has more.
  Transfer receive_into(std::span<char> first, std::span<char> second = {});
  // Has the socket tell of input only once there is so much of it: a large body then comes in few pieces. Until set
  // back to 1.
  void wait_for_bytes(std::size_t bytes);
  // The bookkeeping of a receive. True if bytes came.
  bool took(const Transfer& got);
  void keep(std::string_view unconsumed);
  std::size_t receive_max(std::size_t space) const;

  // --- Turns ---
  void turn(std::string_view input);
  // A turn without new input.
  void resume();
  // Does the next piece of work on `input`. False: no more can be done in this turn.
  bool advance(std::string_view& input);
  bool execute(std::string_view& input);
  bool open_body();
  // Whether so many more bytes of the body may be received now. If not, arranges for what is next.
  bool body_may_go_on(std::size_t bytes);
  void refuse_body();
  bool fill_body(std::string_view& input);
  bool skip_body(std::string_view& input);
  void finish_body();
  void finish_turn();

  // --- Memory of the unfinished request ---
  bool reserve(std::uint64_t bytes);
  bool charge_body(std::size_t bytes);
  void give_back_surplus();
  // What the unfinished request holds now, of a body what has come.
  std::uint64_t due() const;
  void charge_unfinished();
  void charge_parked();
  void set_at_rest(bool at_rest);
  void release_memory();
  std::size_t buffered_bytes() const;
  bool unfinished() const;

  // --- Output ---
  void flush();
  void send(ReplyBuffer& from);

  // --- What next ---
  void settle();
  bool parked() const { return session_ != nullptr && session_->parked(); }
  bool output_blocked() const;
  // Whether the session's limits allow what waits to be sent. If not the connection is closed.
  bool output_fits();
  void await_readable();
  void await_writable();
  void post_wake();
  void post_turn();
  void turn_later();
  void count_parked(bool now_parked);
  void update_gauges();

  // --- The end ---
  void begin_linger();
  void linger();
  void end_session();
  void give_up(SharedCounter* counter, const std::string& why);
  void close();

  IoThread& thread_;
  ConnectionInfo info_;
  const std::shared_ptr<ConnectionGauges> gauges_;
  UniqueFd socket_;
  std::unique_ptr<RequestSession> session_;
  ReceiveBudget::Share share_;

  std::string rest_;    // received, not consumed
  ReplyBuffer output_;  // replies the socket would not take; if any, the socket is awaited
  BlobRef body_;
  std::size_t body_bytes_ = 0;  // of the body wanted, being received, or left to be skipped
  std::size_t body_filled_ = 0;
  std::size_t low_water_ = 1;  // of the socket's input
  std::uint64_t charged_ = 0;  // what share_ holds
  std::uint64_t wanted_ = 0;   // what share_ waits for
  std::size_t drain_bytes_left_ = 0;
  std::int64_t last_input_ms_ = 0;
  std::int64_t last_output_ms_ = 0;
  std::int64_t linger_until_ms_ = 0;

  Stage stage_ = Stage::kRequests;
  bool more_ = false;        // a turn could do more without new input
  bool after_body_ = false;  // nothing but bodies, and what came with them, was received since
  bool peer_ended_ = false;
  bool closing_ = false;  // send what is waiting, then close
  bool draining_ = false;
  bool closed_ = false;
  bool counted_parked_ = false;
  bool at_rest_ = false;  // what is charged belongs to a request that is parked
  // As far as is known: the socket has input, or room for output. Edges set them, transfers that fall short clear them.
  bool readable_ = false;
  bool writable_ = true;
  bool hung_up_ = false;  // what can be read ends with the end
  bool awaits_readable_ = false;
  bool awaits_writable_ = false;
  bool wake_posted_ = false;
  bool turn_posted_ = false;
  bool blocked_ = false;  // no room for a body: there will be a turn in a while
};

}  // namespace larder::net
