// Expiry: which segments are walked when, and what goes before anything that lives.
#include <gtest/gtest.h>

#include <string>

#include "larder/base/hash.h"
#include "larder/base/limits.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

class ShardSweep : public ShardFixture {
 protected:
  using ShardFixture::ShardFixture;

  static std::string name_of(int i) { return "key:" + std::to_string(i); }
  // Items whose number is a multiple of `every` expire in `ttl_ms`; the others in an hour.
  void fill(int items, int every, TimeMs ttl_ms) {
    for (int i = 0; i < items; ++i) {
      const TimeMs expire_at_ms = now_ms_ + (i % every == 0 ? ttl_ms : 3'600'000);
      ASSERT_EQ(set(name_of(i), std::string(100, 'v'), {.expire_at_ms = expire_at_ms}), StatusCode::kOk);
    }
  }
  WorkDone sweep(std::size_t buckets_max) {
    Op call = op();
    return shard_.sweep({.items_max = buckets_max, .buckets_max = buckets_max}, call);
  }
  WorkDone sweep_round(std::size_t buckets_max) {
    Op call = op();
    return shard_.sweep_round({.items_max = buckets_max, .buckets_max = buckets_max}, call);
  }
};

TEST_F(ShardSweep, WhatIsMostlyExpiredGoesWithoutWaitingForTheRound) {
  fill(20'000, 2, 10);
  now_ms_ += 10;
  while (sweep(500).more) {
  }
  EXPECT_GT(shard_.stats().expired, 9'500u);
  while (sweep_round(500).more) {
  }
  EXPECT_EQ(shard_.stats().expired, 10'000u);
  EXPECT_EQ(shard_.count(0), 10'000u);
}

TEST_F(ShardSweep, WhatIsHardlyExpiredWaitsForTheRound) {
  fill(20'000, 200, 10);
  now_ms_ += 10;
  while (sweep(500).more) {
  }
  EXPECT_LT(shard_.stats().expired, 50u);
  while (sweep_round(500).more) {
  }
  EXPECT_EQ(shard_.stats().expired, 100u);
}

TEST_F(ShardSweep, NothingIsLookedAtWhileNothingHasExpired) {
  fill(20'000, 2, 1'000);
  EXPECT_EQ(sweep(1'000'000).buckets, 0u);
  EXPECT_EQ(sweep_round(1'000'000).buckets, 0u);
  now_ms_ += 1'000;
  sweep_all();
  EXPECT_EQ(sweep(1'000'000).buckets, 0u);
  EXPECT_EQ(sweep_round(1'000'000).buckets, 0u);
}

TEST_F(ShardSweep, EveryVisitStopsAtItsBudget) {
  fill(20'000, 3, 10);
  now_ms_ += 10;
  for (bool more = true; more;) {
    const WorkDone done = sweep(100);
    ASSERT_LE(done.buckets, 200u);  // compaction counts bytes, too
    more = done.more;
  }
  for (bool more = true; more;) {
    const WorkDone done = sweep_round(100);
    ASSERT_LE(done.buckets, 100u);
    more = done.more;
  }
  EXPECT_EQ(shard_.count_with_expiry(0), shard_.count(0));
  EXPECT_EQ(shard_.stats().expired, 6'667u);
}

TEST_F(ShardSweep, EarlierAndLaterExpiriesAndTheirRemovalAreKeptTrackOf) {
  SplitMix64 random(7);
  constexpr int kItems = 3'000;
  std::vector<TimeMs> expiries(kItems, kNoExpiry);
  for (int step = 0; step < 60'000; ++step) {
    const auto i = static_cast<int>(random.below(kItems));
    TimeMs& expiry = expiries[static_cast<std::size_t>(i)];
    const bool lives = shard_.contains(key(name_of(i)), now_ms_);
    const TimeMs next = random.below(4) == 0 ? kNoExpiry : now_ms_ + 1 + static_cast<TimeMs>(random.below(3'000));
    Op call = op();
    if (lives && random.below(2) == 0) {
      ASSERT_EQ(shard_.set_expiry(key(name_of(i)), next, call), StatusCode::kOk);
    } else {
      ASSERT_EQ(set(name_of(i), std::string(random.below(300), 'v'), {.expire_at_ms = next}), StatusCode::kOk);
    }
    expiry = next;
    if (step % 10 == 0) now_ms_ += 1;
    if (step % 7 == 0) sweep(random.below(50));
    if (step % 11 == 0) sweep_round(random.below(50));
    if (step % 5'000 == 0) shard_.check_invariants();
  }
  sweep_all();
  for (int i = 0; i < kItems; ++i) {
    const TimeMs expiry = expiries[static_cast<std::size_t>(i)];
    ASSERT_EQ(shard_.contains(key(name_of(i)), now_ms_), expiry == kNoExpiry || expiry > now_ms_) << i;
  }
  std::size_t live = 0;
  for (const TimeMs expiry : expiries) live += expiry == kNoExpiry || expiry > now_ms_;
  EXPECT_EQ(shard_.count(0), live);
}

class ShardSweepInItems : public ShardSweep {
 protected:
  ShardSweepInItems() : ShardSweep(0, 5'000) {}
};

TEST_F(ShardSweepInItems, AnExpiredItemCostsNoLiveItemItsPlace) {
  for (int i = 0; i < 5'000; ++i) {
    const TimeMs expire_at_ms = i >= 4'000 && i % 100 == 3 ? now_ms_ + 10 : kNoExpiry;
    ASSERT_EQ(set(name_of(i), "v", {.expire_at_ms = expire_at_ms}), StatusCode::kOk);
  }
  now_ms_ += 10;
  for (int i = 0; i < 10; ++i) {
    StatusCode status = StatusCode::kNeedsRoom;
    while (status == StatusCode::kNeedsRoom) status = set_evicting("new" + std::to_string(i), "v");
    ASSERT_EQ(status, StatusCode::kOk);
  }
  EXPECT_EQ(shard_.stats().expired, 10u);
  EXPECT_EQ(shard_.stats().evicted, 0u);
  EXPECT_EQ(shard_.count(0), 5'000u);
}

TEST_F(ShardSweepInItems, TheSearchForExpiredItemsCostsEvictionsABoundedNumberOfLooks) {
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(set(name_of(i), "v", {.expire_at_ms = now_ms_ + 1'000'000}), StatusCode::kOk);
  }
  std::size_t looks = 0;
  std::size_t evictions = 0;
  for (int i = 0; i < 5'000; ++i) {
    // Something expires all the time, and never among what is looked at first.
    now_ms_ += 1;
    while (set("x" + std::to_string(i), "v", {.expire_at_ms = now_ms_ + 1}) == StatusCode::kNeedsRoom) {
      Op call = op();
      const WorkDone done = shard_.evict({0, 1}, {.items_max = 1, .buckets_max = 512}, call);
      ASSERT_LE(done.buckets, 512u + 1);
      looks += done.buckets;
      evictions += done.items;
    }
  }
  EXPECT_LE(looks, evictions * 64 + 32 * 1024);
}

}  // namespace
}  // namespace larder
