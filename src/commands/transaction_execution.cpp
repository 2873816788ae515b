#include "commands/transaction_execution.h"

#include "commands/session.h"
#include "larder/base/limits.h"

namespace larder {

void TransactionExecution::run(ReplyBuffer& out) {
  ShardedStore& store = services_.store;
  plan_ = plan_transaction(transaction_, store, session_.database());
  bool changed = false;
  const StatusCode status = store.run_exclusive(plan_.needs(transaction_.room_bytes()), now_ms_, [&] {
    changed = transaction_.watched_changed(store, now_ms_);
    transaction_.unwatch_all(store, now_ms_);
    if (!changed) execute_queue(out);
  });
  if (status != StatusCode::kOk) {
    transaction_.unwatch_all(store, now_ms_);
    ReplyBuffer reason;
    ReplyWriter(reason, session_.version()).error(status);
    ReplyWriter(out, session_.version()).error(transaction_aborted_because(reason.flatten()));
    return;
  }
  if (changed) return ReplyWriter(out, session_.version()).null_array();
  execute_deferred(out);
  if (!transaction_.misses().empty()) session_.pushes().notifier.on_misses(transaction_.misses());
  count_errors();
}

void TransactionExecution::execute_queue(ReplyBuffer& out) {
  const auto queue = transaction_.queue();
  ReplyWriter(out, session_.version()).array(queue.size());
  ReplyBuffer* to = &out;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    if (reach_of(*queue[i].command.spec) != Reach::kServer) {
      execute(i, session_.version(), *to);
      continue;
    }
    deferred_.push_back(std::make_unique<Deferred>(Deferred{i, session_.version(), {}}));
    to = &deferred_.back()->behind;
  }
}

void TransactionExecution::execute_deferred(ReplyBuffer& out) {
  for (const auto& deferred : deferred_) {
    execute(deferred->index, deferred->version, out);
    out.take(deferred->behind);
  }
}

void TransactionExecution::execute(std::size_t index, RespVersion version, ReplyBuffer& out) {
  const QueuedCommand& queued = transaction_.queue()[index];
  const auto& first_key = plan_.first_key[index];
  const auto mark = out.mark();
  ReplyWriter reply(out, version);
  call_(queued, first_key ? &plan_.keys[*first_key] : nullptr, reply);

  const std::size_t copied_bytes = out.mark().bytes - mark.bytes;
  copied_bytes_ += copied_bytes;
  if (copied_bytes_ > limits::kReplyCopiedBytesMax) {
    copied_bytes_ -= copied_bytes;
    out.truncate(mark);
    reply.error("ERR the reply of the transaction is too large; what this command did is done");
  }
  if (!out.begins_with(mark, '-')) return;
  const std::string_view text = out.bytes_since(mark).substr(1);
  errors_.emplace_back(queued.command.index, text.substr(0, text.find_first_of(" \r")));
}

void TransactionExecution::count_errors() {
  for (const auto& [command, code] : errors_) session_.count_failed(command, code);
}

}  // namespace larder
