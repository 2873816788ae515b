// Asks the memory for the cache line at an address that will be read soon. Any address may be given.
#pragma once

#include <cstddef>

namespace larder {

inline constexpr std::size_t kCacheLineBytes = 64;

inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  // gcc takes a function that does nothing but prefetch for one without effect, and leaves calls of it out.
  asm volatile("" : : "r"(address));
}

// The same for a line that will be written to, so that it is fetched from other cores' caches once and not twice.
inline void prefetch_to_write(const void* address) {
  __builtin_prefetch(address, 1);
  asm volatile("" : : "r"(address));
}

}  // namespace larder
