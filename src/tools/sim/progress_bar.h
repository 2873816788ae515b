// A bar on stderr for whoever watches: how much of the work is done and how long the rest may take. Appears after a
// second, only on a terminal, and is wiped away at the end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "tools/sim/run.h"

namespace larder::sim {

// "[#####-----]  50%  12.3 M requests, 8 s left".
std::string progress_line(std::uint64_t done, std::uint64_t total, double elapsed_seconds);

class ProgressBar {
 public:
  // `count` must outlive the bar.
  ProgressBar(const RequestCount& count, std::uint64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

 private:
  void draw_until_done();

  const RequestCount& count_;
  const std::uint64_t total_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace larder::sim
