#include "unit/commands/allocation_counter.h"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(LARDER_SANITIZED)

std::optional<std::uint64_t> larder::test::allocations_so_far() {
  return {};
}

#else

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
  std::free(memory);
}

std::optional<std::uint64_t> larder::test::allocations_so_far() {
  return allocations.load(std::memory_order_relaxed);
}

#endif
