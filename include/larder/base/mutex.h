// The two locks of the house. Mutex: std::mutex with annotations, for anything off the data path. SpinMutex: for a
// shard, held for some microseconds at most in most cases; spins, looking ever more seldom, so that whoever holds it
// keeps the cache lines of what it guards meanwhile, then parks in the kernel (std::atomic::wait); 4 bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "larder/base/thread_annotations.h"

namespace larder {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRES_LOCK() { mutex_.lock(); }
  void unlock() RELEASES_LOCK() { mutex_.unlock(); }
  bool try_lock() TRIES_LOCK(true) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

class CAPABILITY("mutex") SpinMutex {
 public:
  void lock() ACQUIRES_LOCK() {
    std::uint32_t expected = kFree;
    if (state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire)) return;
    lock_contended();
  }
  // Looks before it writes, so that a try that fails takes the cache line from nobody.
  bool try_lock() TRIES_LOCK(true) {
    std::uint32_t expected = kFree;
    return state_.load(std::memory_order_relaxed) == kFree &&
           state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire);
  }
  void unlock() RELEASES_LOCK() {
    if (state_.exchange(kFree, std::memory_order_release) == kHeldWithWaiters) state_.notify_one();
  }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kHeld = 1;
  static constexpr std::uint32_t kHeldWithWaiters = 2;
  // Of some 20 ns each: in all, and at most between two looks.
  static constexpr int kPausesMax = 1'000;
  static constexpr int kPausesBetweenMax = 64;

  void lock_contended() NO_LOCK_ANALYSIS;

  std::atomic<std::uint32_t> state_{kFree};
};

template <class M>
class SCOPED_CAPABILITY LockGuard {
 public:
  explicit LockGuard(M& mutex) ACQUIRES_LOCK(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~LockGuard() RELEASES_LOCK() { mutex_.unlock(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  M& mutex_;
};

}  // namespace larder
