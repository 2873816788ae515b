#include <gtest/gtest.h>

#include <string>

#include "larder/store/sharded_store.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

class ShardWatchTest : public ShardFixture {
 protected:
  WatchMark watch(std::string_view name) {
    Op call = op();
    return shard_.watch(key(name), call);
  }
  bool has_changed(std::string_view name, const WatchMark& mark) {
    return shard_.has_changed(key(name), mark, now_ms_);
  }
};

TEST_F(ShardWatchTest, EveryWriteToTheKeyIsAChange) {
  set("k", "1");
  const auto changes = [&](auto&& write) {
    const WatchMark mark = watch("k");
    write();
    const bool changed = has_changed("k", mark);
    shard_.unwatch(key("k"));
    return changed;
  };
  EXPECT_TRUE(changes([&] { set("k", "2"); }));
  EXPECT_TRUE(changes([&] { set("k", "2"); })) << "the same bytes again are a write all the same";
  EXPECT_TRUE(changes([&] {
    Op call = op();
    shard_.set_expiry(key("k"), now_ms_ + 1'000, call);
  }));
  EXPECT_TRUE(changes([&] {
    Op call = op();
    shard_.write_part(key("k"), 0, "3", call);
  }));
  EXPECT_TRUE(changes([&] { erase("k"); }));
  EXPECT_TRUE(changes([&] { set("k", "3"); }));
  EXPECT_FALSE(changes([&] { get("k"); }));
  EXPECT_FALSE(changes([&] { set("other", "3"); }));
  EXPECT_FALSE(changes([&] { set("k", "x", {}, 1); })) << "of another database";
  EXPECT_EQ(shard_.watched_keys(), 0u);
}

TEST_F(ShardWatchTest, AnExpiryWhileItIsWatchedIsAChangeWhetherOrNotSomebodyMeetsIt) {
  set("met", "1", {.expire_at_ms = now_ms_ + 10});
  set("unmet", "1", {.expire_at_ms = now_ms_ + 10});
  const WatchMark met = watch("met");
  const WatchMark unmet = watch("unmet");
  now_ms_ += 9;
  EXPECT_FALSE(has_changed("met", met));
  now_ms_ += 1;
  EXPECT_EQ(get("met"), std::nullopt);
  EXPECT_TRUE(has_changed("met", met));
  EXPECT_TRUE(has_changed("unmet", unmet));
}

TEST_F(ShardWatchTest, WhatHadExpiredBeforeIsNotThereAndItsRemovalNoChange) {
  set("k", "1", {.expire_at_ms = now_ms_ + 10});
  now_ms_ += 10;
  const WatchMark mark = watch("k");
  EXPECT_FALSE(mark.exists);
  sweep_all();
  EXPECT_FALSE(has_changed("k", mark));
}

TEST_F(ShardWatchTest, AFlushIsAChangeOfTheKeysThatWereThere) {
  set("k", "1");
  const WatchMark there = watch("k");
  const WatchMark absent = watch("absent");
  flush(1);
  EXPECT_FALSE(has_changed("k", there)) << "of another database";
  flush(0);
  EXPECT_TRUE(has_changed("k", there));
  EXPECT_FALSE(has_changed("absent", absent));
  set("k", "1");
  EXPECT_TRUE(has_changed("k", there));
}

TEST_F(ShardWatchTest, WatchersOfOneKeyAreToldApart) {
  const WatchMark before = watch("k");
  set("k", "1");
  const WatchMark after = watch("k");
  EXPECT_TRUE(has_changed("k", before));
  EXPECT_FALSE(has_changed("k", after));
  shard_.unwatch(key("k"));
  EXPECT_EQ(shard_.watched_keys(), 1u);
  set("k", "2");
  EXPECT_TRUE(has_changed("k", after));
}

TEST(ShardWatchEvictionTest, AnEvictionIsAChange) {
  ShardedStore store({.maxitems = 2, .policy = PolicyKind::kAllKeysLru, .hash_seed = 42});
  const auto set = [&](std::string_view name) {
    const Key key = store.key(0, name);
    store.run(key, 1, [&](Shard& shard, Op& op) { return shard.set(key, {"v"}, {}, op); });
  };
  set("k");
  const Key key = store.key(0, "k");
  WatchMark mark;
  const auto has_changed = [&] {
    bool changed = false;
    store.run(key, 1, [&](Shard& shard, Op& op) {
      changed = shard.has_changed(key, mark, op.now_ms);
      return StatusCode::kOk;
    });
    return changed;
  };
  store.run(key, 1, [&](Shard& shard, Op& op) {
    mark = shard.watch(key, op);
    return StatusCode::kOk;
  });
  set("a");
  EXPECT_FALSE(has_changed());
  set("b");
  set("c");
  EXPECT_TRUE(has_changed());
}

}  // namespace
}  // namespace larder
