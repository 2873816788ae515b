#include "larder/policy/s3fifo_policy.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/policy/toy_shard.h"

namespace larder {
namespace {

constexpr StreamId kSmall = 0;
constexpr StreamId kMain = 1;

class S3FifoPolicyTest : public testing::Test {
 protected:
  explicit S3FifoPolicyTest(std::uint64_t capacity = 10, bool counts_items = true) : shard_(capacity, counts_items) {
    shard_.use(make_policy(PolicyKind::kAllKeysS3Fifo, shard_));
  }
  void TearDown() override { shard_.check(); }
  void request(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) shard_.request(key, ++now_ms_);
  }

  ToyShard shard_;
  TimeMs now_ms_ = 0;
};

TEST_F(S3FifoPolicyTest, HandWorkedTrace) {
  // Ten fill the small queue; 0 is used twice, 1 once.
  request({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "0", "1"});
  // For a: 0 is promoted, 1 (one use is not enough) is evicted. b evicts 2, and c evicts 3.
  request({"a", "b", "c"});
  EXPECT_EQ(shard_.evicted(), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(shard_.stream_items(kMain), 1u);
  // 1 is a ghost: it evicts 4 and goes to the main queue at once; then it is no ghost any more.
  request({"1"});
  EXPECT_EQ(shard_.evicted().back(), "4");
  EXPECT_EQ(shard_.stream_items(kMain), 2u);
  // Small holds 5 6 7 8 9 a b c. All but c are evicted; ghosts among the new ones there are none.
  request({"d", "e", "f"});
  EXPECT_EQ(shard_.evicted(), (std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7"}));
  EXPECT_EQ(shard_.stream_items(kSmall), 8u);
}

TEST_F(S3FifoPolicyTest, WhatWasUsedUnderAnotherPolicyBeginsInTheMainQueue) {
  shard_.adopt("once", 1, 1);
  shard_.adopt("twice", 2, 1);
  EXPECT_EQ(shard_.stream_items(kSmall), 2u);
  shard_.adopt("thrice", 3, 1);
  shard_.adopt("often", 200, 1);
  shard_.adopt("unknown", {}, 1);
  EXPECT_EQ(shard_.stream_items(kMain), 3u);
  EXPECT_EQ(shard_.policy().standing(shard_.at("often"), 0), 6u);
  EXPECT_EQ(shard_.policy().standing(shard_.at("once"), 0), 1u);
  EXPECT_EQ(shard_.policy().standing(shard_.at("thrice"), 0), 3u);
  shard_.check();
  EXPECT_EQ(shard_.evict(2), "once");
  EXPECT_EQ(shard_.evict(2), "twice");
  EXPECT_EQ(shard_.evict(2), "thrice");
  EXPECT_EQ(shard_.evict(2), "unknown");
}

TEST_F(S3FifoPolicyTest, OfWhatNothingWasKnownTheUsesSinceAre) {
  for (const char* key : {"unused", "used", "spared"}) shard_.adopt(key, {}, 1);
  request({"used", "spared", "spared"});
  const auto standing = [&](const std::string& key) { return shard_.policy().standing(shard_.at(key), 0); };
  EXPECT_EQ(standing("unused"), Standing{});
  EXPECT_EQ(standing("used"), 2u);
  EXPECT_EQ(standing("spared"), 3u);
  EXPECT_EQ(shard_.evict(2), "unused");
  EXPECT_EQ(shard_.evict(2), "used");
  EXPECT_EQ(standing("spared"), 4u);  // by a use it is in the main queue like any other
}

TEST_F(S3FifoPolicyTest, MainGivesAnotherRoundForEachUse) {
  request({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  request({"0", "0", "1", "1", "2", "2", "3", "3", "4", "4", "5", "5", "6", "6", "7", "7", "8", "8", "9", "9"});
  // All are promoted, their uses forgotten; then 0 is the oldest of main, unused there.
  request({"a"});
  EXPECT_EQ(shard_.evicted(), (std::vector<std::string>{"0"}));
  EXPECT_EQ(shard_.stream_items(kMain), 9u);
  // 1 is used in main. Small holds a tenth and not more: b evicts a from there; then for c, b.
  request({"1", "b"});
  EXPECT_EQ(shard_.evicted().back(), "a");
  // Without anything in small main pays: 1 is spared once, 2 goes.
  shard_.erase("b");
  EXPECT_EQ(shard_.evict(99), "2");
  EXPECT_TRUE(shard_.contains("1"));
}

TEST_F(S3FifoPolicyTest, EvictedFromMainLeavesNoGhost) {
  request({"0", "0", "0"});
  EXPECT_EQ(shard_.evict(9), "0");  // promoted, then evicted from there
  request({"0"});
  EXPECT_EQ(shard_.stream_items(kMain), 0u);
}

TEST_F(S3FifoPolicyTest, RewrittenItemKeepsItsQueueAndUses) {
  request({"0", "0", "0"});
  shard_.rewrite("0", 5, 100);
  request({"1"});
  EXPECT_EQ(shard_.evict(9), "1");
  EXPECT_TRUE(shard_.contains("0"));
  EXPECT_EQ(shard_.stream_items(kMain), 1u);
}

TEST_F(S3FifoPolicyTest, RankIsAboutWhenTheHeadJoined) {
  request({"0", "1", "2", "3"});
  EXPECT_EQ(shard_.policy().coldest_rank(9), 1);
  EXPECT_EQ(shard_.evict(9), "0");
  for (int key = 4; key < 1'000; ++key) request({std::to_string(key)});
  const std::optional<std::int64_t> rank = shard_.policy().coldest_rank(now_ms_);
  EXPECT_GE(rank, now_ms_ - 12);
  EXPECT_LE(rank, now_ms_ - 8);
}

class S3FifoBytesTest : public S3FifoPolicyTest {
 protected:
  S3FifoBytesTest() : S3FifoPolicyTest(100'000, false) {}
};

TEST_F(S3FifoBytesTest, SmallQueueIsATenthOfTheBytes) {
  // Large ones that are used go to main; then small ones pass by.
  for (int key = 0; key < 20; ++key) {
    for (int use = 0; use < 3; ++use) shard_.request("large" + std::to_string(key), ++now_ms_, 4'000);
  }
  for (int key = 0; key < 2'000; ++key) shard_.request("one" + std::to_string(key), ++now_ms_, 84);
  EXPECT_GE(shard_.stream_weight(kSmall), 9'000u);
  for (int key = 0; key < 20; ++key) EXPECT_TRUE(shard_.contains("large" + std::to_string(key)));
}

}  // namespace
}  // namespace larder
