// One RESP client: its database, name, RESP version, login, and what it is in the middle of. Executes requests: parse, look
// up, check (login, arity, memory), call, count. Used by its connection's io thread only; the part that CLIENT LIST shows
// other clients is in the shared ClientRecord.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "commands/client_registry.h"
#include "commands/command.h"
#include "commands/refill_timer.h"
#include "larder/protocol/request_handler.h"
#include "larder/protocol/resp_parser.h"

namespace larder {

// What CLIENT REPLY has set.
enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext };

class Session final : public RequestSession {
 public:
  Session(const Services& services, ClientRegistry& clients, std::shared_ptr<ClientRecord> record);
  ~Session() override;

  // --- RequestSession ---
  TurnResult on_input(std::string_view input, ReplyBuffer& out, std::size_t output_bytes_max) override;
  BlobRef body_block(std::size_t body_bytes) override;
  void body_received(BlobRef body) override;
  void body_skipped() override;
  bool parked() const override { return parked_ticket_ != 0; }
  bool closing() const override { return closing_; }
  bool mid_request() const override { return parser_.mid_request(); }
  std::size_t buffered_bytes() const override { return parser_.buffered_bytes(); }
  void abandon_parked(ReplyBuffer& out) override;

  // --- For handlers ---
  ClientRecord& record() { return *record_; }
  Database database() const { return database_; }
  void set_database(Database database);
  RespVersion version() const { return version_; }
  void set_version(RespVersion version);
  bool authenticated() const { return authenticated_; }
  void set_authenticated(bool authenticated);
  void set_reply_mode(ReplyMode mode) { reply_mode_ = mode; }
  bool no_touch() const { return no_touch_; }
  void set_no_touch(bool on) { no_touch_ = on; }
  void close() { closing_ = true; }
  RefillTimer& refill_timer() { return refill_timer_; }
  // RESET: as a new connection, login included.
  void reset();

  // --- Answering later ---
  // Parks the session on the request being executed and returns the ticket of its answer. A handler that parks returns
  // Outcome::kParked. After `time_limit` the client gets `timeout_error`.
  std::uint64_t park(std::chrono::milliseconds time_limit, std::string timeout_error);
  // Answers the parked request from any thread: posts to the connection. A ticket that is no longer waited for (answered,
  // timed out, closed) is dropped.
  static void answer(ConnectionPort& port, ConnectionRef to, std::uint64_t ticket,
                     std::function<void(ReplyWriter&)> write_reply);
  // The same after a delay.
  static void answer_after(ConnectionPort& port, std::chrono::milliseconds delay, ConnectionRef to, std::uint64_t ticket,
                           std::function<void(ReplyWriter&)> write_reply);

 private:
  // The implementer completes this part.
};

}  // namespace larder
