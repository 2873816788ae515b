// A trace through a store with an advisor at it, as the server has them, less sockets and threads: read the key, after
// a miss store it; the advisor takes its steps as time goes on. The clock is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "larder/advisor/report.h"
#include "larder/policy/policy_kind.h"
#include "tools/sim/run.h"
#include "tools/sim/trace.h"

namespace larder::sim {

struct AdvisedReplayOptions {
  std::optional<PolicyKind> policy = PolicyKind::kAllKeysLru;  // nothing: the advisor chooses
  // In items; or bytes of maxmemory, with values of the trace's sizes.
  Capacity capacity;
  std::uint64_t maxmemory_bytes = 1ULL << 30;  // beside a capacity in items
  std::uint64_t requests_per_s = 20'000;
  std::size_t window = 0;  // in requests; 0: none
};

struct AdvisedRun {
  AdvisorReport report;
  RunResult result;
  std::vector<std::uint64_t> window_hits;
};

AdvisedRun replay_advised(const Trace& trace, const AdvisedReplayOptions& options);

}  // namespace larder::sim
