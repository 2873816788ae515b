// Asks the memory for the cache line at an address that will be read soon. Any address may be given.
#pragma once

namespace larder {

inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  // gcc takes a function that does nothing but prefetch for one without effect, and leaves calls of it out.
  asm volatile("" : : "r"(address));
}

}  // namespace larder
