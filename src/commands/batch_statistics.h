// Counts the requests of a batch as they are executed, with one reading of the clock for many of them: quick commands
// share the time from the last reading to the next, in equal parts; before and after any other command the clock is
// read, so that its time is its own. A batch of one request is timed exactly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "larder/base/clock.h"
#include "larder/base/limits.h"
#include "larder/stats/statistics.h"

namespace larder {

class BatchStatistics {
 public:
  BatchStatistics(ThreadStatistics& statistics, const Clock& clock)
      : statistics_(statistics), clock_(clock), begin_ns_(clock.monotonic_ns()) {}
  ~BatchStatistics() { close(); }
  BatchStatistics(const BatchStatistics&) = delete;
  BatchStatistics& operator=(const BatchStatistics&) = delete;

  // When the time that is shared now began.
  std::int64_t begin_ns() const { return begin_ns_; }
  // A request of the command (its index) was executed. `hit`: it reads one key, and it was there.
  void count(std::size_t command, bool hit) {
    commands_[counted_++] = command;
    hits_ += hit ? 1 : 0;
    if (counted_ == commands_.size()) close();
  }
  // Reads the clock: what was counted so far has taken the time until now.
  void close();

 private:
  ThreadStatistics& statistics_;
  const Clock& clock_;
  std::int64_t begin_ns_;
  std::array<std::size_t, limits::kBatchRequestsMax> commands_;
  std::size_t counted_ = 0;
  std::uint64_t hits_ = 0;
};

}  // namespace larder
