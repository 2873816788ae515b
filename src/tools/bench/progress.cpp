#include "tools/bench/progress.h"

#include <unistd.h>

#include <cstdio>

#include "tools/format.h"

namespace larder::bench {

std::string progress_line(const Tick& tick, const Tick& before) {
  const double seconds = tick.seconds - before.seconds;
  const auto operations = static_cast<double>(tick.counted.operations - before.counted.operations);
  std::string line = std::string(tick.fill ? "fill" : "load") + "  " + fixed(tick.seconds, 0) + " s  " +
                     with_separators(static_cast<std::uint64_t>(seconds > 0 ? operations / seconds : 0)) +
                     " operations/s";
  const std::uint64_t hits = tick.counted.hits - before.counted.hits;
  const std::uint64_t queries = hits + tick.counted.misses - before.counted.misses;
  if (queries > 0) line += "  hit ratio " + fixed(static_cast<double>(hits) / static_cast<double>(queries), 3);
  if (tick.counted.errors > 0) line += "  " + with_separators(tick.counted.errors) + " errors";
  return line;
}

ProgressLine::ProgressLine(ProgressMode mode)
    : terminal_(::isatty(STDERR_FILENO) != 0),
      wanted_(mode == ProgressMode::kYes || (mode == ProgressMode::kAuto && terminal_)) {}

void ProgressLine::show(const Tick& tick) {
  if (!wanted_) return;
  if (tick.over) {
    if (drawn_ && terminal_) std::fputs("\r\x1b[K", stderr);
    drawn_ = false;
    before_ = {};
    return;
  }
  const std::string line = progress_line(tick, before_);
  std::fprintf(stderr, terminal_ ? "\r%s\x1b[K" : "%s\n", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
  before_ = tick;
}

}  // namespace larder::bench
