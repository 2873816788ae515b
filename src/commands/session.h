// One RESP client: its database, name, RESP version, login, and what it is in the middle of. Executes requests: parse,
// look up, check (login, arity, memory), call, count. Used by its connection's io thread only; the part that CLIENT
// LIST shows other clients is in the shared ClientRecord. What other clients do to it (CLIENT PAUSE and UNBLOCK,
// MONITOR) is in session_bystanders.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "commands/batch_statistics.h"
#include "commands/client_registry.h"
#include "commands/command.h"
#include "commands/command_table.h"
#include "commands/parked_request.h"
#include "commands/push_client.h"
#include "commands/push_services.h"
#include "commands/refill_timer.h"
#include "commands/request_batch.h"
#include "commands/slow_watch.h"
#include "commands/transaction.h"
#include "larder/protocol/request_handler.h"
#include "larder/protocol/resp_parser.h"
#include "larder/store/sharded_store.h"

namespace larder {

// What CLIENT REPLY has set.
enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext };

class Session final : public RequestSession {
 public:
  // Registers the record for as long as the session lives.
  Session(const Services& services, ClientRegistry& clients, LeaseWaiters& lease_waiters, PushServices& pushes,
          std::shared_ptr<ClientRecord> record, RequestBatch& batch);
  ~Session() override;

  // --- RequestSession ---
  TurnResult on_input(std::string_view input, ReplyBuffer& out, std::size_t output_bytes_max) override;
  BlobRef body_block(std::size_t body_bytes) override;
  BodyRoom prepare_body(std::size_t body_bytes) override;
  void body_received(BlobRef body) override;
  void body_skipped() override;
  bool parked() const override { return parked_ticket_ != 0; }
  bool is_at_work() const override { return parked_request_ != nullptr && parked_request_->is_at_work(); }
  bool closing() const override { return closing_; }
  bool mid_request() const override { return parser_.mid_request(); }
  std::size_t buffered_bytes() const override;
  std::size_t held_body_bytes() const override;
  bool output_must_hurry() const override { return services_.store.pins_too_much(); }
  void abandon_parked(ReplyBuffer& out) override;
  bool may_idle_out() const override { return !is_subscriber(); }
  bool output_within_limits(std::size_t waiting_bytes, std::int64_t now_ms) override;
  void output_taken(ReplyBuffer& out) override;

  // --- For handlers ---
  ClientRecord& record() { return *record_; }
  const std::shared_ptr<ClientRecord>& shared_record() const { return record_; }
  Database database() const { return database_; }
  void set_database(Database database);
  RespVersion version() const { return version_; }
  void set_version(RespVersion version);
  bool authenticated() const { return authenticated_; }
  void set_authenticated(bool authenticated);
  void set_reply_mode(ReplyMode mode);
  bool no_touch() const { return no_touch_; }
  void set_no_touch(bool on);
  void close() { closing_ = true; }
  RefillTimer& refill_timer() { return refill_timer_; }
  // RESET: as a new connection, login included. What was pushed before goes to `out`.
  void reset(ReplyBuffer& out);

  // --- What others push ---
  PushServices& pushes() { return pushes_; }
  // Made at the first call.
  PushClient& push_client();
  bool is_subscriber() const { return push_client_ != nullptr && push_client_->is_subscriber(); }
  // Whether the keys that it reads now are noted for CLIENT TRACKING.
  bool tracks_reads() const { return push_client_ != nullptr && push_client_->notes_reads(); }
  // Pushes pass where replies are switched off: what was appended so far stays when this request's reply is dropped.
  void keep_pushed(const ReplyBuffer& out) {
    if (suppressed()) push_client().keep(out);
  }
  // The requests behind this one are executed as another batch.
  void end_batch() { limits_changed_ = true; }
  // Who is said to have changed what is changed while it executes; 0: it does not matter.
  std::uint64_t acting_id() const { return push_client_ == nullptr ? 0 : record_->info.ref.id; }
  // The mailbox's wake-up.
  void deliver_pushes(ReplyBuffer& out);

  // --- Transactions (session_transaction.cpp) ---
  // Between MULTI and EXEC.
  bool in_multi() const { return transaction_ != nullptr && transaction_->is_queuing(); }
  // While EXEC executes.
  bool in_exec() const { return transaction_ != nullptr && transaction_->is_executing(); }
  // Begins to be, if there is none.
  Transaction& transaction();
  void unwatch();
  // Forgets what is queued and watched.
  void end_transaction();
  // Executes what is queued, and replies. REQUIRES: in_multi().
  void exec(CommandContext& context);
  // A queued command, by its index, has answered an error.
  void count_failed(std::size_t command, std::string_view code);

  // --- Answering later (session_parking.cpp) ---
  using WriteReply = std::function<void(ReplyWriter&)>;
  // Parks the session on the request being executed and returns the ticket of its answer. A handler that parks returns
  // Outcome::kParked. After `time_limit` the client gets `timeout_error`; inside EXEC, where nothing waits, it gets it
  // at once.
  std::uint64_t park(std::chrono::milliseconds time_limit, std::string timeout_error);
  // Parks it for a time after which the client gets the reply: what is waited for is the time itself, or does not come.
  // Returns what the handler then returns. `unblockable`: CLIENT UNBLOCK may end it sooner.
  Outcome wait(std::chrono::milliseconds time, WriteReply reply, bool unblockable = false);
  // Parks the session on a request that looks again whenever it is asked to. It is let go once it has been answered, or
  // its client has left; after `time_limit` it times out.
  void park(std::chrono::milliseconds time_limit, std::shared_ptr<ParkedRequest> request);
  // Has a request look again, from any thread, or after some time. One that has been answered is left alone.
  static void ask_again(ConnectionPort& port, ConnectionRef to, std::weak_ptr<ParkedRequest> request);
  static void ask_again_after(ConnectionPort& port, std::chrono::milliseconds delay, ConnectionRef to,
                              std::weak_ptr<ParkedRequest> request);
  // Answers the parked request from any thread: posts to the connection. A ticket that is no longer waited for
  // (answered, timed out, closed) is dropped.
  static void answer(ConnectionPort& port, ConnectionRef to, std::uint64_t ticket,
                     std::function<void(ReplyWriter&)> write_reply);
  // The same after a delay.
  static void answer_after(ConnectionPort& port, std::chrono::milliseconds delay, ConnectionRef to,
                           std::uint64_t ticket, std::function<void(ReplyWriter&)> write_reply);

  // --- What other clients do ---
  // Ends the wait of that ticket, claimed in ClientRecord::unblock_ticket: with an error, or as its end would.
  void unblock(std::uint64_t ticket, bool with_error, ReplyBuffer& out);
  // Executes the request that a pause has held, if it is that of the ticket and the pause is over.
  void go_on(std::uint64_t ticket, ReplyBuffer& out);
  std::uint64_t parked_ticket() const { return parked_ticket_; }
  void set_monitoring(bool on);
  void see_commands(std::string_view lines, ReplyBuffer& out) const;
  // Too much waits for it.
  void drop_slow_monitor();

 private:
  // What the requests of a batch have in common while it is executed.
  struct Execution {
    Execution(ReplyBuffer& replies, TimeMs now, const Services& services, const ClientRecord& client,
              ThreadStatistics& thread)
        : out(replies),
          now_ms(now),
          slow(services, client),
          statistics(thread, services.clock, &slow),
          kept(services.store) {}

    ReplyBuffer& out;
    TimeMs now_ms;
    SlowWatch slow;
    BatchStatistics statistics;
    ShardedStore::KeptLock kept;
    std::size_t kept_bytes = 0;  // moved since its lock was taken
    // Of the request that was drawn for the sample of requests.
    struct {
      TrafficSample::Draw draw;
      bool is_done = false;
      Database database = 0;  // in which it was executed
      TrafficCounts counts;
    } drawn;

    void release_lock() {
      kept.release();
      kept_bytes = 0;
    }
  };

  // What a parked session keeps, if it needs anything.
  struct Waiting {
    WriteReply timeout_reply;  // of wait()
    bool unblockable = false;
    std::optional<Request> held;  // by a pause, not executed yet
  };

  ParseResult parse_batch(std::string_view input);
  // For the requests in batch_.
  Execution begin_execution(ReplyBuffer& out);
  void end_execution(Execution& execution);
  // Executes the batch in order until something must happen before the rest; returns how many were executed.
  std::size_t execute_batch(ReplyBuffer& out, std::size_t output_bytes_max);
  bool must_stop() const { return parked_ticket_ != 0 || closing_ || limits_changed_; }
  // Forgets what was parsed beyond the last executed request; its bytes are parsed again.
  void rewind_parser();
  void apply_parse_limits();
  TurnResult decide_body(std::size_t consumed, std::size_t body_bytes);
  // --- Room for the request that is arriving ---
  // Whether it is a command that is refused where memory is used up; such a one stores its arguments.
  bool stores_arguments() const;
  // What its arguments so far take once they are stored; not much is left out.
  std::size_t room_bytes_so_far() const;
  std::size_t body_room_bytes(std::size_t body_bytes) const;
  // Gives back what the request that was executed has left of it.
  void forget_room();
  // As far as one turn goes.
  void make_room_for_buffered();
  void refuse_input(const std::string& error, ReplyBuffer& out);

  void execute(std::size_t index, Execution& execution);
  void execute_begun(std::size_t index, Execution& execution);
  // The same as execute(), and what it did is kept for the sample (session_sampling.cpp).
  void execute_drawn(std::size_t index, Execution& execution);
  void add_to_sample(const Execution& execution);
  // The row to call; writes the error and answers nothing if the request may not be executed.
  FoundCommand admit(FoundCommand command, const Request& request, ReplyWriter& reply);
  static bool is_http(const Request& request);
  Outcome call(const FoundCommand& command, const Request& request, const Key* first_key, ReplyWriter& reply,
               Execution& execution);
  // Between MULTI and EXEC: keeps the request; and what becomes of the transaction when `refused` was not admitted.
  void queue(const FoundCommand& command, const Request& request, ReplyWriter& reply);
  bool has_room_to_queue(const FoundCommand& command, const Request& request);
  void spoil_transaction(const FoundCommand& refused, ReplyBuffer& out, const ReplyBuffer::Mark& mark);
  // Whether a batch may hold the shards of all its keys while it is executed.
  bool may_hold_all(const Execution& execution) const;
  // Whether the shard that is held is wanted by the request after `index` as well, and has not been held for too much.
  bool keeps_lock(std::size_t index, const Execution& execution) const;
  // For a client that tracks: the keys that the command reads, before it does.
  void note_reads(const CommandSpec& spec, const Request& request, Execution& execution);
  // Counts an error reply. True if it was one.
  bool count_error(const ReplyBuffer& out, const ReplyBuffer::Mark& mark);
  // Takes back what was appended since the mark, but for what was pushed.
  void drop_reply(ReplyBuffer& out, const ReplyBuffer::Mark& mark);
  bool suppressed() const { return skip_reply_ || reply_mode_ != ReplyMode::kOn; }
  void begin_parking();
  void end_parking();
  // Where nothing has answered the parked request until then.
  void answer_at_end(std::chrono::milliseconds time_limit, WriteReply write_reply);
  // The reply to the parked request has been written, after `mark`.
  void finish_parked(ReplyBuffer& out, const ReplyBuffer::Mark& mark);
  void deliver(std::uint64_t ticket, const std::function<void(ReplyWriter&)>& write_reply, ReplyBuffer& out);
  void time_out(std::uint64_t ticket, ReplyBuffer& out);

  // --- Where somebody else has a say in what is executed ---
  // False: the request is not executed, or not yet.
  bool let_pass(const FoundCommand& command, std::size_t index, ReplyWriter& reply, Execution& execution);
  bool held_by_pause(const FoundCommand& command, std::size_t index, Execution& execution);
  void show_to_monitors(const FoundCommand& command, const Request& request);
  void look_again(const std::weak_ptr<ParkedRequest>& request, ReplyBuffer& out);

  // Constant after construction.
  const Services& services_;
  ClientRegistry& clients_;
  LeaseWaiters& lease_waiters_;
  PushServices& pushes_;
  const std::shared_ptr<ClientRecord> record_;
  RequestBatch& batch_;
  ThreadStatistics& statistics_;

  // Goes after the parser and the blocks that it keeps. Null: none is needed.
  std::unique_ptr<Reservation> room_;
  std::size_t bodies_room_bytes_ = 0;  // for the bodies that have come
  std::int64_t blocked_since_ns_ = 0;  // 0: room is being found
  StatusCode body_refusal_ = StatusCode::kTooLarge;

  std::unique_ptr<PushClient> push_client_;  // null: nobody pushes anything

  RespParser parser_;
  RefillTimer refill_timer_;
  Database database_ = 0;
  RespVersion version_ = RespVersion::k2;
  ReplyMode reply_mode_ = ReplyMode::kOn;
  bool skip_reply_ = false;  // of the request being executed, or parked
  bool authenticated_ = false;
  bool no_touch_ = false;
  bool closing_ = false;
  bool limits_changed_ = false;
  std::uint64_t parked_ticket_ = 0;  // 0: not parked
  std::uint64_t last_ticket_ = 0;
  std::size_t parked_command_ = 0;
  std::unique_ptr<Waiting> waiting_;               // null: there is nothing to keep
  std::shared_ptr<ParkedRequest> parked_request_;  // null: it is answered by its ticket alone
  bool answers_all_the_same_ = false;              // the request being executed, though replies are off by now
  std::unique_ptr<Transaction> transaction_;       // null: neither between MULTI and EXEC nor watching
};

// What EXEC answers where an error reply ("-ERR text\r\n") has ended the transaction.
std::string transaction_aborted_because(std::string_view error_reply);

}  // namespace larder
