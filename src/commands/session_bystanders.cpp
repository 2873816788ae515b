// What other clients do to a session: their pauses hold its requests, they unblock it, they show it what they execute.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "commands/arguments.h"
#include "commands/monitor_line.h"
#include "commands/session.h"
#include "larder/base/limits.h"

namespace larder {

std::size_t Session::buffered_bytes() const {
  const bool held = waiting_ != nullptr && waiting_->held;
  return parser_.buffered_bytes() + (held ? waiting_->held->buffer_bytes() : 0) +
         (parked_request_ != nullptr ? parked_request_->bytes() : 0);
}

std::size_t Session::held_body_bytes() const {
  const bool held = waiting_ != nullptr && waiting_->held;
  return parser_.partial().blob_bytes() + (held ? waiting_->held->blob_bytes() : 0);
}

bool Session::let_pass(const FoundCommand& command, std::size_t index, ReplyWriter& reply, Execution& execution) {
  if (record_->monitors.load(std::memory_order_relaxed) &&
      (command.spec->flags & (kWrite | kReadOnly | kMayReplicate)) != 0) {
    reply.error("ERR Replica can't interact with the keyspace");
    statistics_.by_command[command.index].rejected.add();
    if (in_multi()) transaction_->spoil();
    return false;
  }
  return !held_by_pause(command, index, execution);
}

bool Session::held_by_pause(const FoundCommand& command, std::size_t index, Execution& execution) {
  // What logs in and what ends a pause passes, or nobody could end one of everything.
  if ((command.spec->flags & kNoAuth) != 0) return false;
  if (command.container != nullptr && command.container->name == "client") return false;
  const bool writes = (command.spec->flags & (kWrite | kMayReplicate)) != 0 ||
                      (transaction_ != nullptr && command.spec->name == "exec" && transaction_->writes());
  // Before the look: whoever ends the pause after it finds this session.
  record_->held.store(true);
  const auto until_ms = clients_.pause().holds(writes, execution.now_ms);
  if (!until_ms) {
    record_->held.store(false);
    return false;
  }
  parked_command_ = command.index;
  begin_parking();
  waiting_ = std::make_unique<Waiting>();
  waiting_->held = batch_.requests[index].owned();
  record_->held_body_bytes.store(waiting_->held->blob_bytes(), std::memory_order_relaxed);
  // A pause may be longer than any timer, and may be made longer: then the request is held again.
  const TimeMs wait_ms = std::clamp<TimeMs>(*until_ms - execution.now_ms, 1, limits::kPendingMsMax);
  services_.connections.set_timer(record_->info.ref, std::chrono::milliseconds(wait_ms),
                                  [ticket = parked_ticket_](RequestSession& session, ReplyBuffer& out) {
                                    static_cast<Session&>(session).go_on(ticket, out);
                                  });
  return true;
}

void Session::go_on(std::uint64_t ticket, ReplyBuffer& out) {
  if (ticket != parked_ticket_ || waiting_ == nullptr || !waiting_->held) return;
  batch_.requests[0] = std::move(*waiting_->held);
  batch_.size = 1;
  end_parking();
  Execution execution = begin_execution(out);
  const ActingClient acting(acting_id());
  if (push_client_ != nullptr) [[unlikely]]
    push_client_->deliver_invalidations(out, version_);
  batch_.look_ahead(services_.store, database_, nullptr);
  execute_begun(0, execution);
  end_execution(execution);
}

void Session::unblock(std::uint64_t ticket, bool with_error, ReplyBuffer& out) {
  if (ticket != parked_ticket_) return;
  if (with_error) {
    deliver(
        ticket, [](ReplyWriter& reply) { reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK"); }, out);
  } else {
    deliver(ticket, std::exchange(waiting_->timeout_reply, {}), out);
  }
}

// --- MONITOR ---

void Session::set_monitoring(bool on) {
  if (record_->monitors.exchange(on, std::memory_order_relaxed) == on) return;
  if (on) {
    clients_.monitors().add(record_->info);
  } else {
    clients_.monitors().remove(record_->info.ref.id);
  }
}

void Session::show_to_monitors(const FoundCommand& command, const Request& request) {
  if (!clients_.attention().has(Attention::kMonitors)) return;
  if ((command.spec->flags & (kAdmin | kSkipMonitor)) != 0) return;
  // No monitor is shown more than that: all are dropped.
  if (batch_.monitor_lines.size() > limits::kMonitorOutputBytesMax) return;
  append_monitor_line(
      batch_.monitor_lines,
      {.command = command, .request = request, .client = *record_, .unix_us = services_.clock.unix_us()},
      services_.config);
}

void Session::see_commands(std::string_view lines, ReplyBuffer& out) const {
  if (record_->monitors.load(std::memory_order_relaxed) && reply_mode_ != ReplyMode::kOff) out.append(lines);
}

void Session::drop_slow_monitor() {
  if (!record_->monitors.load(std::memory_order_relaxed)) return;
  spdlog::warn("closing client {}: it monitors, and more than {} bytes wait for it", record_->info.peer_address,
               limits::kMonitorOutputBytesMax);
  close();
}

}  // namespace larder
