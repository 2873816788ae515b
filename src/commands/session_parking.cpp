// Session's requests that are answered later: how they are parked, and by what they are answered.
#include <utility>

#include "commands/session.h"
#include "larder/base/check.h"

namespace larder {

void Session::begin_parking() {
  LARDER_CHECK(!parked() && !in_exec());
  parked_ticket_ = ++last_ticket_;
  record_->parked.store(true, std::memory_order_relaxed);
}

void Session::end_parking() {
  parked_ticket_ = 0;
  parked_request_.reset();
  record_->parked.store(false, std::memory_order_relaxed);
  if (waiting_ == nullptr) return;
  record_->held.store(false);
  record_->held_body_bytes.store(0, std::memory_order_relaxed);
  record_->unblock_ticket.store(0);
  waiting_.reset();
}

void Session::finish_parked(ReplyBuffer& out, const ReplyBuffer::Mark& mark) {
  end_parking();
  if (count_error(out, mark)) statistics_.by_command[parked_command_].failed.add();
  if (suppressed()) out.truncate(mark);
}

Outcome Session::wait(std::chrono::milliseconds time, WriteReply reply, bool unblockable) {
  begin_parking();
  waiting_ = std::make_unique<Waiting>();
  waiting_->timeout_reply = std::move(reply);
  waiting_->unblockable = unblockable;
  if (unblockable) record_->unblock_ticket.store(parked_ticket_);
  services_.connections.set_timer(record_->info.ref, time,
                                  [ticket = parked_ticket_](RequestSession& session, ReplyBuffer& out) {
                                    static_cast<Session&>(session).time_out(ticket, out);
                                  });
  return Outcome::kParked;
}

void Session::time_out(std::uint64_t ticket, ReplyBuffer& out) {
  if (ticket != parked_ticket_) return;
  // Whoever unblocks it has said so already, and is on the way.
  if (waiting_->unblockable && record_->unblock_ticket.exchange(0) == 0) return;
  deliver(ticket, std::exchange(waiting_->timeout_reply, {}), out);
}

void Session::park(std::chrono::milliseconds time_limit, std::shared_ptr<ParkedRequest> request) {
  begin_parking();
  answer_at_end(time_limit, [weak = std::weak_ptr(request)](ReplyWriter& reply) {
    if (const auto timed_out = weak.lock()) timed_out->time_out(reply);
  });
  parked_request_ = std::move(request);
}

// A session waits for one thing at a time, so that its connection's one timer does for all of them, however many there
// are one after the other.
void Session::answer_at_end(std::chrono::milliseconds time_limit, WriteReply write_reply) {
  services_.connections.set_timer(
      record_->info.ref, time_limit,
      [ticket = parked_ticket_, write = std::move(write_reply)](RequestSession& session, ReplyBuffer& out) {
        static_cast<Session&>(session).deliver(ticket, write, out);
      });
}

void Session::ask_again(ConnectionPort& port, ConnectionRef to, std::weak_ptr<ParkedRequest> request) {
  port.post(to, [asked = std::move(request)](RequestSession& session, ReplyBuffer& out) {
    static_cast<Session&>(session).look_again(asked, out);
  });
}

void Session::ask_again_after(ConnectionPort& port, std::chrono::milliseconds delay, ConnectionRef to,
                              std::weak_ptr<ParkedRequest> request) {
  port.post_after(to, delay, [asked = std::move(request)](RequestSession& session, ReplyBuffer& out) {
    static_cast<Session&>(session).look_again(asked, out);
  });
}

void Session::look_again(const std::weak_ptr<ParkedRequest>& request, ReplyBuffer& out) {
  const std::shared_ptr<ParkedRequest> asked = request.lock();
  if (asked == nullptr || asked != parked_request_) return;
  const auto mark = out.mark();
  ReplyWriter reply(out, version_);
  if (asked->look(reply)) finish_parked(out, mark);
}

std::uint64_t Session::park(std::chrono::milliseconds time_limit, std::string timeout_error) {
  if (in_exec()) {
    transaction_->refuse_wait(std::move(timeout_error));
    return ++last_ticket_;
  }
  begin_parking();
  answer_at_end(time_limit, [error = std::move(timeout_error)](ReplyWriter& reply) { reply.error(error); });
  return parked_ticket_;
}

void Session::answer(ConnectionPort& port, ConnectionRef to, std::uint64_t ticket,
                     std::function<void(ReplyWriter&)> write_reply) {
  port.post(to, [ticket, write = std::move(write_reply)](RequestSession& session, ReplyBuffer& out) {
    static_cast<Session&>(session).deliver(ticket, write, out);
  });
}

void Session::answer_after(ConnectionPort& port, std::chrono::milliseconds delay, ConnectionRef to,
                           std::uint64_t ticket, std::function<void(ReplyWriter&)> write_reply) {
  port.post_after(to, delay, [ticket, write = std::move(write_reply)](RequestSession& session, ReplyBuffer& out) {
    static_cast<Session&>(session).deliver(ticket, write, out);
  });
}

void Session::abandon_parked(ReplyBuffer& out) {
  if (!parked()) return;
  deliver(
      parked_ticket_, [](ReplyWriter& reply) { reply.error("ERR the server stopped before the answer came"); }, out);
}

void Session::deliver(std::uint64_t ticket, const std::function<void(ReplyWriter&)>& write_reply, ReplyBuffer& out) {
  if (ticket != parked_ticket_) return;
  const auto mark = out.mark();
  ReplyWriter reply(out, version_);
  write_reply(reply);
  finish_parked(out, mark);
}

}  // namespace larder
