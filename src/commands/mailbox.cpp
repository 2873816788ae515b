#include "commands/mailbox.h"

#include <utility>

#include "commands/session.h"

namespace larder {

void Wakeups::send(ConnectionPort& port) {
  if (owners_.empty()) return;
  port.post_each(owners_,
                 [](RequestSession& session, ReplyBuffer& out) { static_cast<Session&>(session).deliver_pushes(out); });
  owners_.clear();
}

void Mailbox::put(PushRef push, Wakeups& wakeups) {
  const LockGuard guard(mutex_);
  if (is_closed() || overflowed()) return;
  const std::size_t bytes = queued_bytes() + push->bytes();
  if (limits_.is_beyond_hard(OutputClass::kPubSub, bytes)) {
    drop_all();
    overflowed_.store(true, std::memory_order_release);
    woken_ = false;  // whoever was woken may be holding back
  } else {
    queue_.push_back(std::move(push));
    count(bytes);
  }
  if (!woken_) wakeups.add(owner_);
  woken_ = true;
}

std::deque<PushRef> Mailbox::fetch(std::size_t bytes_max) {
  const LockGuard guard(mutex_);
  if (queued_bytes() <= bytes_max) {
    count(0);
    return std::exchange(queue_, {});
  }
  std::deque<PushRef> first;
  std::size_t bytes = 0;
  for (; !queue_.empty() && bytes < bytes_max; queue_.pop_front()) {
    bytes += queue_.front()->bytes();
    first.push_back(std::move(queue_.front()));
  }
  count(queued_bytes() - bytes);
  return first;
}

bool Mailbox::stays_awake() {
  const LockGuard guard(mutex_);
  woken_ = !queue_.empty();
  return woken_;
}

void Mailbox::close() {
  const LockGuard guard(mutex_);
  closed_.store(true, std::memory_order_release);
  drop_all();
}

void Mailbox::drop_all() {
  discarded_.take(std::exchange(queue_, {}), queued_bytes());
  count(0);
}

void Mailbox::count(std::size_t queued_bytes) {
  // Unsigned arithmetic: what is added may be less than nothing.
  queued_total_.add(queued_bytes - queued_bytes_.exchange(queued_bytes, std::memory_order_relaxed));
}

}  // namespace larder
