// Session's part in transactions: what happens to a request between MULTI and EXEC, and EXEC itself.
#include <utility>

#include "commands/arguments.h"
#include "commands/session.h"
#include "commands/transaction_execution.h"
#include "commands/transaction_room.h"
#include "larder/base/check.h"

namespace larder {

std::string transaction_aborted_because(std::string_view error_reply) {
  error_reply.remove_prefix(1);  // the '-'
  error_reply = error_reply.substr(0, error_reply.find('\r'));
  constexpr std::string_view kPlainCode = "ERR ";
  if (error_reply.starts_with(kPlainCode)) error_reply.remove_prefix(kPlainCode.size());
  return "EXECABORT Transaction discarded because of: " + std::string(error_reply);
}

Transaction& Session::transaction() {
  if (transaction_ == nullptr) transaction_ = std::make_unique<Transaction>(*record_, clients_.transaction_memory());
  return *transaction_;
}

void Session::unwatch() {
  if (transaction_ == nullptr) return;
  transaction_->unwatch_all(services_.store, services_.clock.now_ms());
  if (!in_multi() && !in_exec()) transaction_.reset();
}

void Session::end_transaction() {
  if (transaction_ == nullptr) return;
  transaction_->unwatch_all(services_.store, services_.clock.now_ms());
  transaction_.reset();
}

// Where nothing may be evicted, what will not fit is refused now.
bool Session::has_room_to_queue(const FoundCommand& command, const Request& request) {
  ShardedStore& store = services_.store;
  if ((command.spec->flags & kDenyOom) == 0 || store.policy() != PolicyKind::kNoEviction) return true;
  const std::size_t bytes = transaction_->room_bytes() + room_bytes_of(*command.spec, request);
  const std::uint64_t bytes_max = store.budget().bytes_max();
  if (bytes_max == 0 || store.used_bytes() + bytes <= bytes_max) return true;
  const std::unique_ptr<Reservation> attempt = store.open_reservation();
  return store.extend(*attempt, {bytes, 0}, services_.clock.now_ms()) != ShardedStore::RoomStep::kNever;
}

void Session::queue(const FoundCommand& command, const Request& request, ReplyWriter& reply) {
  const auto refuse = [&](const auto& error) {
    reply.error(error);
    transaction_->spoil();
    statistics_.by_command[command.index].rejected.add();
  };
  if (!may_be_queued(*command.spec)) return refuse("ERR Command not allowed inside a transaction");
  if (!has_room_to_queue(command, request)) return refuse(StatusCode::kOutOfMemory);
  // One that is spoilt is never executed.
  if (!transaction_->is_spoilt()) {
    const Status added = transaction_->add(command, request, services_.store.budget().bytes_max());
    if (!added.is_ok()) return refuse(added);
  }
  reply.simple("QUEUED");
}

void Session::spoil_transaction(const FoundCommand& refused, ReplyBuffer& out, const ReplyBuffer::Mark& mark) {
  if (closing_) return;
  transaction_->spoil();
  if (!refused || refused.spec->name != "exec") return;
  const std::string error = transaction_aborted_because(out.bytes_since(mark));
  out.truncate(mark);
  ReplyWriter(out, version_).error(error);
  end_transaction();
}

void Session::exec(CommandContext& context) {
  const bool silent = suppressed();
  if (transaction_->is_spoilt()) {
    context.reply.error("EXECABORT Transaction discarded because of previous errors.");
    return end_transaction();
  }
  context.kept.release();
  transaction_->begin_execution();
  {
    Execution execution(context.reply.buffer(), context.now_ms, services_, *record_, statistics_);
    const auto call_queued = [&](const QueuedCommand& queued, const Key* first_key, ReplyWriter& reply) {
      const Outcome outcome = call(queued.command, queued.request, first_key, reply, execution);
      if (outcome == Outcome::kClose) closing_ = true;
      if (outcome == Outcome::kParked) reply.error(transaction_->wait_refusal());
      show_to_monitors(queued.command, queued.request);
    };
    TransactionExecution(services_, *this, *transaction_, context.now_ms, call_queued).run(context.reply.buffer());
  }
  end_transaction();
  // CLIENT REPLY among the commands counts from the next request on: half of an array is no reply.
  answers_all_the_same_ = !silent && suppressed();
}

void Session::count_failed(std::size_t command, std::string_view code) {
  services_.statistics.count_error(code);
  statistics_.by_command[command].failed.add();
}

}  // namespace larder
