#include "larder/policy/lru_policy.h"

#include <gtest/gtest.h>

#include <list>
#include <string>

#include "unit/policy/toy_shard.h"

namespace larder {
namespace {

class LruPolicyTest : public testing::Test {
 protected:
  explicit LruPolicyTest(std::uint64_t capacity = 3) : shard_(capacity) {
    shard_.use(make_policy(PolicyKind::kAllKeysLru, shard_));
  }
  void TearDown() override { shard_.check(); }

  ToyShard shard_;
};

TEST_F(LruPolicyTest, EvictsInTheOrderOfLastUse) {
  // a b c fill it; a is used; d evicts b; c is used; e evicts a; f evicts d.
  for (const char* key : {"a", "b", "c", "a", "d", "c", "e", "f"}) shard_.request(key, 1);
  EXPECT_EQ(shard_.evicted(), (std::vector<std::string>{"b", "a", "d"}));
}

TEST_F(LruPolicyTest, HitOnTheColdestItemShowsInTheRankAtOnce) {
  shard_.request("a", 10);
  shard_.request("b", 20);
  EXPECT_EQ(shard_.policy().coldest_rank(25), 10);
  shard_.request("a", 30);
  EXPECT_EQ(shard_.policy().coldest_rank(35), 20);
  EXPECT_EQ(shard_.policy().last_use_ms(shard_.at("a"), 35), 30);
}

class LargeLruPolicyTest : public LruPolicyTest {
 protected:
  static constexpr std::uint64_t kItems = 1'000;
  LargeLruPolicyTest() : LruPolicyTest(kItems) {}
};

// More hits than the ring holds, most of them on few items, some of them on each.
TEST_F(LargeLruPolicyTest, OrderIsExactWhateverIsHitAgainAndAgain) {
  std::list<std::string> expected;  // from the victim on
  const auto use = [&](const std::string& key) {
    shard_.request(key, 1);
    expected.remove(key);
    expected.push_back(key);
  };
  for (std::uint64_t i = 0; i < kItems; ++i) use(std::to_string(i));
  SplitMix64 random(7);
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t among = random.below(4) == 0 ? kItems : 10;
    use(std::to_string(random.below(among)));
  }
  shard_.check();
  for (const std::string& victim : expected) ASSERT_EQ(shard_.evict(2), victim);
}

TEST_F(LruPolicyTest, MovedAndRewrittenItemsKeepTheirPlace) {
  for (const char* key : {"a", "b", "c"}) shard_.request(key, 1);
  for (const char* key : {"b", "a", "c"}) shard_.compact(key);
  EXPECT_EQ(shard_.evict(2), "a");
  shard_.rewrite("b", 3, 100);  // a write is a use
  EXPECT_EQ(shard_.evict(4), "c");
  EXPECT_EQ(shard_.evict(4), "b");
  EXPECT_EQ(shard_.evict(4), "");
}

TEST_F(LruPolicyTest, TimesAfterNowAndBeforeTheWrapOfTicksAreUnderstood) {
  const TimeMs late = (TimeMs{1} << 32) - 5;
  shard_.request("a", late);
  EXPECT_EQ(shard_.policy().coldest_rank(late + 10), late);
  EXPECT_EQ(shard_.policy().coldest_rank(late - 3), late);
}

// Against the plainest LRU there is, with hits beyond what the ring holds, erasures and moves in between.
TEST(LruPolicyModelTest, AgreesWithAListOfKeys) {
  constexpr std::size_t kCapacity = 100;
  ToyShard shard(kCapacity, true, 64 << 20);
  shard.use(make_policy(PolicyKind::kAllKeysLru, shard));
  std::list<std::string> model;  // warmest first
  SplitMix64 numbers(7);
  for (int step = 0; step < 100'000; ++step) {
    const std::string key = std::to_string(numbers.below(numbers.below(4) == 0 ? 300 : 90));
    const std::uint64_t action = numbers.below(20);
    const bool present = shard.contains(key);
    if (action == 0 && present) {
      shard.erase(key);
      model.remove(key);
    } else if (action == 1 && present) {
      shard.compact(key);
    } else {
      ASSERT_EQ(shard.request(key, step), std::find(model.begin(), model.end(), key) != model.end());
      model.remove(key);
      model.push_front(key);
      if (model.size() > kCapacity) {
        ASSERT_EQ(shard.evicted().back(), model.back());
        model.pop_back();
      }
    }
    if (step % 1000 == 0) shard.check();
  }
  while (!model.empty()) {
    ASSERT_EQ(shard.evict(0), model.back());
    model.pop_back();
  }
  shard.check();
}

}  // namespace
}  // namespace larder
