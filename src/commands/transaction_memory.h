// What all clients' transactions hold together: requests between MULTI and EXEC, and watched keys. Bounded, and counted
// apart from maxmemory, so that clients never evict keys by queuing. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "larder/base/limits.h"

namespace larder {

class TransactionMemory {
 public:
  // `bytes` more for a client that holds `held_bytes`, of a server with that maxmemory (0: no limit). False: they
  // would be too much together, and nothing is taken.
  bool try_take(std::size_t bytes, std::size_t held_bytes, std::uint64_t maxmemory_bytes) {
    const std::uint64_t bytes_max =
        maxmemory_bytes == 0 ? limits::kQueuedBytesMax : maxmemory_bytes / limits::kQueuedShare;
    const std::uint64_t its_bytes = held_bytes + bytes;
    const std::uint64_t all_bytes = bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (all_bytes <= bytes_max || its_bytes <= limits::kQueuedBytesFree || its_bytes == all_bytes) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::size_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace larder
