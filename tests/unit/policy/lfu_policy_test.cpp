#include "larder/policy/lfu_policy.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/policy/toy_shard.h"

namespace larder {
namespace {

class LfuPolicyTest : public testing::Test {
 protected:
  LfuPolicyTest() : shard_(3) { shard_.use(make_policy(PolicyKind::kAllKeysLfu, shard_)); }
  void TearDown() override { shard_.check(); }
  std::optional<std::uint32_t> frequency(const std::string& key) {
    return shard_.policy().frequency(shard_.at(key), ToyShard::hash(key));
  }

  ToyShard shard_;
};

TEST_F(LfuPolicyTest, EvictsTheFewestUsesAndAmongThemTheFirst) {
  // a 2, b 1, c 1: d evicts b, e evicts c. e is used: e 2, d 1: f evicts d. f is used twice: a, e 2 (a first), f 3.
  for (const char* key : {"a", "b", "c", "a", "d", "e", "e", "f", "f", "f", "g"}) shard_.request(key, 1);
  EXPECT_EQ(shard_.evicted(), (std::vector<std::string>{"b", "c", "d", "a"}));
}

TEST_F(LfuPolicyTest, HitIsCountedAtOnceAlthoughItIsAppliedLater) {
  for (const char* key : {"a", "b", "c", "c", "c"}) shard_.request(key, 1);
  EXPECT_EQ(frequency("c"), 3u);
  EXPECT_EQ(frequency("a"), 1u);
}

TEST_F(LfuPolicyTest, WaitingHitsGoWithAnItemThatMoves) {
  for (const char* key : {"a", "b", "c", "b", "b"}) shard_.request(key, 1);
  shard_.compact("b");
  EXPECT_EQ(frequency("b"), 3u);
  EXPECT_EQ(shard_.evict(2), "a");
}

TEST_F(LfuPolicyTest, FewerUsesAreTheLowerRankAndThenTheLongerRest) {
  for (const char* key : {"a", "b", "c"}) shard_.request(key, 1);
  const auto one_use = shard_.policy().coldest_rank(1);
  shard_.request("c", 1);
  shard_.request("a", 1);
  const auto rested = shard_.policy().coldest_rank(1);
  EXPECT_LT(rested, one_use);
  shard_.request("b", 1);
  EXPECT_GT(shard_.policy().coldest_rank(1), one_use);
}

TEST_F(LfuPolicyTest, WhatAnotherPolicyHadBeginsWithTheUsesThatItKnew) {
  shard_.adopt("often", 5, 1);
  shard_.adopt("unknown", {}, 1);
  shard_.adopt("more than can be counted", 1'000, 1);
  shard_.adopt("twice", 2, 1);
  EXPECT_EQ(frequency("often"), 5u);
  EXPECT_EQ(frequency("unknown"), 1u);
  EXPECT_EQ(frequency("more than can be counted"), 255u);
  shard_.request("twice", 1);
  EXPECT_EQ(frequency("twice"), 3u);
  shard_.check();
  EXPECT_EQ(shard_.evict(2), "unknown");
  EXPECT_EQ(shard_.evict(2), "twice");
  EXPECT_EQ(shard_.evict(2), "often");
}

TEST(VolatileLfuPolicy, WhatAnotherPolicyHadBeginsWithTheUsesThatItKnew) {
  ToyShard shard(3);
  shard.use(make_policy(PolicyKind::kVolatileLfu, shard));
  shard.adopt("often", 9, 1, 1'000);
  shard.adopt("once", {}, 1, 1'000);
  shard.adopt("outside", 9, 1);
  EXPECT_EQ(shard.policy().frequency(shard.at("often"), 0), 9u);
  EXPECT_EQ(shard.policy().frequency(shard.at("outside"), 0), std::nullopt);
  EXPECT_EQ(shard.evict(2), "once");
  shard.check();
}

TEST_F(LfuPolicyTest, CountsStopAtTheHighest) {
  shard_.request("a", 1);
  for (int use = 0; use < 1'000; ++use) shard_.request("a", 1);
  EXPECT_EQ(frequency("a"), 255u);
}

TEST_F(LfuPolicyTest, FavouriteOfThePastLosesItsCountAndGoes) {
  for (int use = 0; use < 20; ++use) shard_.request("past", 1);
  EXPECT_EQ(frequency("past"), 20u);
  for (int round = 0; shard_.contains("past"); ++round) {
    ASSERT_LT(round, 1'000);
    const std::string key = "new" + std::to_string(round);
    for (int use = 0; use < 3; ++use) shard_.request(key, 1);
  }
}

}  // namespace
}  // namespace larder
