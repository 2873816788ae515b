#include "larder/base/mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace larder {
namespace {

template <class M>
class MutexTest : public ::testing::Test {};
using Mutexes = ::testing::Types<Mutex, SpinMutex>;
TYPED_TEST_SUITE(MutexTest, Mutexes);

TYPED_TEST(MutexTest, LetsOneThreadInAtATime) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  TypeParam mutex;
  int inside = 0;
  int total = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        LockGuard lock(mutex);
        EXPECT_EQ(++inside, 1);
        ++total;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, kThreads * kRounds);
}

TYPED_TEST(MutexTest, TryLockFailsWhileHeld) {
  TypeParam mutex;
  mutex.lock();
  std::thread([&] { EXPECT_FALSE(mutex.try_lock()); }).join();
  mutex.unlock();
  const bool locked = mutex.try_lock();
  EXPECT_TRUE(locked);
  if (locked) mutex.unlock();
}

// Each waiter parks, because the holder keeps the lock until all have begun to wait; an unlock that woke nobody, or a
// lost wake-up, would hang here.
TEST(SpinMutex, WakesEveryParkedWaiter) {
  SpinMutex mutex;
  std::atomic<int> started{0};
  std::atomic<int> done{0};
  mutex.lock();
  std::vector<std::thread> waiters;
  for (int i = 0; i < 8; ++i) {
    waiters.emplace_back([&] {
      ++started;
      LockGuard lock(mutex);
      ++done;
    });
  }
  while (started.load() < 8) std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_EQ(done.load(), 0);
  mutex.unlock();
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(done.load(), 8);
}

}  // namespace
}  // namespace larder
