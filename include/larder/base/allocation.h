// What the C library's allocator really takes for a request, so that used memory counts it without asking the
// allocator: glibc's rules, as malloc_usable_size() confirms (its own header, rounding, whole pages for blocks that it
// maps).
#pragma once

#include <cstddef>

#include "larder/base/memory_range.h"

namespace larder {

// Blocks of this size and more are mapped by themselves, in whole pages. The server pins glibc's threshold to this at
// start.
inline constexpr std::size_t kMapThresholdBytes = 128 * 1024;
inline constexpr std::size_t kAllocationHeaderBytes = 8;
// What a mapped block loses to its header and the alignment after it.
inline constexpr std::size_t kMappedHeaderBytes = 24;

constexpr std::size_t allocation_bytes(std::size_t requested_bytes) {
  constexpr std::size_t kGranuleBytes = 16;
  constexpr std::size_t kSmallestBytes = 32;
  const auto round_up = [](std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; };
  const std::size_t rounded = round_up(requested_bytes + kAllocationHeaderBytes, kGranuleBytes);
  if (rounded >= kMapThresholdBytes) return round_up(requested_bytes + kMappedHeaderBytes, kPageBytes);
  return rounded < kSmallestBytes ? kSmallestBytes : rounded;
}

// The largest request that takes no more than `taken_bytes`. REQUIRES: `taken_bytes` is what some request takes.
constexpr std::size_t allocation_request_bytes(std::size_t taken_bytes) {
  return taken_bytes - (taken_bytes >= kMapThresholdBytes ? kMappedHeaderBytes : kAllocationHeaderBytes);
}

}  // namespace larder
