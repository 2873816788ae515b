#include "larder/base/mutex.h"

namespace larder {

namespace {

// Tells the core that this is a spin loop.
void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

// After Drepper's "Futexes Are Tricky" (2011): once anybody may be asleep the state stays kHeldWithWaiters until an
// unlock has woken one, so no wake-up is lost.
void SpinMutex::lock_contended() {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    relax();
  }
  while (state_.exchange(kHeldWithWaiters, std::memory_order_acquire) != kFree) {
    state_.wait(kHeldWithWaiters, std::memory_order_relaxed);
  }
}

}  // namespace larder
