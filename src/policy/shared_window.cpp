#include "larder/policy/shared_window.h"

#include <utility>

#include "larder/base/check.h"

namespace larder {

void SharedWindow::Part::tell(std::uint64_t items) {
  const LockGuard guard(window_.mutex_);
  window_.items_ += items - std::exchange(told_items_, items);
  window_.climber_.count(std::exchange(hits_, 0), std::exchange(requests_, 0), window_.items_);
  window_.share_.store(window_.climber_.share(), std::memory_order_relaxed);
}

std::uint64_t SharedWindow::items() const {
  const LockGuard guard(mutex_);
  return items_;
}

void SharedWindow::join() {
  const LockGuard guard(mutex_);
  ++parts_;
}

void SharedWindow::leave(std::uint64_t told_items) {
  const LockGuard guard(mutex_);
  items_ -= told_items;
  if (--parts_ != 0) return;
  climber_ = {};
  share_.store(climber_.share(), std::memory_order_relaxed);
}

void SharedWindow::check_invariants() const {
  const LockGuard guard(mutex_);
  climber_.check_invariants();
  LARDER_CHECK(share() == climber_.share() && (parts_ != 0 || items_ == 0));
}

}  // namespace larder
