// What memory the store and the process take, worked out once for INFO, MEMORY STATS and MEMORY DOCTOR, which therefore
// say the same.
#pragma once

#include <cstdint>

#include "larder/store/sharded_store.h"

namespace larder {

struct MemoryFigures {
  std::uint64_t used_bytes = 0;      // what counts towards maxmemory
  std::uint64_t startup_bytes = 0;   // the part of it that an empty store takes
  std::uint64_t data_bytes = 0;      // live keys and values
  std::uint64_t overhead_bytes = 0;  // all that is used beside them
  // Of the system's memory, what the store has taken: segments as a whole, large values (free ones that wait for the
  // next too), index, tables.
  std::uint64_t committed_bytes = 0;
  std::uint64_t resident_bytes = 0;  // of the whole process; 0 where the system does not tell
  double data_share = 0;             // of what was stored since the start
  double fragmentation_ratio = 0;    // resident by used
};
MemoryFigures memory_figures(const StoreStats& store);

// 0 where there is no whole.
double fraction(std::uint64_t part, std::uint64_t whole);
// How much more the first is; negative if it is less.
std::int64_t difference(std::uint64_t bytes, std::uint64_t from_bytes);

}  // namespace larder
