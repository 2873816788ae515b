// The commands that took longest lately: SLOWLOG. Thread-safe; its lock is taken where something is logged or read
// only.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "larder/base/mutex.h"

namespace larder {

struct SlowLogEntry {
  std::uint64_t id = 0;  // given by add(): 0, 1, ... since start
  std::int64_t unix_s = 0;
  std::int64_t duration_us = 0;
  std::vector<std::string> arguments;  // cut, secrets left out
  std::string client_address;
  std::string client_name;
};

class SlowLog {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // Negative: nothing is logged. 0: everything is.
  void set_threshold_us(std::int64_t threshold_us);
  // Drops what is beyond it.
  void set_length_max(std::size_t entries);
  // From which duration on a command is logged; kNever.
  std::uint64_t threshold_ns() const { return threshold_ns_.load(std::memory_order_relaxed); }

  void add(SlowLogEntry entry);
  // The newest first, at most so many.
  std::vector<SlowLogEntry> latest(std::size_t entries_max) const;
  std::size_t size() const;
  // Ids go on.
  void clear();

 private:
  static constexpr std::int64_t kThresholdUsDefault = 10'000;
  static constexpr std::size_t kLengthDefault = 128;

  std::atomic<std::uint64_t> threshold_ns_{kThresholdUsDefault * 1000};
  mutable Mutex mutex_;
  std::size_t length_max_ GUARDED_BY(mutex_) = kLengthDefault;
  std::uint64_t next_id_ GUARDED_BY(mutex_) = 0;
  std::deque<SlowLogEntry> entries_ GUARDED_BY(mutex_);  // the newest in front
};

}  // namespace larder
