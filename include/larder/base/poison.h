// Tells AddressSanitizer which bytes of memory that we hand out ourselves belong to nobody at the moment, so that it
// finds uses of them as it does with malloc's. Costs and does nothing in other builds. Eight bytes are the granule: a
// piece begins at a multiple of it.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define LARDER_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LARDER_ADDRESS_SANITIZER
#endif
#endif

#ifdef LARDER_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace larder {

#ifdef LARDER_ADDRESS_SANITIZER
inline constexpr bool kPoisonIsChecked = true;
inline void poison(const char* begin, std::size_t bytes) {
  __asan_poison_memory_region(begin, bytes);
}
inline void unpoison(const char* begin, std::size_t bytes) {
  __asan_unpoison_memory_region(begin, bytes);
}
inline bool is_poisoned(const char* byte) {
  return __asan_address_is_poisoned(byte) != 0;
}
#else
inline constexpr bool kPoisonIsChecked = false;
inline void poison(const char* /*begin*/, std::size_t /*bytes*/) {}
inline void unpoison(const char* /*begin*/, std::size_t /*bytes*/) {}
inline bool is_poisoned(const char* /*byte*/) {
  return false;
}
#endif

}  // namespace larder
