// What a Session has to do with what is pushed: its mailbox, its limits of output, the keys that it is known to have
// read.
#include "commands/command_docs.h"
#include "commands/session.h"
#include "larder/base/limits.h"

namespace larder {

PushClient& Session::push_client() {
  if (push_client_ == nullptr) push_client_ = std::make_unique<PushClient>(pushes_, *record_);
  return *push_client_;
}

void Session::deliver_pushes(ReplyBuffer& out) {
  PushClient& client = push_client();
  // Where much waits already the rest stays in the mailbox, which has it in common with the other subscribers.
  if (record_->info.gauges->unsent_bytes.load(std::memory_order_relaxed) > limits::kOutputSoftBytes) {
    client.hold_back();
    return;
  }
  client.deliver(out, version_, limits::kTurnBodyBytes);
  if (!client.stays_awake()) return;
  // The rest after the others of this thread had their turn.
  Wakeups again;
  again.add(record_->info.ref);
  again.send(pushes_.port);
}

void Session::output_taken(ReplyBuffer& out) {
  if (push_client_ != nullptr && push_client_->take_held_back()) deliver_pushes(out);
}

bool Session::output_within_limits(std::size_t waiting_bytes, std::int64_t now_ms) {
  if (push_client_ == nullptr && pushes_.output_limits.of(OutputClass::kNormal).none()) return true;
  return push_client().within_limits(waiting_bytes, now_ms);
}

void Session::drop_reply(ReplyBuffer& out, const ReplyBuffer::Mark& mark) {
  const auto kept = push_client_ == nullptr ? std::nullopt : push_client_->take_kept();
  out.truncate(kept.value_or(mark));
}

void Session::note_reads(const CommandSpec& spec, const Request& request, Execution& execution) {
  if ((spec.flags & kReadOnly) == 0 || spec.keys.first == 0) return;
  execution.release_lock();  // nothing is locked under a shard's lock
  for (const std::size_t position : key_positions(spec.keys, request.arguments()).value_or(Positions())) {
    if (request[position].size() <= limits::kKeyBytesMax) push_client_->note_read(request[position]);
  }
}

}  // namespace larder
