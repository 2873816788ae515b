#include "larder/store/access_tap.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "larder/store/sharded_store.h"

namespace larder {
namespace {

using Kind = AccessEvent::Kind;

constexpr TimeMs kNow = 1'700'000'000'000;

TEST(AccessTap, GivesBackInOrderAndDropsWhatDoesNotFit) {
  AccessTap tap;
  AccessEvent event;
  EXPECT_FALSE(tap.take(event));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < AccessTap::kEventsMax; ++i) tap.put({.hash = i});
    tap.put({.hash = 1, .kind = Kind::kMiss});
    tap.put({.hash = 1, .kind = Kind::kGone});
    for (std::size_t i = 0; i < AccessTap::kEventsMax; ++i) {
      ASSERT_TRUE(tap.take(event));
      ASSERT_EQ(event.hash, i);
    }
    EXPECT_FALSE(tap.take(event));
  }
  EXPECT_EQ(tap.dropped(), 6u);
  EXPECT_EQ(tap.dropped_lookups(), 3u);
}

TEST(AccessTap, WantsTheKeysBelowItsThreshold) {
  AccessTap tap;
  EXPECT_FALSE(tap.wants(0));
  tap.set_threshold(kAllKeys);
  EXPECT_TRUE(tap.wants(~KeyHash{0}));
  tap.set_threshold(100);
  EXPECT_TRUE(tap.wants(99));
  EXPECT_FALSE(tap.wants(100));
  EXPECT_TRUE(tap.wants((KeyHash{7} << 32) | 99));
}

TEST(AccessTap, LosesNothingBetweenThreads) {
  constexpr std::size_t kThreads = 3;
  constexpr std::size_t kEach = 20'000;
  AccessTap tap;
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t i = 0; i < kEach; ++i) tap.put({.hash = (thread << 32) | i});
    });
  }
  std::size_t taken = 0;
  std::vector<std::uint64_t> next(kThreads, 0);
  AccessEvent event;
  while (taken + tap.dropped() < kThreads * kEach) {
    if (!tap.take(event)) {
      std::this_thread::yield();
      continue;
    }
    ++taken;
    const std::size_t thread = event.hash >> 32;
    const std::uint64_t number = event.hash & 0xffffffff;
    ASSERT_GE(number, next[thread]);
    next[thread] = number + 1;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(taken, 0u);
}

class TappedStore : public testing::Test {
 protected:
  TappedStore() { tap_.set_threshold(kAllKeys); }

  void set(std::string_view name, std::string_view value, const SetOptions& options = {}) {
    const Key key = store_.key(0, name);
    store_.run(key, now_ms_, [&](Shard& shard, Op& op) { return shard.set(key, {value, nullptr}, options, op); });
  }
  void erase(std::string_view name) {
    const Key key = store_.key(0, name);
    store_.run(key, now_ms_,
               [&](Shard& shard, Op& op) { return shard.erase(key, op) ? StatusCode::kOk : StatusCode::kNotFound; });
  }
  // What was told since the last call, one of "write", "gone", "hit", "miss", "clear" each.
  std::vector<std::string> told() {
    static constexpr const char* kNames[] = {"hit", "miss", "write", "gone", "clear"};
    std::vector<std::string> names;
    while (tap_.take(last_)) names.emplace_back(kNames[static_cast<std::size_t>(last_.kind)]);
    return names;
  }

  AccessTap tap_;
  ShardedStore store_{{.maxitems = 3, .tap = &tap_}};
  TimeMs now_ms_ = kNow;
  AccessEvent last_;
};

using Told = std::vector<std::string>;

TEST_F(TappedStore, TellsOfWritesWithWhatTheyCost) {
  set("a", std::string(100, 'x'), {.expire_at_ms = kNow + 500});
  EXPECT_EQ(told(), Told{"write"});
  EXPECT_EQ(last_.hash, store_.key(0, "a").hash);
  EXPECT_EQ(last_.expire_at_ms, kNow + 500);
  EXPECT_EQ(last_.size.bytes, 8u + 8u + 1u + 100u);  // header, expiry, key, value
  EXPECT_FALSE(last_.size.has_blob);
  store_.set_policy(PolicyKind::kAllKeysS3Fifo);  // its records have no list node
  set("a", std::string(100, 'x'), {.expire_at_ms = kNow + 500});
  EXPECT_EQ(told(), Told{"write"});
  EXPECT_EQ(last_.size.bytes, 8u + 8u + 1u + 100u);
  set("b", std::string(200'000, 'x'));
  EXPECT_EQ(told(), Told{"write"});
  EXPECT_EQ(last_.size.bytes, 8u + 1u + sizeof(Blob*) + Blob::footprint_bytes(200'000));
  EXPECT_TRUE(last_.size.has_blob);
  set("a", std::string(100, 'x'), {.expire_at_ms = kNow + 500});
  told();
  set("a", "y", {.keep_expiry = true});
  EXPECT_EQ(told(), Told{"write"});
  EXPECT_EQ(last_.expire_at_ms, kNow + 500);
  set("a", "z", {.condition = Condition::kIfAbsent});
  EXPECT_EQ(told(), Told{});
  const Key key = store_.key(0, "a");
  store_.run(key, now_ms_, [&](Shard& shard, Op& op) { return shard.set_expiry(key, kNow + 900, op); });
  EXPECT_EQ(told(), Told{"write"});
  EXPECT_EQ(last_.expire_at_ms, kNow + 900);
}

TEST_F(TappedStore, TellsOfWhatGoesButNotOfEvictions) {
  for (const char* const name : {"a", "b", "c", "d"}) set(name, "x", {.expire_at_ms = kNow + 10});
  EXPECT_EQ(told(), Told({"write", "write", "write", "write"}));
  erase("d");
  EXPECT_EQ(told(), Told{"gone"});
  // What is not there any more may be there in a larger cache.
  erase("d");
  EXPECT_EQ(told(), Told{"gone"});
  now_ms_ += 10;
  store_.maintain(now_ms_, 1'000);
  store_.maintain_round(now_ms_, 1'000);
  EXPECT_EQ(told(), Told({"gone", "gone"}));
  set("a", "x");
  told();
  store_.flush(std::nullopt, now_ms_);
  EXPECT_EQ(told(), Told{"clear"});
  set("a", "x");
  store_.flush(Database{0}, now_ms_);
  store_.maintain(now_ms_, 1'000);
  EXPECT_EQ(told(), Told({"write", "gone"}));
}

TEST_F(TappedStore, TellsOfLookUpsAndOfNothingWhenItIsOff) {
  store_.note_lookup(7, true);
  store_.note_lookup(7, false);
  EXPECT_EQ(told(), Told({"hit", "miss"}));
  tap_.set_threshold(0);
  store_.note_lookup(7, true);
  set("a", "x");
  erase("a");
  store_.flush(std::nullopt, now_ms_);
  EXPECT_EQ(told(), Told{});
}

}  // namespace
}  // namespace larder
