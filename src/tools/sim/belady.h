// WHAT: the bound that no policy can pass: evicts what is used again last (L. A. Belady, "A study of replacement
// algorithms for a virtual-storage computer", IBM Systems Journal, 1966). Exact for objects of one size. With a
// capacity in bytes it goes by the next use alone, whatever the size, as libCacheSim's does: then it is a yardstick and
// no bound. An access that misses always inserts, unless the object is larger than the whole cache.
//
// STRUCTURE: a heap of (next use, object), the furthest first. A hit pushes a new entry and leaves the old one, whose
// next use is then in the past: it lies below all others and is swept out when such entries are most of the heap.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/sim/run.h"
#include "tools/sim/trace.h"

namespace larder::sim {

using RequestNumber = std::uint32_t;

// For each request, the number of the next one for the same object; kNeverAgain if there is none.
inline constexpr RequestNumber kNeverAgain = 0xffffffff;
std::vector<RequestNumber> next_uses(const Trace& trace);

// REQUIRES: `next` is next_uses(trace).
RunResult replay_belady(const Trace& trace, const std::vector<RequestNumber>& next, Capacity capacity,
                        RequestCount& progress);

}  // namespace larder::sim
