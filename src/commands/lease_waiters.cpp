#include "commands/lease_waiters.h"

#include <algorithm>
#include <utility>

#include "commands/session.h"
#include "larder/base/limits.h"

namespace larder {

bool LeaseWaiters::add(KeyHash key, ConnectionRef to, const std::shared_ptr<ParkedRequest>& request) {
  const LockGuard lock(mutex_);
  Waiters& waiters = waiters_[key];
  keys_.store(waiters_.size(), std::memory_order_relaxed);
  const auto is_it = [&](const Waiter& waiter) { return waiter.id == request.get(); };
  if (std::any_of(waiters.begin(), waiters.end(), is_it)) return true;
  if (waiters.size() >= limits::kLeaseWaitersMax) return false;
  waiters.push_back({to, request.get(), request});
  return true;
}

void LeaseWaiters::remove(KeyHash key, const ParkedRequest* request) {
  const LockGuard lock(mutex_);
  const auto found = waiters_.find(key);
  if (found == waiters_.end()) return;
  std::erase_if(found->second, [&](const Waiter& waiter) { return waiter.id == request; });
  if (found->second.empty()) waiters_.erase(found);
  keys_.store(waiters_.size(), std::memory_order_relaxed);
}

void LeaseWaiters::on_lease_ended(KeyHash key) {
  // Whoever has been told of the lease was here before, in the order of its shard's lock.
  if (keys_.load(std::memory_order_relaxed) == 0) return;
  Waiters woken;
  {
    const LockGuard lock(mutex_);
    auto found = waiters_.extract(key);
    if (found.empty()) return;
    woken = std::move(found.mapped());
    keys_.store(waiters_.size(), std::memory_order_relaxed);
  }
  for (Waiter& waiter : woken) Session::ask_again(connections_, waiter.to, std::move(waiter.request));
}

}  // namespace larder
