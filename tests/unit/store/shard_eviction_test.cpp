#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "larder/base/hash.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

using ::testing::ElementsAre;

class ThreeItems : public ShardFixture {
 protected:
  ThreeItems() : ShardFixture(0, 3) {}

  // Reads the key through the cache: a miss stores it.
  void access(const std::string& name) {
    if (!get(name)) set_evicting(name, "value of " + name);
  }
  std::vector<std::string> evictions() {
    std::vector<std::string> result;
    for (const std::string& event : events()) {
      if (event.rfind("evicted ", 0) == 0) result.push_back(event.substr(8));
    }
    return result;
  }
};

TEST_F(ThreeItems, TheLeastRecentlyUsedGoes) {
  for (const char* name : {"a", "b", "c"}) set_evicting(name, "1");
  for (const char* name : {"a", "b", "c"}) get(name);
  set_evicting("d", "4");
  EXPECT_THAT(evictions(), ElementsAre("a"));
  EXPECT_EQ(get("a"), std::nullopt);
  EXPECT_EQ(get("d"), "4");
}

TEST_F(ThreeItems, AccessesOneTwoThreeOneFourFiveEvictTwoThenThree) {
  for (const char* name : {"1", "2", "3", "1", "4", "5"}) access(name);
  EXPECT_THAT(evictions(), ElementsAre("2", "3"));
}

TEST_F(ThreeItems, WritesCountAsUsesAndPeeksDoNot) {
  for (const char* name : {"a", "b", "c"}) set(name, "1");
  set("a", "2");
  Op call = op();
  shard_.set_expiry(key("b"), now_ms_ + 1'000, call);
  get("c", Touch::kNo);
  set_evicting("d", "1");
  set_evicting("e", "1");
  EXPECT_THAT(evictions(), ElementsAre("c", "a"));
}

TEST_F(ThreeItems, AnOverwriteEvictsNothing) {
  for (const char* name : {"a", "b", "c"}) set(name, "1");
  EXPECT_EQ(set("a", std::string(10'000, 'x')), StatusCode::kOk);
  EXPECT_THAT(evictions(), ElementsAre());
  EXPECT_EQ(shard_.count(0), 3u);
}

TEST_F(ThreeItems, AnExpiredVictimCountsAsExpired) {
  set("a", "1", {.expire_at_ms = now_ms_ + 1});
  set("b", "1");
  set("c", "1");
  now_ms_ += 10;
  set_evicting("d", "1");
  EXPECT_EQ(shard_.stats().expired, 1u);
  EXPECT_EQ(shard_.stats().evicted, 0u);
}

TEST_F(ThreeItems, TheAgeOfTheEvictedIsSummed) {
  set("a", "1");
  now_ms_ += 70;
  for (const char* name : {"b", "c", "d"}) set_evicting(name, "1");
  EXPECT_EQ(shard_.stats().evicted_age_ms_sum, 70u);
}

TEST_F(ThreeItems, TheRankIsTheLastUseOfTheColdest) {
  EXPECT_EQ(shard_.coldest_rank(), std::nullopt);
  set("a", "1");
  now_ms_ += 5;
  set("b", "1");
  EXPECT_EQ(shard_.coldest_rank(), now_ms_ - 5);
  get("a");
  EXPECT_EQ(shard_.coldest_rank(), now_ms_);
  shard_.set_policy(PolicyKind::kNoEviction);
  EXPECT_EQ(shard_.coldest_rank(), std::nullopt);
}

TEST_F(ThreeItems, FlushedItemsNeitherCountNorOutliveAnEviction) {
  for (const char* name : {"a", "b", "c"}) set(name, "1");
  flush(0);
  EXPECT_EQ(shard_.coldest_rank(), Shard::kFlushedRank);
  EXPECT_EQ(set("d", "1"), StatusCode::kOk);
  Op call = op();
  shard_.evict({1, 0}, {.items_max = 64, .buckets_max = 64}, call);
  EXPECT_EQ(shard_.stats().dead_bytes, 0u);
  EXPECT_EQ(shard_.stats().evicted, 0u);
  EXPECT_EQ(get("d"), "1");
}

TEST_F(ThreeItems, NoEvictionGivesUpFlushedItemsOnly) {
  for (const char* name : {"a", "b"}) set(name, "1");
  flush(0);
  set("c", "1");
  shard_.set_policy(PolicyKind::kNoEviction);
  Op call = op();
  EXPECT_GT(shard_.evict({1'000'000, 3}, {.items_max = 64, .buckets_max = 64}, call).bytes, 0u);
  EXPECT_EQ(get("c"), "1");
  EXPECT_EQ(shard_.evict({1'000'000, 3}, {.items_max = 64, .buckets_max = 64}, call).bytes, 0u);
}

class SmallMemory : public ShardFixture {
 protected:
  static constexpr std::uint64_t kBytesMax = 64 * 1024;
  SmallMemory() : ShardFixture(kBytesMax, 0) {}
};

TEST_F(SmallMemory, AWriteWithoutRoomSaysWhatItNeedsAndChangesNothing) {
  std::string name = "0";
  for (int i = 0; set(name, std::string(1'000, 'v')) == StatusCode::kOk; ++i) name = std::to_string(i);
  EXPECT_EQ(needed_.items, 1u);
  EXPECT_GE(needed_.bytes, name.size() + 1'000);
  events();

  const ShardStats before = shard_.stats();
  EXPECT_EQ(set(name, std::string(1'000, 'v')), StatusCode::kNeedsRoom);
  EXPECT_EQ(get(name), std::nullopt);
  EXPECT_EQ(set("0", std::string(30'000, 'w')), StatusCode::kNeedsRoom);
  EXPECT_EQ(needed_.items, 0u);
  EXPECT_EQ(needed_.bytes, Shard::item_bytes_max(1, 30'000) - Shard::item_bytes_max(1, 1'000));
  EXPECT_EQ(get("0"), std::string(1'000, 'v'));
  EXPECT_EQ(shard_.stats().used_bytes(), before.used_bytes());
  EXPECT_EQ(shard_.stats().items, before.items);
  EXPECT_THAT(events(), ElementsAre());
}

TEST_F(SmallMemory, UsedBytesNeverPassTheLimit) {
  SplitMix64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(set_evicting(std::to_string(random.below(500)), std::string(random.below(2'000), 'v')), StatusCode::kOk);
    ASSERT_LE(budget_.used_bytes(), kBytesMax);
    ASSERT_EQ(budget_.used_bytes(), shard_.stats().used_bytes());
  }
  EXPECT_GT(shard_.stats().evicted, 1'000u);
  EXPECT_GT(budget_.used_bytes(), kBytesMax - 7'000);  // a page of the index, an item
}

TEST_F(SmallMemory, EvictsInExactLruOrder) {
  std::vector<std::string> names;
  for (int i = 0; set(std::to_string(i), "v") == StatusCode::kOk; ++i) names.push_back(std::to_string(i));
  // Uses every third again, so that those are the warmest.
  std::vector<std::string> expected;
  std::vector<std::string> used;
  for (std::size_t i = 0; i < names.size(); ++i) (i % 3 == 0 ? used : expected).push_back("evicted " + names[i]);
  for (std::size_t i = 0; i < names.size(); i += 3) get(names[i]);
  expected.insert(expected.end(), used.begin(), used.end());
  events();

  Op call = op();
  while (shard_.evict({1, 1}, {.items_max = 7, .buckets_max = 1}, call).more) {
  }
  EXPECT_EQ(events(), expected);
}

TEST_F(SmallMemory, WhatCanNeverFitIsTooLarge) {
  EXPECT_EQ(set("k", std::string(kBytesMax, 'v')), StatusCode::kTooLarge);
  EXPECT_EQ(get("k"), std::nullopt);
}

TEST_F(SmallMemory, EvictionFillsTheReservationAndNotTheBudget) {
  for (int i = 0; set(std::to_string(i), "v") == StatusCode::kOk; ++i) {
  }
  const std::uint64_t used = budget_.used_bytes();
  Reservation reservation(budget_, {}, Reservation::Purpose::kWrite);
  Op call = op(&reservation);
  const WorkDone done = shard_.evict({500, 0}, {.items_max = 64, .buckets_max = 1}, call);
  EXPECT_GE(done.bytes, 500u);
  EXPECT_EQ(reservation.held().bytes, done.bytes);
  EXPECT_EQ(reservation.held().items, done.items);
  EXPECT_EQ(budget_.used_bytes(), used);
  EXPECT_EQ(shard_.set(key("new"), {std::string(200, 'v'), nullptr}, {}, call), StatusCode::kOk);
  constexpr std::size_t kFieldsNotUsed = 32;  // of expiries and of a database
  EXPECT_GE(reservation.held().bytes, done.bytes - Shard::item_bytes_max(3, 200));
  EXPECT_LE(reservation.held().bytes, done.bytes - Shard::item_bytes_max(3, 200) + kFieldsNotUsed);
  EXPECT_EQ(budget_.used_bytes(), used);
}

class S3FifoMemory : public ShardFixture {
 protected:
  S3FifoMemory() : ShardFixture(8 << 20, 0, PolicyKind::kAllKeysS3Fifo) {}
};

// Each of the items has been used, so that many are moved to the main queue before one goes.
TEST_F(S3FifoMemory, AVisitIsBoundedByTheBytesThatItMoves) {
  constexpr std::size_t kValueBytes = 8'000;
  constexpr std::size_t kRecordsMax = 64;
  int stored = 0;
  while (set(std::to_string(stored), std::string(kValueBytes, 'v')) == StatusCode::kOk) ++stored;
  for (int use = 0; use < 3; ++use) {
    for (int i = 0; i < stored; ++i) ASSERT_TRUE(get(std::to_string(i)));
  }
  std::size_t evicted = 0;
  for (int visit = 0; evicted == 0; ++visit) {
    ASSERT_LT(visit, 10'000);
    Op call = op();
    const WorkDone done = shard_.evict({1, 1}, {.items_max = 64, .buckets_max = kRecordsMax}, call);
    // The last item's bytes, and what is compacted for them, are beyond.
    ASSERT_LE(done.buckets, kRecordsMax + 10 * kValueBytes / 256);
    evicted = done.items;
  }
}

}  // namespace
}  // namespace larder
