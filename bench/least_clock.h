// Times work that is done several times over, each piece by the least that it ever took: what the machine adds in one
// run (the hypervisor's turn, an interrupt) hardly comes at the same place in another, what the work itself takes does.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace larder {

inline std::int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Read by one thread, in each run equally often at the same places. CPU time of the thread.
class LeastClock {
 public:
  // Memory of 4 bytes a reading, kept; more readings than expected take longer.
  explicit LeastClock(std::size_t readings_expected) { least_ns_.reserve(readings_expected); }

  void begin_run() {
    read_ = 0;
    now_ns_ = 0;
    last_ns_ = thread_cpu_ns();
  }
  // The sum of what was least between each reading and the next one, in this run and those before.
  std::int64_t now_ns() {
    const std::int64_t cpu_ns = thread_cpu_ns();
    const auto took_ns = static_cast<std::uint32_t>(
        std::min<std::int64_t>(cpu_ns - last_ns_, std::numeric_limits<std::uint32_t>::max()));
    last_ns_ = cpu_ns;
    if (read_ == least_ns_.size()) least_ns_.push_back(took_ns);
    std::uint32_t& least_ns = least_ns_[read_++];
    least_ns = std::min(least_ns, took_ns);
    return now_ns_ += least_ns;
  }
  // In this run.
  std::size_t readings() const { return read_; }

 private:
  std::vector<std::uint32_t> least_ns_;
  std::size_t read_ = 0;
  std::int64_t now_ns_ = 0;
  std::int64_t last_ns_ = 0;
};

}  // namespace larder
