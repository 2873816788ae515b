// A whole load: connects, fills if that is asked for, then loads, on as many threads as there are to be. Blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "larder/base/clock.h"
#include "larder/base/status.h"
#include "tools/bench/cpu_times.h"
#include "tools/bench/load_figures.h"
#include "tools/bench/options.h"
#include "tools/bench/worker.h"

namespace larder::bench {

struct PhaseResult {
  LoadFigures figures;
  double seconds = 0;  // from the beginning to the last reply
};

struct LoadResult {
  std::optional<PhaseResult> fill;
  PhaseResult load;
  std::optional<CpuTimes> server;  // of the load alone
};

// How a phase goes, told once a second; and a last time with `over`, when it has ended.
struct Tick {
  bool fill = false;
  bool over = false;
  double seconds = 0;
  Counted counted = {};
};

// `watch` is called on this thread; may be empty. Errors: kIo, one line.
Result<LoadResult> run_load(const LoadOptions& options, const Clock& clock,
                            const std::function<void(const Tick&)>& watch);

}  // namespace larder::bench
