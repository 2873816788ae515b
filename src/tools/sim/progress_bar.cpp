#include "tools/sim/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace larder::sim {

namespace {

constexpr std::chrono::milliseconds kQuietAtFirst{1'000};
constexpr std::chrono::milliseconds kBetweenDrawings{200};
constexpr std::size_t kCells = 30;

}  // namespace

std::string progress_line(std::uint64_t done, std::uint64_t total, double elapsed_seconds) {
  const double share = total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kCells));
  const double left_seconds = share > 0 ? elapsed_seconds / share - elapsed_seconds : 0;
  std::array<char, 80> figures;
  std::snprintf(figures.data(), figures.size(), " %3.0f%%  %.1f M requests, %.0f s left", share * 100,
                static_cast<double>(done) / 1e6, left_seconds);
  return "[" + std::string(filled, '#') + std::string(kCells - filled, '-') + "]" + figures.data();
}

ProgressBar::ProgressBar(const RequestCount& count, std::uint64_t total) : count_(count), total_(total) {
  if (isatty(STDERR_FILENO) != 0) thread_ = std::thread([this] { draw_until_done(); });
}

ProgressBar::~ProgressBar() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
  }
  done_changed_.notify_one();
  thread_.join();
}

void ProgressBar::draw_until_done() {
  std::unique_lock<std::mutex> lock(mutex_);
  bool drawn = false;
  while (!done_changed_.wait_for(lock, drawn ? kBetweenDrawings : kQuietAtFirst, [this] { return done_; })) {
    const double elapsed_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    std::fprintf(stderr, "\r%s\x1b[K", progress_line(count_.value(), total_, elapsed_seconds).c_str());
    std::fflush(stderr);
    drawn = true;
  }
  if (drawn) std::fprintf(stderr, "\r\x1b[K");
}

}  // namespace larder::sim
