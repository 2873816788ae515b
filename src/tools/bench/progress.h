// A line on stderr for whoever watches a load, redrawn once a second and wiped away at the end of each phase; if stderr
// is no terminal, a line each. One thread.
#pragma once

#include <string>

#include "tools/bench/load.h"

namespace larder::bench {

// "load  12 s  1,234,567 operations/s  hit ratio 0.998  0 errors".
std::string progress_line(const Tick& tick, const Tick& before);

class ProgressLine {
 public:
  explicit ProgressLine(ProgressMode mode);
  void show(const Tick& tick);

 private:
  const bool terminal_;
  const bool wanted_;
  bool drawn_ = false;
  Tick before_;
};

}  // namespace larder::bench
