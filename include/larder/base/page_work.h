// Pages of a range that will be written to soon, or that nobody needs any more. What the system does for that is short
// on the average and long now and then (it looks for memory, tells other cores, waits for its own locks), so whoever
// notices it under a shard's lock only notes it, and the work is done once the lock is released.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "larder/base/memory_range.h"

namespace larder {

struct PageWork {
  enum class Kind : std::uint8_t { kCommit, kRelease };

  Kind kind;
  std::shared_ptr<const MemoryRange> range;  // keeps its address space while the work is done
  std::size_t offset;
  std::size_t bytes;

  void run() const {
    if (kind == Kind::kCommit) {
      range->commit(offset, bytes);
    } else {
      range->release(offset, bytes);
    }
  }
};

}  // namespace larder
