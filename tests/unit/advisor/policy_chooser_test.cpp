#include "advisor/policy_chooser.h"

#include <gtest/gtest.h>

#include <cmath>

#include "larder/base/hash.h"

namespace larder {
namespace {

using enum PolicyKind;

// A cache of so many items under four policies whose hit ratios a test sets, round by round.
class PolicyChooserTest : public testing::Test {
 protected:
  static constexpr double kItems = 4'000;
  static constexpr double kLookups = 1'000;  // a quarter of the items: a round

  struct Ratios {
    double lru = 0.3;
    double lfu = 0.3;
    double s3fifo = 0.3;
    double tinylfu = 0.3;
  };
  // One round, in which chance adds to each policy's hits.
  void round(const Ratios& ratios) {
    const auto hits = [this](double ratio) {
      const double chance = static_cast<double>(numbers_.below(2'001)) / 1'000 - 1;
      return std::round(kLookups * ratio + 8 * chance);
    };
    chooser_.count(kLookups, {hits(ratios.lru), hits(ratios.lfu), hits(ratios.s3fifo), hits(ratios.tinylfu)}, kItems);
    if (const auto better = chooser_.better_than(now_)) {
      now_ = better->policy;
      lead_ = better->hit_ratio;
      ++changes_;
    }
  }
  void rounds(int count, const Ratios& ratios) {
    for (int i = 0; i < count; ++i) round(ratios);
  }

  PolicyChooser chooser_;
  SplitMix64 numbers_{3};
  PolicyKind now_ = PolicyChooser::kFirst;
  double lead_ = 0;
  int changes_ = 0;
};

TEST_F(PolicyChooserTest, ASmallLeadThatIsAlwaysThereIsFollowed) {
  rounds(30, {.lru = 0.32});
  EXPECT_EQ(now_, kAllKeysLru);
  EXPECT_EQ(changes_, 1);
  EXPECT_NEAR(lead_, 0.02, 0.01);
}

TEST_F(PolicyChooserTest, NothingIsSaidAfterFourRounds) {
  rounds(4, {.tinylfu = 0.9});
  EXPECT_EQ(changes_, 0);
  rounds(1, {.tinylfu = 0.9});
  EXPECT_EQ(now_, kAllKeysTinyLfu);
}

TEST_F(PolicyChooserTest, ABurstIsNotFollowed) {
  rounds(4, {});
  rounds(2, {.lru = 0.7});
  rounds(20, {});
  EXPECT_EQ(changes_, 0);
}

TEST_F(PolicyChooserTest, PoliciesThatAreAlikeAreNotChangedInTurn) {
  rounds(5'000, {.lru = 0.3005, .s3fifo = 0.3, .tinylfu = 0.3005});
  EXPECT_EQ(changes_, 0);
}

TEST_F(PolicyChooserTest, AnotherTrafficIsFollowedAndBackWithoutGoingToAndFro) {
  rounds(200, {.lfu = 0.33});
  EXPECT_EQ(now_, kAllKeysLfu);
  rounds(200, {.lru = 0.35});
  EXPECT_EQ(now_, kAllKeysLru);
  rounds(200, {.lfu = 0.35});
  EXPECT_EQ(now_, kAllKeysLfu);
  EXPECT_EQ(changes_, 3);
}

TEST_F(PolicyChooserTest, WhileTheCacheFillsNothingCounts) {
  for (int i = 0; i < 100; ++i) chooser_.count(kLookups, {200, 200, 200, 200}, kItems);
  rounds(5, {.lru = 0.4});
  EXPECT_EQ(now_, kAllKeysLru);
}

TEST_F(PolicyChooserTest, ARoundIsAsLongAsTheCacheIsLarge) {
  // Five rounds are needed.
  for (int i = 0; i < 49; ++i) chooser_.count(100, {99, 0, 0, 0}, kItems);
  EXPECT_EQ(chooser_.better_than(kAllKeysS3Fifo), std::nullopt);
  chooser_.count(100, {99, 0, 0, 0}, kItems);
  EXPECT_EQ(chooser_.better_than(kAllKeysS3Fifo)->policy, kAllKeysLru);
  EXPECT_EQ(chooser_.better_than(kAllKeysS3Fifo), std::nullopt) << "no round more has ended";
}

}  // namespace
}  // namespace larder
