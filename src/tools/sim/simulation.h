// All runs that were asked for, policies x sizes, some at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "larder/base/status.h"
#include "tools/sim/counted_sizes.h"
#include "tools/sim/options.h"
#include "tools/sim/run.h"
#include "tools/sim/trace.h"

namespace larder::sim {

struct SimRun {
  PolicyChoice policy;
  std::size_t size_index = 0;  // of SimOptions::sizes
  Capacity capacity;
  RunResult result;
};

std::string policy_label(PolicyChoice policy);

// Reads or makes the trace. Errors: of the reader, naming file and line.
Result<Trace> load_trace(const SimOptions& options);

struct Plan {
  std::vector<SimRun> runs;  // policy by policy, in the order of the options
  // Where bytes are counted and not stored.
  std::optional<CountedSizes> counted_sizes;

  // Whether every capacity is right to the byte; see counted_sizes.h.
  bool is_exact() const { return !counted_sizes || counted_sizes->is_exact(); }
};
// Errors: kInvalidArgument, where sizes cannot be counted.
Result<Plan> plan_runs(const SimOptions& options, const Trace& trace);
// Fills in the results, on options.jobs threads.
void execute_runs(const SimOptions& options, const Trace& trace, Plan& plan, RequestCount& progress);
// The sizes, as they were asked for, at which some policy of the server's could not store a single object. Empty: none.
std::string sizes_without_room(const SimOptions& options, const std::vector<SimRun>& runs);

}  // namespace larder::sim
