#include "larder/policy/ttl_policy.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "unit/policy/toy_shard.h"

namespace larder {
namespace {

TEST(TtlPolicy, EvictsWhatExpiresFirst) {
  ToyShard shard(4);
  shard.use(make_policy(PolicyKind::kVolatileTtl, shard));
  shard.request("a", 1, 0, 400);
  shard.request("b", 1, 0, 200);
  shard.request("c", 1);
  shard.request("d", 1, 0, 300);
  EXPECT_EQ(shard.policy().coldest_rank(1), 200);
  shard.request("e", 1, 0, 900);  // b goes
  shard.set_expiry("a", 100);
  shard.set_expiry("d", 1'000);
  EXPECT_EQ(shard.policy().coldest_rank(1), 100);
  EXPECT_EQ(shard.evict(1), "a");
  EXPECT_EQ(shard.evict(1), "e");
  EXPECT_EQ(shard.evict(1), "d");
  EXPECT_EQ(shard.evict(1), "");
  EXPECT_EQ(shard.evicted(), (std::vector<std::string>{"b", "a", "e", "d"}));
  shard.check();
}

// How far the expiries are spread: many within a quarter of a second, which the heap cannot tell apart; all of them
// told apart; most of them later than the heap can tell.
class TtlPolicySpread : public testing::TestWithParam<std::pair<std::uint64_t, TimeMs>> {};
INSTANTIATE_TEST_SUITE_P(Spreads, TtlPolicySpread,
                         testing::Values(std::pair{50, 20'000}, std::pair{1'000'000, 100'000},
                                         std::pair{1'000'000, TimeMs{1'000'000'000'000}}));

// Against a sorted map, with changes and erasures in the middle.
TEST_P(TtlPolicySpread, AgreesWithASortedMap) {
  const auto [values, distance_ms] = GetParam();
  ToyShard shard(1'000, true, 64 << 20);
  shard.use(make_policy(PolicyKind::kVolatileTtl, shard));
  std::map<TimeMs, std::string> model;
  std::map<std::string, TimeMs> expiries;
  SplitMix64 numbers(9);
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = std::to_string(numbers.below(800));
    // Distinct, so that the order is one order.
    const TimeMs expiry = static_cast<TimeMs>(numbers.below(values)) * distance_ms + step;
    const auto known = expiries.find(key);
    if (known != expiries.end()) model.erase(known->second);
    if (numbers.below(8) == 0 && known != expiries.end()) {
      shard.erase(key);
      expiries.erase(known);
      continue;
    }
    if (known == expiries.end()) {
      shard.insert(key, step, 0, expiry);
    } else {
      shard.set_expiry(key, expiry);
      if (numbers.below(2) == 0) shard.compact(key);
    }
    expiries[key] = expiry;
    model[expiry] = key;
    if (step % 500 == 0) shard.check();
  }
  for (const auto& [expiry, key] : model) ASSERT_EQ(shard.evict(0), key);
  EXPECT_EQ(shard.evict(0), "");
}

}  // namespace
}  // namespace larder
