#include "larder/store/lease_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "larder/base/limits.h"

namespace larder {
namespace {

class LeaseTableTest : public testing::Test {
 protected:
  ~LeaseTableTest() override { table_.check_invariants(); }

  LeaseToken grant(KeyHash key, TimeMs ends_ms, TimeMs now_ms = 0) {
    return table_.grant(key, now_ms, ends_ms, 7).token;
  }

  LeaseTable table_{42};
};

TEST_F(LeaseTableTest, ALeaseIsFoundUntilItsTimeIsOver) {
  const LeaseToken token = grant(5, 100);
  const Lease* const lease = table_.find(5, 99);
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(lease->token, token);
  EXPECT_EQ(lease->tag_clock, 7u);
  EXPECT_EQ(table_.find(5, 100), nullptr);
  EXPECT_EQ(table_.find(6, 0), nullptr);
}

TEST_F(LeaseTableTest, WithoutLeasesItTakesNothing) {
  EXPECT_EQ(table_.bytes(), 0u);
  grant(1, 100);
  grant(2, 200);
  EXPECT_GT(table_.bytes(), 0u);
  EXPECT_EQ(table_.drop_ended(99), 0u);  // the first of them is not due
  EXPECT_TRUE(table_.erase(1));
  EXPECT_FALSE(table_.erase(1));
  EXPECT_EQ(table_.size(), 1u);
  EXPECT_GT(table_.drop_ended(200), 0u);
  EXPECT_TRUE(table_.empty());
  EXPECT_EQ(table_.bytes(), 0u);
}

TEST_F(LeaseTableTest, AKeyGetsItsPlaceAgain) {
  const LeaseToken first = grant(1, 100);
  const LeaseToken second = grant(1, 300, 100);
  EXPECT_NE(first, second);
  EXPECT_EQ(table_.size(), 1u);
  EXPECT_EQ(table_.find(1, 100)->token, second);
}

TEST_F(LeaseTableTest, NoTokenIsGivenTwiceAndAllAreSmallEnough) {
  std::set<LeaseToken> tokens;
  for (int i = 0; i < 10'000; ++i) {
    const LeaseToken token = grant(static_cast<KeyHash>(i % 50), i + 1, i);
    EXPECT_NE(token, kNoLease);
    EXPECT_EQ(token >> 63, 0u);
    EXPECT_TRUE(tokens.insert(token).second);
  }
}

TEST_F(LeaseTableTest, AFullTableDropsTheLeaseOfABucketThatEndsSoonest) {
  std::map<KeyHash, TimeMs> held;
  SplitMix64 numbers(1);
  for (std::size_t i = 0; i < 3 * limits::kLeasesPerShardMax; ++i) {
    const KeyHash key = numbers.next();
    const TimeMs ends_ms = 1'000 + static_cast<TimeMs>(i);
    const LeaseTable::Granted granted = table_.grant(key, 0, ends_ms, 0);
    held[key] = ends_ms;
    if (granted.dropped) {
      EXPECT_EQ(held.erase(*granted.dropped), 1u);
      EXPECT_EQ(table_.find(*granted.dropped, 0), nullptr);
    }
    ASSERT_EQ(table_.size(), held.size());
  }
  EXPECT_LE(table_.size(), limits::kLeasesPerShardMax);
  EXPECT_GT(table_.size(), limits::kLeasesPerShardMax * 3 / 4);
  for (const auto& [key, ends_ms] : held) {
    ASSERT_NE(table_.find(key, 0), nullptr);
    EXPECT_EQ(table_.find(key, 0)->ends_ms, ends_ms);
  }
}

TEST_F(LeaseTableTest, ClearTellsTheKeys) {
  std::set<KeyHash> cleared;
  for (KeyHash key = 0; key < 100; ++key) grant(key, 10);
  table_.clear([&](KeyHash key) { cleared.insert(key); });
  EXPECT_EQ(cleared.size(), 100u);
  EXPECT_TRUE(table_.empty());
}

}  // namespace
}  // namespace larder
