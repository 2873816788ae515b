#include "commands/discarded_pushes.h"

#include <utility>

namespace larder {

namespace {

// Some ten microseconds.
constexpr std::size_t kFreedAtOnceMax = 256;

}  // namespace

void DiscardedPushes::take(std::deque<PushRef>&& pushes, std::size_t bytes) {
  std::deque<PushRef> taken = std::move(pushes);
  if (taken.size() <= kFreedAtOnceMax) return;
  queued_bytes_.add(bytes);
  const LockGuard guard(mutex_);
  queues_.push_back(std::move(taken));
}

bool DiscardedPushes::free_some(std::size_t pushes_max) {
  std::deque<PushRef> queue;
  {
    const LockGuard guard(mutex_);
    if (queues_.empty()) return false;
    queue = std::move(queues_.back());
    queues_.pop_back();
  }
  std::size_t bytes = 0;
  for (std::size_t freed = 0; freed < pushes_max && !queue.empty(); ++freed) {
    bytes += queue.front()->bytes();
    queue.pop_front();
  }
  queued_bytes_.subtract(bytes);
  const LockGuard guard(mutex_);
  if (!queue.empty()) queues_.push_back(std::move(queue));
  return !queues_.empty();
}

}  // namespace larder
