// A trace through the server's own ShardedStore, which evicts as it does in the server: read the key; after a miss
// store it. The clock is counted and not read: it goes on by a fixed time a request, so an order by last use is exact.
//
// How much is stored. Under a capacity in items: an empty value, or with `real` as many bytes as the trace says. Under
// one in bytes with `real`: the trace's bytes, and the capacity is the server's maxmemory, so what items cost beside
// their values counts. Without `real` the sizes are counted (counted_sizes.h): the limit follows what the store takes
// beside its values, so that the capacity is for the values alone.
#pragma once

#include <cstdint>

#include "tools/sim/counted_sizes.h"
#include "tools/sim/run.h"
#include "tools/sim/trace.h"

namespace larder::sim {

struct StoreReplayOptions {
  PolicyKind policy = PolicyKind::kAllKeysLru;
  Capacity capacity;
  bool real = false;
  // Of this trace. REQUIRED for a capacity in bytes that is not `real`; must outlive the replay.
  const CountedSizes* counted_sizes = nullptr;
  std::uint32_t shards = 1;  // a power of two
  std::uint64_t hash_seed = 0;
  std::int64_t ms_per_request = 1;
};

RunResult replay_store(const Trace& trace, const StoreReplayOptions& options, RequestCount& progress);

}  // namespace larder::sim
