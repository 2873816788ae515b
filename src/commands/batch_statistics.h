// Counts the requests of a batch as they are executed, with one reading of the clock for many of them: quick commands
// share the time from the last reading to the next, in equal parts; before and after any other command the clock is
// read, so that its time is its own. A batch of one request is timed exactly. The slow log hears of every such time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "commands/slow_watch.h"
#include "larder/base/clock.h"
#include "larder/base/limits.h"
#include "larder/stats/statistics.h"

namespace larder {

class BatchStatistics {
 public:
  // `slow` is told every time that was taken; null: nobody is.
  BatchStatistics(ThreadStatistics& statistics, const Clock& clock, SlowWatch* slow = nullptr)
      : statistics_(statistics), clock_(clock), slow_(slow), begin_ns_(clock.monotonic_ns()) {}
  ~BatchStatistics() { close(); }
  BatchStatistics(const BatchStatistics&) = delete;
  BatchStatistics& operator=(const BatchStatistics&) = delete;

  // When the time that is shared now began.
  std::int64_t begin_ns() const { return begin_ns_; }
  // A request was executed. `hit`: it reads one key, and it was there.
  void count(CountedRequest request, bool hit) {
    if (counted_ == requests_.size()) close();
    requests_[counted_++] = request;
    hits_ += hit ? 1 : 0;
  }
  // Reads the clock: what was counted so far has taken the time until now. Once more at the end of the batch, while its
  // requests are there. No shard is locked.
  void close();

 private:
  ThreadStatistics& statistics_;
  const Clock& clock_;
  SlowWatch* const slow_;
  std::int64_t begin_ns_;
  std::array<CountedRequest, limits::kBatchRequestsMax> requests_;
  std::size_t counted_ = 0;
  std::uint64_t hits_ = 0;
};

}  // namespace larder
