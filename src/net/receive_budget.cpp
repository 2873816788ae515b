#include "net/receive_budget.h"

#include <algorithm>

#include "larder/base/check.h"

namespace larder::net {

bool ReceiveBudget::reserve(Share& share, std::uint64_t bytes) {
  LockGuard lock(mutex_);
  LARDER_DCHECK(share.wanted_ == 0 && bytes > 0);
  // A request that already holds memory goes ahead of those that hold none: it will give its memory back the sooner.
  const bool first = waiting_.empty() || share.held_ > 0;
  if (&share == privileged_ || (first && fits(bytes))) {
    grant(share, bytes);
    return true;
  }
  share.wanted_ = bytes;
  waiting_.push_back(&share);
  if (share.held_ > 0) ++holders_waiting_;
  serve(&share);
  return share.wanted_ == 0;
}

void ReceiveBudget::take(Share& share, std::uint64_t bytes) {
  LockGuard lock(mutex_);
  LARDER_DCHECK(share.wanted_ == 0 && bytes > 0);
  grant(share, bytes);
}

void ReceiveBudget::release(Share& share) {
  LockGuard lock(mutex_);
  if (share.wanted_ > 0) stop_waiting(share);
  note_rest(share, false);
  take_back(share, share.held_);
  serve(nullptr);
}

void ReceiveBudget::give_back(Share& share, std::uint64_t bytes) {
  LockGuard lock(mutex_);
  LARDER_DCHECK(share.wanted_ == 0 && bytes <= share.held_);
  take_back(share, bytes);
  serve(nullptr);
}

void ReceiveBudget::set_at_rest(Share& share, bool at_rest) {
  LockGuard lock(mutex_);
  LARDER_DCHECK(share.wanted_ == 0 && (!at_rest || share.held_ > 0));
  note_rest(share, at_rest);
  serve(nullptr);
}

void ReceiveBudget::recheck() {
  LockGuard lock(mutex_);
  serve(nullptr);
}

bool ReceiveBudget::fits(std::uint64_t bytes) const {
  const std::uint64_t max = bytes_max_.load(std::memory_order_relaxed);
  return bytes <= max && used_ <= max - bytes;
}

ReceiveBudget::Share* ReceiveBudget::next() {
  if (waiting_.empty()) return nullptr;
  if (fits(waiting_.front()->wanted_)) return waiting_.front();
  if (holders_ > holders_waiting_ + holders_at_rest_) return nullptr;
  if (privileged_ == nullptr) {
    const auto holder = std::find_if(waiting_.begin(), waiting_.end(), [](Share* share) { return share->held_ > 0; });
    privileged_ = holder != waiting_.end() ? *holder : waiting_.front();
  }
  LARDER_DCHECK(privileged_->wanted_ > 0);
  return privileged_;
}

void ReceiveBudget::grant(Share& share, std::uint64_t bytes) {
  if (share.held_ == 0) ++holders_;
  share.held_ += bytes;
  used_ += bytes;
  total_.add(bytes);
}

void ReceiveBudget::take_back(Share& share, std::uint64_t bytes) {
  if (bytes > 0) {
    used_ -= bytes;
    total_.subtract(bytes);
    share.held_ -= bytes;
    if (share.held_ == 0) --holders_;
  }
  if (share.held_ == 0 && privileged_ == &share) privileged_ = nullptr;
}

void ReceiveBudget::stop_waiting(Share& share) {
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &share));
  if (share.held_ > 0) --holders_waiting_;
  share.wanted_ = 0;
}

void ReceiveBudget::note_rest(Share& share, bool at_rest) {
  if (share.at_rest_ == at_rest) return;
  share.at_rest_ = at_rest;
  holders_at_rest_ += at_rest ? 1 : std::size_t(-1);
  if (at_rest && privileged_ == &share) privileged_ = nullptr;
}

void ReceiveBudget::serve(const Share* quiet) {
  while (Share* share = next()) {
    const std::uint64_t bytes = share->wanted_;
    stop_waiting(*share);
    grant(*share, bytes);
    if (share != quiet) share->granted_();
  }
}

}  // namespace larder::net
