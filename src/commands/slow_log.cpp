#include "larder/commands/slow_log.h"

#include <algorithm>
#include <utility>

namespace larder {

void SlowLog::set_threshold_us(std::int64_t threshold_us) {
  constexpr std::uint64_t kNsPerUs = 1000;
  const auto us = static_cast<std::uint64_t>(threshold_us);
  const bool never = threshold_us < 0 || us > kNever / kNsPerUs;
  threshold_ns_.store(never ? kNever : us * kNsPerUs, std::memory_order_relaxed);
}

void SlowLog::set_length_max(std::size_t entries) {
  const LockGuard guard(mutex_);
  length_max_ = entries;
  if (entries_.size() > length_max_) entries_.resize(length_max_);
}

void SlowLog::add(SlowLogEntry entry) {
  const LockGuard guard(mutex_);
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  if (entries_.size() > length_max_) entries_.pop_back();
}

std::vector<SlowLogEntry> SlowLog::latest(std::size_t entries_max) const {
  const LockGuard guard(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(entries_max, entries_.size()));
  return {entries_.begin(), entries_.begin() + count};
}

std::size_t SlowLog::size() const {
  const LockGuard guard(mutex_);
  return entries_.size();
}

void SlowLog::clear() {
  const LockGuard guard(mutex_);
  entries_.clear();
}

}  // namespace larder
