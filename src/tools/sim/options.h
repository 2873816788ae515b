// What larder-sim is asked to do, read from its command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/status.h"
#include "tools/sim/access_reader.h"
#include "tools/sim/run.h"
#include "tools/sim/synthetic.h"
#include "tools/sim/trace.h"

namespace larder::sim {

enum class OutputFormat : std::uint8_t { kTable, kCsv, kJson };

// A cache size as it was asked for: so many items or bytes, or a share of what the trace has of them.
struct SizeWish {
  std::string text = {};
  double percent = 0;  // 0: `limit` counts
  std::uint64_t limit = 0;
};

struct SimOptions {
  std::string help;  // set: print this and do nothing else

  std::string trace_path;  // empty: synthetic
  TraceFormat format = TraceFormat::kIds;
  std::string columns;
  SyntheticOptions synthetic;

  std::vector<PolicyChoice> policies;
  CapacityUnit unit = CapacityUnit::kItems;
  std::vector<SizeWish> sizes;
  bool real = false;

  unsigned jobs = 1;  // runs at a time
  std::uint32_t shards = 1;
  std::uint64_t hash_seed = 42;
  std::int64_t ms_per_request = 1;
  OutputFormat output = OutputFormat::kTable;
};

// Errors: kInvalidArgument, one line.
Result<SimOptions> parse_sim_options(int argc, const char* const* argv);

// "allkeys-lru,belady", or "all": every policy that the server has, and Belady's.
Result<std::vector<PolicyChoice>> parse_policies(std::string_view list);
// "0.1%,1%,500" for items; sizes ("64mb") for bytes.
Result<std::vector<SizeWish>> parse_sizes(std::string_view list, CapacityUnit unit);
// The limit that was wished for; a share is rounded down, but to no less than 1.
Capacity capacity_for(const SizeWish& wish, CapacityUnit unit, const Trace& trace);

}  // namespace larder::sim
