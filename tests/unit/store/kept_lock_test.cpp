#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "larder/store/sharded_store.h"

namespace larder {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class KeyListener : public EventListener {
 public:
  EventMask mask() const override { return event_bit(EventKind::kSet) | event_bit(EventKind::kEvicted); }
  void on_events(std::span<const Event> events) override {
    for (const Event& event : events) keys.push_back(event.key);
  }
  std::vector<std::string> keys;
};

class KeptLockTest : public ::testing::Test {
 protected:
  static constexpr TimeMs kNowMs = 1'000;

  explicit KeptLockTest(const StoreOptions& options = {.policy = PolicyKind::kAllKeysLru, .shards = 4, .hash_seed = 42})
      : store_(options) {}
  ~KeptLockTest() override { store_.check_invariants(); }

  StatusCode set(const Key& key, std::string_view value, ShardedStore::KeptLock& kept) {
    return store_.run(
        key, kNowMs, [&](Shard& shard, Op& op) { return shard.set(key, {value}, {}, op); }, nullptr, kept);
  }
  std::string get(const Key& key, ShardedStore::KeptLock& kept) {
    std::string found = "(none)";
    store_.run(
        key, kNowMs,
        [&](Shard& shard, Op& op) {
          if (const auto item = shard.get(key, Touch::kYes, op)) found = item->value;
          return StatusCode::kOk;
        },
        nullptr, kept);
    return found;
  }
  // Names whose keys are in the same shard as `first`, or in another one.
  std::string neighbour(const std::string& first, bool same_shard) {
    const auto shard_of = [&](const std::string& name) { return hash_shard(store_.key(0, name).hash, 2); };
    for (int i = 0;; ++i) {
      std::string name = "n" + std::to_string(i);
      if ((shard_of(name) == shard_of(first)) == same_shard) return name;
    }
  }

  ShardedStore store_;
  // Keys of one shard, and one of another.
  const std::string near_name_ = neighbour("a", true);
  const std::string far_name_ = neighbour("a", false);
  const Key first_ = store_.key(0, "a");
  const Key near_ = store_.key(0, near_name_);
  const Key far_ = store_.key(0, far_name_);
};

TEST_F(KeptLockTest, StaysWithItsShardUntilAnotherIsWanted) {
  ShardedStore::KeptLock kept(store_);
  EXPECT_FALSE(kept.holds(first_));
  EXPECT_EQ(set(first_, "1", kept), StatusCode::kOk);
  EXPECT_TRUE(kept.holds(near_));
  EXPECT_FALSE(kept.holds(far_));
  EXPECT_EQ(set(near_, "2", kept), StatusCode::kOk);
  EXPECT_EQ(set(far_, "3", kept), StatusCode::kOk);
  EXPECT_TRUE(kept.holds(far_));
  EXPECT_FALSE(kept.holds(first_));
  EXPECT_EQ(get(first_, kept), "1");
  EXPECT_EQ(get(near_, kept), "2");
  EXPECT_EQ(get(far_, kept), "3");
  kept.release();
  EXPECT_FALSE(kept.holds(far_));
  EXPECT_EQ(store_.size(0), 3u);
}

TEST_F(KeptLockTest, DeliversEventsOnceItIsReleased) {
  KeyListener listener;
  store_.add_listener(&listener);
  ShardedStore::KeptLock kept(store_);
  set(first_, "1", kept);
  set(near_, "2", kept);
  EXPECT_THAT(listener.keys, IsEmpty());
  set(far_, "3", kept);
  EXPECT_THAT(listener.keys, ElementsAre("a", near_name_));
  kept.release();
  EXPECT_THAT(listener.keys, ElementsAre("a", near_name_, far_name_));
}

TEST_F(KeptLockTest, PrefetchPassesAShardOverThatIsHeld) {
  const Key key = store_.key(0, "a");
  ShardedStore::KeptLock kept(store_);
  set(key, "1", kept);
  store_.prefetch(std::vector<KeyHash>{key.hash, key.hash});  // would wait for ever for its own lock
  EXPECT_TRUE(kept.holds(key));
  EXPECT_EQ(get(key, kept), "1");
}

TEST_F(KeptLockTest, PrefetchOfAnyKeysChangesNothing) {
  std::vector<KeyHash> hashes;
  for (int i = 0; i < 40; ++i) {
    const std::string name = std::to_string(i);
    const Key key = store_.key(0, name);
    ShardedStore::KeptLock kept(store_);
    if (i % 3 != 0) set(key, std::string(static_cast<std::size_t>(i) * 50, 'v'), kept);
    hashes.push_back(key.hash);
  }
  const std::uint64_t used_bytes = store_.used_bytes();
  store_.prefetch(hashes);
  store_.prefetch({});
  EXPECT_EQ(store_.used_bytes(), used_bytes);
  EXPECT_EQ(store_.size(0), 26u);
}

TEST_F(KeptLockTest, TakesNothingAtOnceWhereSeveralThreadsMayExecute) {
  ShardedStore::KeptLock kept(store_);
  EXPECT_FALSE(kept.take_all(std::vector<KeyHash>{first_.hash}));
  EXPECT_FALSE(kept.holds(first_));
}

class OneThreadKeptLockTest : public KeptLockTest {
 protected:
  OneThreadKeptLockTest()
      : KeptLockTest({.maxitems = 200, .policy = PolicyKind::kAllKeysLru, .shards = 4, .threads = 1, .hash_seed = 42}) {
  }
};

TEST_F(OneThreadKeptLockTest, HoldsTheShardsOfAllKeysUntilAnotherIsWanted) {
  KeyListener listener;
  store_.add_listener(&listener);
  {
    ShardedStore::KeptLock kept(store_);
    ASSERT_TRUE(kept.take_all(std::vector<KeyHash>{far_.hash, first_.hash, near_.hash}));
    EXPECT_TRUE(kept.holds(first_) && kept.holds(near_) && kept.holds(far_));
    EXPECT_EQ(set(far_, "1", kept), StatusCode::kOk);
    EXPECT_EQ(set(first_, "2", kept), StatusCode::kOk);
    EXPECT_EQ(get(far_, kept), "1");
    EXPECT_TRUE(kept.holds(first_) && kept.holds(near_) && kept.holds(far_));
    EXPECT_THAT(listener.keys, IsEmpty());
    store_.prefetch(std::vector<KeyHash>{first_.hash, far_.hash});  // passes held shards over
    std::string other_name;
    for (int i = 0; other_name.empty() || kept.holds(store_.key(0, other_name)); ++i) {
      other_name = "o" + std::to_string(i);
    }
    EXPECT_EQ(set(store_.key(0, other_name), "3", kept), StatusCode::kOk);
    EXPECT_FALSE(kept.holds(first_));
    EXPECT_THAT(listener.keys, ElementsAre(far_name_, "a"));
  }
  EXPECT_EQ(listener.keys.size(), 3u);
  EXPECT_EQ(store_.size(0), 3u);
}

TEST_F(OneThreadKeptLockTest, WaitsForNoShardThatIsLocked) {
  ShardedStore::KeptLock other(store_);
  set(first_, "1", other);
  ShardedStore::KeptLock kept(store_);
  ASSERT_TRUE(kept.take_all(std::vector<KeyHash>{first_.hash, far_.hash}));
  EXPECT_TRUE(kept.holds(far_));
  EXPECT_FALSE(kept.holds(first_));
  other.release();
  EXPECT_EQ(get(first_, kept), "1");
  EXPECT_FALSE(kept.holds(far_));
}

// Growth asks for pages ahead, and evictions for room: both are had once nothing is held.
TEST_F(OneThreadKeptLockTest, GrowsAndEvictsBetweenBatches) {
  for (int batch = 0; batch < 100; ++batch) {
    std::vector<std::string> names;
    std::vector<KeyHash> hashes;
    for (int i = 0; i < 32; ++i) {
      names.push_back(std::to_string(batch * 32 + i));
      hashes.push_back(store_.key(0, names.back()).hash);
    }
    ShardedStore::KeptLock kept(store_);
    ASSERT_TRUE(kept.take_all(hashes));
    for (const std::string& name : names) {
      ASSERT_EQ(set(store_.key(0, name), std::string(3'000, 'v'), kept), StatusCode::kOk);
    }
    EXPECT_EQ(get(store_.key(0, names.back()), kept).size(), 3'000u);
  }
  EXPECT_EQ(store_.size(0), 200u);
}

class FullStoreKeptLockTest : public KeptLockTest {
 protected:
  FullStoreKeptLockTest()
      : KeptLockTest({.maxitems = 10, .policy = PolicyKind::kAllKeysLru, .shards = 4, .hash_seed = 42}) {}
};

TEST_F(FullStoreKeptLockTest, IsReleasedWhereAWriteNeedsRoomAndTheWriteSucceeds) {
  KeyListener listener;
  store_.add_listener(&listener);
  ShardedStore::KeptLock kept(store_);
  for (int i = 0; i < 30; ++i) {
    const std::string name = std::to_string(i);
    const Key key = store_.key(0, name);
    ASSERT_EQ(set(key, "value", kept), StatusCode::kOk) << i;
    EXPECT_EQ(kept.holds(key), i < 10) << i;
  }
  kept.release();
  EXPECT_EQ(store_.size(0), 10u);
  EXPECT_EQ(std::count(listener.keys.begin(), listener.keys.end(), "0"), 2);  // set, and evicted
}

}  // namespace
}  // namespace larder
