// Where others leave what a client is to be pushed, until its own io thread fetches it: in the order in which it was
// put, with one wake-up for all that came since the last fetch. Bounded: a client that is too slow loses what waits,
// and is closed for it. Thread-safe.
//
// LOCKS: put() may be called with a lock of Channels or Tracking held; it locks nothing further.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "commands/discarded_pushes.h"
#include "commands/push.h"
#include "larder/base/mutex.h"
#include "larder/commands/output_limits.h"
#include "larder/protocol/request_handler.h"
#include "larder/stats/counter.h"

namespace larder {

// Whom to wake because something was put for them: collected under locks, sent without.
class Wakeups {
 public:
  void add(ConnectionRef owner) { owners_.push_back(owner); }
  // One post for each of their threads.
  void send(ConnectionPort& port);

 private:
  std::vector<ConnectionRef> owners_;
};

class Mailbox {
 public:
  // `limits`, `queued_bytes` (of all mailboxes) and `discarded` must outlive it.
  Mailbox(ConnectionRef owner, const OutputLimits& limits, SharedCounter& queued_bytes, DiscardedPushes& discarded)
      : owner_(owner), limits_(limits), queued_total_(queued_bytes), discarded_(discarded) {}
  ~Mailbox() { close(); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // --- Any thread ---
  ConnectionRef owner() const { return owner_; }
  void put(PushRef push, Wakeups& wakeups);
  bool is_closed() const { return closed_.load(std::memory_order_acquire); }

  // --- The owner's thread ---
  // In order, about `bytes_max` of them or all; at least one if there is one.
  std::deque<PushRef> fetch(std::size_t bytes_max);
  // Whoever was woken has fetched: whether there is more already. If not, the next put() wakes again.
  bool stays_awake();
  // More came than may wait, and was dropped.
  bool overflowed() const { return overflowed_.load(std::memory_order_acquire); }
  std::size_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  // The owner is gone: what waits and what is put later is dropped.
  void close();

 private:
  void drop_all() REQUIRES_LOCK(mutex_);
  void count(std::size_t queued_bytes) REQUIRES_LOCK(mutex_);

  const ConnectionRef owner_;
  const OutputLimits& limits_;
  SharedCounter& queued_total_;
  DiscardedPushes& discarded_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> overflowed_{false};
  std::atomic<std::size_t> queued_bytes_{0};  // written under the mutex
  Mutex mutex_;
  std::deque<PushRef> queue_ GUARDED_BY(mutex_);
  bool woken_ GUARDED_BY(mutex_) = false;
};

}  // namespace larder
