#include "larder/base/mutex.h"

#include <algorithm>

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
  int between = 1;
  for (int pauses = 0; pauses < kPausesMax; pauses += between) {
    between = std::min(2 * between, kPausesBetweenMax);
    for (int pause = 0; pause < between; ++pause) relax();
    if (try_lock()) return;
  }
  while (state_.exchange(kHeldWithWaiters, std::memory_order_acquire) != kFree) {
    state_.wait(kHeldWithWaiters, std::memory_order_relaxed);
  }
}

}  // namespace larder
