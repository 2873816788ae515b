// The results as text.
#pragma once

#include <string>
#include <vector>

#include "tools/sim/options.h"
#include "tools/sim/simulation.h"
#include "tools/sim/trace.h"

namespace larder::sim {

// REQUIRES, for all: `runs` are what plan_runs() made of `options`, executed.
// What kind is chosen by options.output.
std::string report(const SimOptions& options, const Trace& trace, const std::vector<SimRun>& runs);

// Hit ratios, then misses: a line a policy, a column a size.
std::string report_table(const SimOptions& options, const Trace& trace, const std::vector<SimRun>& runs);
// A head, then a line a run.
std::string report_csv(const SimOptions& options, const std::vector<SimRun>& runs);
std::string report_json(const SimOptions& options, const Trace& trace, const std::vector<SimRun>& runs);

}  // namespace larder::sim
