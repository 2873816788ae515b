#include "server/process_limits.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>

namespace larder {

namespace {

// Larger blocks come from mmap and go back to the system when they are freed. Fixed: left alone, glibc raises the
// threshold up to 32 MiB as blocks are freed, and evicted values would stay in the heap.
constexpr int kMmapThresholdBytes = 128 << 10;
constexpr int kTrimThresholdBytes = 1 << 20;
// Memory freed in one arena is of no use to another: with two the process grew to 1.5 times maxmemory under mixed
// sizes, with one it stays at 1.04, and no slower.
constexpr int kArenas = 1;

// The admin port may hold some twenty of them.
constexpr std::uint64_t kSpareDescriptors = 56;
constexpr std::uint64_t kDescriptorsPerThread = 4;

}  // namespace

std::uint64_t spare_descriptors(unsigned io_threads) {
  return kSpareDescriptors + kDescriptorsPerThread * io_threads;
}

std::uint32_t make_room_for_clients(std::uint32_t clients, unsigned io_threads) {
  const std::uint64_t spare = spare_descriptors(io_threads);
  const rlim_t wanted = clients + spare;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return clients;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted) {
    // The hard limit too, which only root may raise; else up to it.
    const rlimit raised{.rlim_cur = wanted, .rlim_max = std::max(limit.rlim_max, wanted)};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
      const rlimit up_to_hard{.rlim_cur = std::min(limit.rlim_max, wanted), .rlim_max = limit.rlim_max};
      setrlimit(RLIMIT_NOFILE, &up_to_hard);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return clients;
  return limit.rlim_cur > spare ? static_cast<std::uint32_t>(limit.rlim_cur - spare) : 1;
}

void tune_allocator() {
  mallopt(M_ARENA_MAX, kArenas);
  mallopt(M_MMAP_THRESHOLD, kMmapThresholdBytes);
  mallopt(M_TRIM_THRESHOLD, kTrimThresholdBytes);
}

}  // namespace larder
