#include "server/maintenance_thread.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace larder {
namespace {

void set(ShardedStore& store, const std::string& name, TimeMs expire_at_ms, TimeMs now_ms) {
  const Key key = store.key(0, name);
  const StatusCode status = store.run(key, now_ms, [&](Shard& shard, Op& op) {
    return shard.set(key, {.bytes = "value"}, {.expire_at_ms = expire_at_ms}, op);
  });
  ASSERT_EQ(status, StatusCode::kOk);
}

// Steps, each followed by the pause it asks for, until the store is empty; the time that took.
std::int64_t ms_until_empty(MaintenanceThread& thread, ShardedStore& store, ManualClock& clock) {
  const TimeMs begin_ms = clock.now_ms();
  while (store.stats().total.items > 0 && clock.now_ms() - begin_ms < 60'000) {
    clock.advance_us(std::chrono::duration_cast<std::chrono::microseconds>(thread.step()).count());
  }
  return clock.now_ms() - begin_ms;
}

TEST(MaintenanceThread, RestsWhileThereIsNothingToReclaim) {
  ManualClock clock(1'700'000'000'000);
  ShardedStore store({.shards = 4, .hash_seed = 1});
  for (int i = 0; i < 1000; ++i) set(store, std::to_string(i), kNoExpiry, clock.now_ms());
  MaintenanceThread thread(store, clock);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(thread.step(), MaintenanceThread::kRestPeriod);
    EXPECT_FALSE(thread.busy());
  }
  EXPECT_EQ(store.stats().total.items, 1000U);
}

TEST(MaintenanceThread, ExpiredItemsNobodyReadsAreGoneWithinFiveSeconds) {
  ManualClock clock(1'700'000'000'000);
  ShardedStore store({.shards = 4, .hash_seed = 1});
  for (int i = 0; i < 100'000; ++i) set(store, std::to_string(i), clock.now_ms() + 1000, clock.now_ms());
  clock.advance_ms(1000);
  MaintenanceThread thread(store, clock);
  EXPECT_LT(ms_until_empty(thread, store, clock), 5'000);
  EXPECT_EQ(store.stats().total.expired, 100'000U);
  while (thread.busy()) thread.step();
  EXPECT_EQ(thread.step(), MaintenanceThread::kRestPeriod);
}

TEST(MaintenanceThread, TheMemoryOfFlushedItemsComesBack) {
  ManualClock clock(1'700'000'000'000);
  ShardedStore store({.hash_seed = 1});
  for (int i = 0; i < 10'000; ++i) set(store, std::to_string(i), kNoExpiry, clock.now_ms());
  store.flush(std::nullopt, clock.now_ms());
  MaintenanceThread thread(store, clock);
  for (int i = 0; i < 1000 && store.stats().total.dead_bytes > 0; ++i) thread.step();
  EXPECT_EQ(store.stats().total.dead_bytes, 0U);
}

TEST(MaintenanceThread, AnExcessIsSettledWithoutAnyRequest) {
  ManualClock clock(1'700'000'000'000);
  ShardedStore store({.shards = 4, .hash_seed = 1});
  for (int i = 0; i < 50'000; ++i) set(store, std::to_string(i), kNoExpiry, clock.now_ms());
  store.set_maxitems(100);
  MaintenanceThread thread(store, clock);
  for (int i = 0; i < 1000 && store.stats().total.items > 100; ++i) thread.step();
  EXPECT_EQ(store.stats().total.items, 100U);
  EXPECT_EQ(thread.step(), MaintenanceThread::kRestPeriod);
}

TEST(MaintenanceThread, RestsOnAnExcessThatMayNotBeEvicted) {
  ManualClock clock(1'700'000'000'000);
  ShardedStore store({.policy = PolicyKind::kNoEviction, .hash_seed = 1});
  for (int i = 0; i < 100; ++i) set(store, std::to_string(i), kNoExpiry, clock.now_ms());
  store.set_maxitems(10);
  MaintenanceThread thread(store, clock);
  EXPECT_EQ(thread.step(), MaintenanceThread::kRestPeriod);
  EXPECT_EQ(store.stats().total.items, 100U);
}

TEST(MaintenanceThread, StopsAtOnceThoughItSleeps) {
  SystemClock clock;
  ShardedStore store({.hash_seed = 1});
  MaintenanceThread thread(store, clock);
  thread.start();
  thread.stop();
}

}  // namespace
}  // namespace larder
