// Pushes that nobody will get any more, since their client is gone or was too slow. Freeing a megabyte of small ones
// takes milliseconds, so whoever drops many leaves them here, and maintenance frees them, some at a time. Until then
// they count as queued. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "commands/push.h"
#include "larder/base/mutex.h"
#include "larder/stats/counter.h"

namespace larder {

class DiscardedPushes {
 public:
  // `queued_bytes` (of all mailboxes) must outlive it.
  explicit DiscardedPushes(SharedCounter& queued_bytes) : queued_bytes_(queued_bytes) {}

  // `bytes` are the sum of theirs. Few are freed at once. May be called with locks held (Mailbox, Channels, Tracking);
  // locks nothing further.
  void take(std::deque<PushRef>&& pushes, std::size_t bytes);
  // Frees at most so many. Returns whether there are more.
  bool free_some(std::size_t pushes_max);

 private:
  SharedCounter& queued_bytes_;
  Mutex mutex_;
  std::vector<std::deque<PushRef>> queues_ GUARDED_BY(mutex_);
};

}  // namespace larder
