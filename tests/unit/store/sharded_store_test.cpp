#include "larder/store/sharded_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "larder/base/limits.h"

namespace larder {
namespace {

using ::testing::ElementsAre;

class RecordingListener : public EventListener {
 public:
  explicit RecordingListener(EventMask mask) : mask_(mask) {}
  EventMask mask() const override { return mask_; }
  void want(EventMask mask) { mask_ = mask; }
  void on_events(std::span<const Event> events) override {
    ++calls;
    for (const Event& event : events) all.push_back(event);
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> result;
    for (const Event& event : all) result.push_back(event.key);
    return result;
  }

  int calls = 0;
  std::vector<Event> all;

 private:
  EventMask mask_;
};

class ShardedStoreTest : public ::testing::Test {
 protected:
  void make(StoreOptions options) {
    options.hash_seed = 42;
    store_ = std::make_unique<ShardedStore>(options);
  }
  ~ShardedStoreTest() override {
    if (!store_) return;
    store_->check_invariants();
    EXPECT_EQ(store_->used_bytes(), store_->stats().total.used_bytes());
  }
  StatusCode set(const std::string& name, std::string_view value, const SetOptions& options = {},
                 Database database = 0) {
    const Key key = store_->key(database, name);
    return store_->run(key, now_ms_, [&](Shard& shard, Op& op) {
      return shard.set(key, {value, nullptr}, options, op);
    });
  }
  bool has(const std::string& name) {
    const Key key = store_->key(0, name);
    bool found = false;
    store_->run(key, now_ms_, [&](Shard& shard, Op& op) {
      found = shard.get(key, Touch::kNo, op).has_value();
      return StatusCode::kOk;
    });
    return found;
  }
  void touch(const std::string& name) {
    const Key key = store_->key(0, name);
    store_->run(key, now_ms_, [&](Shard& shard, Op& op) {
      shard.get(key, Touch::kYes, op);
      return StatusCode::kOk;
    });
  }
  void maintain_all() {
    while (store_->maintain(now_ms_, 1'000) || store_->maintain_round(now_ms_, 1'000)) {
    }
  }
  std::vector<Key> keys(const std::vector<std::string>& names) {
    std::vector<Key> result;
    for (const std::string& name : names) result.push_back(store_->key(0, name));
    return result;
  }
  // MSET of the names to `value`, with the room that a command would ask for.
  StatusCode set_all(const std::vector<std::string>& names, std::string_view value) {
    const std::vector<Key> all = keys(names);
    RoomNeeded room;
    for (const Key& key : all) room += {Shard::item_bytes_max(key.bytes.size(), value.size()), 1};
    return store_->run_multi(all, room, now_ms_, [&](ShardedStore::MultiAccess& access) {
      for (const Key& key : all) {
        auto [shard, op] = access(key);
        const StatusCode status = shard.set(key, {value, nullptr}, {}, op);
        if (status != StatusCode::kOk) return status;
      }
      return StatusCode::kOk;
    });
  }

  TimeMs now_ms_ = 1'000'000;
  std::unique_ptr<ShardedStore> store_;
};

TEST(ShardsFor, FollowsMemoryThreadsAndItems) {
  EXPECT_EQ(shards_for(0, 0, 0), 8u);
  EXPECT_EQ(shards_for(0, 0, 1), 8u);
  EXPECT_EQ(shards_for(1ULL << 40, 0, 1), 8u);
  EXPECT_EQ(shards_for(1ULL << 20, 0, 4), 1u);
  EXPECT_EQ(shards_for(64ULL << 20, 0, 4), 8u);
  EXPECT_EQ(shards_for(100ULL << 20, 0, 64), 8u);
  EXPECT_EQ(shards_for(256ULL << 20, 0, 4), 32u);
  EXPECT_EQ(shards_for(512ULL << 20, 0, 2), 16u);
  EXPECT_EQ(shards_for(1ULL << 40, 9'999, 4), 1u);
  EXPECT_EQ(shards_for(1ULL << 40, 10'000, 4), 32u);
}

TEST(ShardsFor, AreManyWhereSeveralThreadsShareALargeStore) {
  EXPECT_EQ(shards_for(0, 0, 2), 16u);
  EXPECT_EQ(shards_for(4ULL << 30, 0, 2), 16u);
  EXPECT_EQ(shards_for(8ULL << 30, 0, 2), 32u);
  EXPECT_EQ(shards_for(32ULL << 30, 0, 2), 128u);
  EXPECT_EQ(shards_for(1ULL << 40, 0, 3), 128u);
  EXPECT_EQ(shards_for(1ULL << 40, 0, 64), 512u);
  EXPECT_EQ(shards_for(1ULL << 40, 640'000, 2), 64u);
}

TEST_F(ShardedStoreTest, KeysSpreadOverShardsAndAreFoundAgain) {
  make({.shards = 16, .databases = 2});
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(set(std::to_string(i), "0"), StatusCode::kOk);
    ASSERT_EQ(set(std::to_string(i), "1", {.expire_at_ms = now_ms_ + 1'000}, 1), StatusCode::kOk);
  }
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(has(std::to_string(i)));
  EXPECT_EQ(store_->size(0), 500u);
  const DatabaseStats first = store_->database_stats(0, now_ms_);
  EXPECT_EQ(first.keys_with_expiry, 0u);
  const DatabaseStats second = store_->database_stats(1, now_ms_ + 400);
  EXPECT_EQ(second.keys, 500u);
  EXPECT_EQ(second.keys_with_expiry, 500u);
  EXPECT_EQ(second.average_ttl_ms, 600);
}

TEST_F(ShardedStoreTest, ScanWalksAllShardsWithCursorsOf48Bits) {
  for (const std::uint32_t shards : {1u, 2u, 16u, 1'024u}) {
    make({.shards = shards});
    for (int i = 0; i < 3'000; ++i) set(std::to_string(i), "v");
    std::multiset<std::string> seen;
    std::uint64_t cursor = 0;
    int steps = 0;
    do {
      cursor = store_->scan(cursor, 7, now_ms_, [&](const ItemView& item) { seen.emplace(item.key); });
      ASSERT_LT(cursor, 1ULL << 48);
      ++steps;
    } while (cursor != 0);
    EXPECT_GT(steps, 100);
    EXPECT_EQ(seen.size(), 3'000u) << shards;
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 3'000u);
  }
}

TEST_F(ShardedStoreTest, ScanGuaranteeHoldsWhileAllShardsGrow) {
  make({.shards = 8});
  for (int i = 0; i < 1'000; ++i) set("old:" + std::to_string(i), "v");
  std::map<std::string, int> seen;
  std::uint64_t cursor = 0;
  int added = 0;
  do {
    cursor = store_->scan(cursor, 10, now_ms_, [&](const ItemView& item) { ++seen[std::string(item.key)]; });
    for (int i = 0; i < 200 && added < 20'000; ++i) set("new:" + std::to_string(added++), "v");
  } while (cursor != 0);
  EXPECT_EQ(added, 20'000);
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(seen["old:" + std::to_string(i)], 1);
  for (const auto& [name, times] : seen) ASSERT_EQ(times, 1) << name;
}

TEST_F(ShardedStoreTest, ACursorThatWasNeverGivenIsHarmless) {
  make({.shards = 4});
  set("k", "v");
  for (const std::uint64_t cursor : {~0ULL, 1ULL << 48, (1ULL << 48) - 1, 12'345ULL}) {
    store_->scan(cursor, 10, now_ms_, [](const ItemView&) {});
  }
  EXPECT_EQ(store_->scan(~0ULL, 10, now_ms_, [](const ItemView&) {}), 0u);
}

TEST_F(ShardedStoreTest, RandomItemFindsTheOnlyKeyAmongManyOfAnotherDatabase) {
  make({.shards = 4, .databases = 2});
  for (int i = 0; i < 20'000; ++i) set(std::to_string(i), "v");
  std::string found;
  const auto use = [&](const ItemView& item) { found = item.key; };
  EXPECT_FALSE(store_->random_item(1, now_ms_, use));
  set("needle", "v", {}, 1);
  EXPECT_TRUE(store_->random_item(1, now_ms_, use));
  EXPECT_EQ(found, "needle");
}

TEST_F(ShardedStoreTest, RandomItemDrawsFromEveryShard) {
  make({.shards = 16});
  for (int i = 0; i < 40; ++i) set(std::to_string(i), "v");
  std::map<std::string, int> drawn;
  for (int i = 0; i < 8'000; ++i) {
    ASSERT_TRUE(store_->random_item(0, now_ms_, [&](const ItemView& item) { ++drawn[std::string(item.key)]; }));
  }
  EXPECT_EQ(drawn.size(), 40u);
  for (const auto& [name, times] : drawn) EXPECT_GT(times, 40) << name;
}

TEST_F(ShardedStoreTest, FlushEmptiesAndMaintainReclaims) {
  make({.shards = 4, .databases = 2});
  const std::uint64_t empty_bytes = store_->used_bytes();
  for (int i = 0; i < 10'000; ++i) set(std::to_string(i), "v", {}, static_cast<Database>(i % 2));
  store_->flush(1, now_ms_);
  EXPECT_EQ(store_->size(1), 0u);
  EXPECT_EQ(store_->size(0), 5'000u);
  EXPECT_GT(store_->stats().total.dead_bytes, 0u);
  store_->flush({}, now_ms_);
  EXPECT_EQ(store_->size(0), 0u);
  maintain_all();
  EXPECT_EQ(store_->used_bytes(), empty_bytes);
}

TEST_F(ShardedStoreTest, MaintainExpiresWithoutReads) {
  make({.shards = 4});
  for (int i = 0; i < 10'000; ++i) set(std::to_string(i), "v", {.expire_at_ms = now_ms_ + 1'000});
  set("stays", "v");
  now_ms_ += 999;
  EXPECT_FALSE(store_->maintain(now_ms_, 1'000'000));
  EXPECT_EQ(store_->size(0), 10'001u);
  now_ms_ += 1;
  maintain_all();
  EXPECT_EQ(store_->size(0), 1u);
  EXPECT_EQ(store_->stats().total.expired, 10'000u);
}

TEST_F(ShardedStoreTest, ManyMoreShardsThanWorkStillComeToRest) {
  make({.shards = 256});
  set("k", "v", {.expire_at_ms = now_ms_ + 1});
  now_ms_ += 1;
  int visits = 0;
  while (store_->maintain(now_ms_, 1)) ASSERT_LT(++visits, 1'000);
  EXPECT_EQ(store_->size(0), 0u);
}

TEST_F(ShardedStoreTest, EvictsTheColdestOfAllShards) {
  make({.maxitems = 100, .shards = 16});
  for (int i = 0; i < 100; ++i) {
    set(std::to_string(i), "v");
    ++now_ms_;
  }
  for (int i = 0; i < 100; i += 2) {
    touch(std::to_string(i));
    ++now_ms_;
  }
  RecordingListener listener(event_bit(EventKind::kEvicted));
  store_->add_listener(&listener);
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(set("new:" + std::to_string(i), "v"), StatusCode::kOk);
    ++now_ms_;
    expected.push_back(std::to_string(2 * i + 1));
  }
  EXPECT_EQ(listener.keys(), expected);
}

TEST_F(ShardedStoreTest, RoomForALargeValueComesFromTheColdestOfAllShards) {
  make({.maxmemory_bytes = 256 << 10, .shards = 8});
  RecordingListener listener(event_bit(EventKind::kEvicted));
  store_->add_listener(&listener);
  int stored = 0;
  for (; listener.all.empty(); ++stored, ++now_ms_) set(std::to_string(stored), std::string(100, 'v'));
  ASSERT_EQ(set("large", std::string(60'000, 'v')), StatusCode::kOk);
  ASSERT_GT(listener.all.size(), 200u);
  for (std::size_t i = 0; i < listener.all.size(); ++i) ASSERT_EQ(listener.all[i].key, std::to_string(i));
}

TEST_F(ShardedStoreTest, UsedMemoryStaysUnderTheLimitWithMixedSizes) {
  constexpr std::uint64_t kBytesMax = 4 << 20;
  make({.maxmemory_bytes = kBytesMax, .shards = 8});
  SplitMix64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t size = random.below(100) == 0 ? random.below(200'000) : random.below(500);
    ASSERT_EQ(set(std::to_string(random.below(5'000)), std::string(size, 'v')), StatusCode::kOk);
    ASSERT_LE(store_->used_bytes(), kBytesMax);
  }
  EXPECT_LE(store_->stats().peak_bytes, kBytesMax);
  EXPECT_GT(store_->stats().total.evicted, 0u);
}

TEST_F(ShardedStoreTest, NoEvictionAnswersOutOfMemoryAndKeepsWhatItHas) {
  make({.maxitems = 2, .policy = PolicyKind::kNoEviction, .shards = 2});
  EXPECT_EQ(set("a", "1"), StatusCode::kOk);
  EXPECT_EQ(set("b", "1"), StatusCode::kOk);
  EXPECT_EQ(set("c", "1"), StatusCode::kOutOfMemory);
  EXPECT_EQ(set("a", "2"), StatusCode::kOk);
  EXPECT_TRUE(has("b"));
  store_->set_policy(PolicyKind::kAllKeysLru);
  EXPECT_EQ(set("c", "1"), StatusCode::kOk);
  EXPECT_FALSE(has("b"));
}

TEST_F(ShardedStoreTest, NoEvictionReclaimsWhatWasFlushed) {
  constexpr std::uint64_t kBytesMax = 1 << 20;
  make({.maxmemory_bytes = kBytesMax, .policy = PolicyKind::kNoEviction, .shards = 4});
  int stored = 0;
  while (set(std::to_string(stored), std::string(500, 'v')) == StatusCode::kOk) ++stored;
  store_->flush({}, now_ms_);
  for (int i = 0; i < stored - 10; ++i) ASSERT_EQ(set(std::to_string(i), std::string(500, 'v')), StatusCode::kOk) << i;
}

TEST_F(ShardedStoreTest, WhatCanNeverFitEvictsNothing) {
  constexpr std::uint64_t kBytesMax = 1 << 20;
  make({.maxmemory_bytes = kBytesMax, .shards = 4});
  set("k", "v");
  const std::size_t value_bytes_max = store_->value_bytes_max();
  EXPECT_GT(value_bytes_max, kBytesMax - 85'000);
  EXPECT_EQ(set("big", std::string(kBytesMax - 100, 'v')), StatusCode::kTooLarge);
  EXPECT_EQ(set("big", std::string(kBytesMax - 40'000, 'v')), StatusCode::kOutOfMemory);
  EXPECT_TRUE(has("k"));
  EXPECT_EQ(set("big", std::string(value_bytes_max, 'v')), StatusCode::kOk);
}

TEST_F(ShardedStoreTest, ALoweredLimitIsSettledByMaintain) {
  make({.maxmemory_bytes = 4 << 20, .shards = 4});
  for (int i = 0; i < 20'000; ++i) set(std::to_string(i), std::string(200, 'v'));
  store_->set_maxmemory(1 << 20);
  EXPECT_FALSE(store_->budget().excess().none());
  maintain_all();
  EXPECT_LE(store_->used_bytes(), 1u << 20);
  store_->set_maxitems(100);
  maintain_all();
  EXPECT_EQ(store_->size(0), 100u);
}

TEST_F(ShardedStoreTest, ALoweredLimitUnderNoEvictionIsNoEndlessWork) {
  make({.maxmemory_bytes = 4 << 20, .policy = PolicyKind::kNoEviction});
  for (int i = 0; i < 1'000; ++i) set(std::to_string(i), std::string(200, 'v'));
  store_->set_maxmemory(100'000);
  EXPECT_FALSE(store_->maintain(now_ms_, 1'000'000));
  EXPECT_EQ(set("new", "v"), StatusCode::kOutOfMemory);
  EXPECT_EQ(store_->size(0), 1'000u);
}

TEST_F(ShardedStoreTest, TheBodyIsRepeatedUntilItsWriteIsAccepted) {
  make({.maxitems = 1});
  set("a", "1");
  const Key key = store_->key(0, "b");
  int calls = 0;
  EXPECT_EQ(store_->run(key, now_ms_,
                        [&](Shard& shard, Op& op) {
                          ++calls;
                          return shard.set(key, {"1", nullptr}, {}, op);
                        }),
            StatusCode::kOk);
  EXPECT_EQ(calls, 2);
}

TEST_F(ShardedStoreTest, WhatAListenerWantsMayChange) {
  make({});
  RecordingListener listener(0);
  store_->add_listener(&listener);
  set("a", "1");
  EXPECT_EQ(listener.calls, 0);
  listener.want(event_bit(EventKind::kSet));
  store_->update_wanted_events();
  ShardedStore::KeptLock kept(*store_);
  const Key b = store_->key(0, "b");
  const auto set_b = [&](Shard& shard, Op& op) {
    // Under the lock already: what is wanted now is looked up with the event.
    listener.want(event_bit(EventKind::kSet) | event_bit(EventKind::kDeleted));
    store_->update_wanted_events();
    const StatusCode status = shard.set(b, {"1"}, {.expire_at_ms = now_ms_ + 10}, op);
    shard.erase(b, op);
    return status;
  };
  EXPECT_EQ(store_->run(b, now_ms_, set_b, nullptr, kept), StatusCode::kOk);
  kept.release();
  EXPECT_THAT(listener.keys(), ElementsAre("b", "b"));
  EXPECT_TRUE(listener.all[0].is_new);
  EXPECT_TRUE(listener.all[0].sets_expiry);
  EXPECT_EQ(listener.all[1].name, EventName::kDel);
  listener.want(0);
  store_->update_wanted_events();
  set("a", "2");
  EXPECT_EQ(listener.calls, 1);
}

TEST_F(ShardedStoreTest, ListenersGetTheirKindsInOrderAfterTheOperation) {
  make({.maxitems = 2});
  RecordingListener everything(~EventMask{0});
  RecordingListener evictions(event_bit(EventKind::kEvicted));
  store_->add_listener(&everything);
  store_->add_listener(&evictions);
  for (const char* name : {"a", "b", "c"}) set(name, "1");
  store_->flush({}, now_ms_);
  EXPECT_THAT(everything.keys(), ElementsAre("a", "b", "a", "c", ""));
  EXPECT_EQ(everything.all[2].kind, EventKind::kEvicted);
  EXPECT_EQ(everything.all[4].kind, EventKind::kFlushed);
  EXPECT_EQ(everything.all[4].database, kAllDatabases);
  for (std::size_t i = 1; i < everything.all.size(); ++i) {
    EXPECT_GT(everything.all[i].sequence, everything.all[i - 1].sequence);
  }
  EXPECT_EQ(everything.calls, 4);
  EXPECT_THAT(evictions.keys(), ElementsAre("a"));
  EXPECT_EQ(evictions.calls, 1);
}

TEST_F(ShardedStoreTest, MultiWritesAllOrNothing) {
  make({.maxitems = 4, .policy = PolicyKind::kNoEviction, .shards = 16});
  EXPECT_EQ(set_all({"a", "b", "c"}, "1"), StatusCode::kOk);
  EXPECT_EQ(set_all({"a", "x", "y"}, "2"), StatusCode::kOutOfMemory);
  EXPECT_FALSE(has("x"));
  EXPECT_EQ(store_->size(0), 3u);
  EXPECT_EQ(set_all({"a", "b", "c", "x"}, "3"), StatusCode::kOk);
  EXPECT_EQ(store_->size(0), 4u);
}

TEST_F(ShardedStoreTest, MultiOverExistingKeysEvictsNothing) {
  make({.maxitems = 3});
  for (const char* name : {"a", "b", "c"}) set(name, "1");
  EXPECT_EQ(set_all({"a", "b", "c"}, "2"), StatusCode::kOk);
  EXPECT_EQ(store_->stats().total.evicted, 0u);
  EXPECT_EQ(set_all({"d", "c"}, "3"), StatusCode::kOk);
  EXPECT_EQ(store_->stats().total.evicted, 1u);
  EXPECT_TRUE(has("b") && has("c") && has("d"));
}

TEST_F(ShardedStoreTest, MultiMakesRoomAndStaysWithinTheLimit) {
  constexpr std::uint64_t kBytesMax = 2 << 20;
  make({.maxmemory_bytes = kBytesMax, .shards = 8});
  SplitMix64 random(1);
  for (int i = 0; i < 1'000; ++i) {
    std::vector<std::string> names;
    for (int j = 0; j < 20; ++j) names.push_back(std::to_string(random.below(3'000)));
    ASSERT_EQ(set_all(names, std::string(random.below(3'000), 'v')), StatusCode::kOk);
    ASSERT_LE(store_->used_bytes(), kBytesMax);
  }
  EXPECT_GT(store_->stats().total.evicted, 0u);
  EXPECT_LE(store_->stats().peak_bytes, kBytesMax + limits::kOverdrawBytesMax);
}

// The index grows while the keys go in: its growth is part of the room.
TEST_F(ShardedStoreTest, MultiOfManyNewKeysIsDoneWholeOrNotAtAll) {
  constexpr std::uint64_t kBytesMax = 4 << 20;
  int refused = 0;
  for (int count = 60'000; count <= 140'000; count += 5'000) {
    make({.maxmemory_bytes = kBytesMax, .policy = PolicyKind::kAllKeysLru, .shards = 2});
    for (int i = 0; i < 60; ++i) set("before" + std::to_string(i), std::string(60'000, 'v'));
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(std::to_string(i));
    const StatusCode status = set_all(names, "1");
    const auto present = std::count_if(names.begin(), names.end(), [&](const std::string& name) { return has(name); });
    EXPECT_EQ(present, status == StatusCode::kOk ? count : 0) << count;
    EXPECT_LE(store_->stats().peak_bytes, kBytesMax);
    refused += status == StatusCode::kOutOfMemory;
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, 17);
}

}  // namespace
}  // namespace larder
