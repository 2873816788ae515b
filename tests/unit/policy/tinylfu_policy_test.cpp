#include "larder/policy/tinylfu_policy.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/policy/toy_shard.h"

namespace larder {
namespace {

class TinyLfuPolicyTest : public testing::Test {
 protected:
  explicit TinyLfuPolicyTest(std::uint64_t capacity = 3) : shard_(capacity, true, 64 << 20) {
    shard_.use(make_policy(PolicyKind::kAllKeysTinyLfu, shard_));
  }
  void TearDown() override { shard_.check(); }
  void request(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) shard_.request(key, ++now_ms_);
  }
  double window_share() { return static_cast<TinyLfuPolicy&>(shard_.policy()).window_share(); }

  ToyShard shard_;
  TimeMs now_ms_ = 0;
};

TEST_F(TinyLfuPolicyTest, HandWorkedTrace) {
  // Window of one: a and b fall out of it into probation, c is in it. a's hit takes it to protected.
  request({"a", "b", "c", "a"});
  // d comes: candidate c (1) is not better than victim b (1), c goes. e: d (1) against b (1), d goes.
  request({"d", "e"});
  EXPECT_EQ(shard_.evicted(), (std::vector<std::string>{"c", "d"}));
  // d again: candidate e (1), e goes. d has now 2 uses: for f, d is admitted and b, the victim, goes.
  request({"d", "f"});
  EXPECT_EQ(shard_.evicted(), (std::vector<std::string>{"c", "d", "e", "b"}));
  // Protected a (2), probation d (2), window f (1): f loses against d.
  request({"g"});
  EXPECT_EQ(shard_.evicted().back(), "f");
}

TEST_F(TinyLfuPolicyTest, TheShardWithTheMostItemsComesFirst) {
  EXPECT_EQ(shard_.policy().coldest_rank(9), std::nullopt);
  request({"a", "b"});  // at 1, 2
  const auto with_two = shard_.policy().coldest_rank(9);
  request({"c", "a"});
  EXPECT_LT(shard_.policy().coldest_rank(9), with_two);
  EXPECT_EQ(shard_.policy().last_use_ms(shard_.at("a"), 9), 4);
}

TEST_F(TinyLfuPolicyTest, WaitingHitsGoWithAnItemThatMoves) {
  request({"a", "b", "c", "b"});
  shard_.compact("b");
  EXPECT_EQ(shard_.evict(9), "c");
  EXPECT_EQ(shard_.evict(9), "a");
}

class LargeTinyLfuPolicyTest : public TinyLfuPolicyTest {
 protected:
  LargeTinyLfuPolicyTest() : TinyLfuPolicyTest(200) {}
};

TEST_F(LargeTinyLfuPolicyTest, WhatAnotherPolicyHadIsNoTrafficToTheClimber) {
  for (int key = 0; key < 150; ++key) shard_.adopt(std::to_string(key), key % 3 == 0 ? Standing{5} : Standing{}, 1);
  EXPECT_EQ(shard_.policy().frequency(shard_.at("0"), ToyShard::hash("0")), 5u);
  for (int round = 0; round < 300; ++round) {
    for (int key = 0; key < 150; ++key) shard_.erase(std::to_string(key));
    for (int key = 0; key < 150; ++key) shard_.adopt(std::to_string(key), 1, 1);
  }
  EXPECT_EQ(window_share(), 0.01);
}

TEST_F(LargeTinyLfuPolicyTest, ScanDoesNotPushOutWhatIsUsedOften) {
  for (int use = 0; use < 5; ++use) {
    for (int key = 0; key < 100; ++key) request({"hot" + std::to_string(key)});
  }
  for (int key = 0; key < 2'000; ++key) request({"scan" + std::to_string(key)});
  int kept = 0;
  for (int key = 0; key < 100; ++key) kept += shard_.contains("hot" + std::to_string(key));
  EXPECT_GE(kept, 98);  // the sketch may take a few of the others for more than they are
}

TEST_F(LargeTinyLfuPolicyTest, WindowGrowsWhereLastUseIsWhatCounts) {
  // Every key is used twice, the second time within 150 requests, and then never again: by count all are alike.
  SplitMix64 numbers(4);
  const auto request_pair = [&](int key) {
    request({std::to_string(key), std::to_string(std::max(0, key - static_cast<int>(numbers.below(75))))});
  };
  for (int key = 0; key < 80'000; ++key) request_pair(key);
  EXPECT_GT(window_share(), 0.1);
}

}  // namespace
}  // namespace larder
