#include "advisor/mini_cache.h"

#include <gtest/gtest.h>

#include "unit/advisor/exact_lru.h"

namespace larder {
namespace {

using test::hash_of_key;

constexpr TimeMs kNow = 1'700'000'000'000;

std::vector<PolicyKind> evicting_kinds() {
  std::vector<PolicyKind> kinds(kPolicyKinds.begin(), kPolicyKinds.end());
  std::erase(kinds, PolicyKind::kNoEviction);
  return kinds;
}

class EveryMiniCache : public testing::TestWithParam<PolicyKind> {};

TEST_P(EveryMiniCache, KeepsItsBoundsAndInvariants) {
  for (const bool counts_items : {false, true}) {
    MiniCache cache({.policy = GetParam(), .counts_items = counts_items});
    const std::uint64_t capacity = counts_items ? 100 : 20'000;
    cache.set_capacity(capacity);
    SplitMix64 numbers(3);
    TimeMs now = kNow;
    for (const std::uint64_t key : test::zipf_requests(20'000, 1'000, 0.9, 3)) {
      ++now;
      const KeyHash hash = hash_of_key(key);
      const auto bytes = static_cast<std::uint32_t>(60 + key % 300);
      const TimeMs expire_at_ms = key % 3 == 0 ? kNoExpiry : now + 100'000;
      switch (numbers.below(12)) {
        case 0:
          cache.erase(hash, Removal::kErased);
          break;
        case 1:
          cache.change(hash, ItemSize::of(bytes + 8), expire_at_ms);
          break;
        case 2:
          cache.put(hash, ItemSize::of(bytes, key % 5 == 0), expire_at_ms, now);
          break;
        default:
          if (!cache.use(hash, now)) cache.put(hash, ItemSize::of(bytes, key % 5 == 0), expire_at_ms, now);
      }
      // change() makes no room.
      ASSERT_LE(cache.weight(), capacity + (counts_items ? 0 : 4'000));
    }
    cache.check_invariants();
    EXPECT_GT(cache.size(), 10u);
    cache.keep_sampled(kAllKeys / 4);
    cache.check_invariants();
    EXPECT_LT(cache.size(), 60u);
    cache.clear();
    EXPECT_EQ(cache.size(), 0u);
    cache.check_invariants();
    cache.put(1, ItemSize::of(100), now + 1, now);
    EXPECT_TRUE(cache.contains(1));
  }
}

TEST_P(EveryMiniCache, HoldsNoMoreItemsThanItMay) {
  MiniCache cache({.policy = GetParam(), .counts_items = false});
  cache.set_capacity(1'000'000);
  cache.set_items_max(50);
  for (std::uint64_t key = 0; key < 500; ++key) cache.put(hash_of_key(key), ItemSize::of(100), kNow + 1'000, kNow);
  EXPECT_EQ(cache.size(), 50u);
  EXPECT_LE(cache.bytes(), 40'000u);
}

INSTANTIATE_TEST_SUITE_P(Policies, EveryMiniCache, testing::ValuesIn(evicting_kinds()), [](const auto& kind) {
  std::string name(policy_name(kind.param));
  std::erase(name, '-');
  return name;
});

TEST(MiniCache, OfLruIsExactLru) {
  MiniCache cache({.policy = PolicyKind::kAllKeysLru, .counts_items = true});
  cache.set_capacity(200);
  test::ExactLru lru(200);
  for (const std::uint64_t key : test::zipf_requests(30'000, 1'000, 0.8, 9)) {
    const bool hit = cache.use(hash_of_key(key), kNow);
    if (!hit) cache.put(hash_of_key(key), {}, kNoExpiry, kNow);
    ASSERT_EQ(hit, lru.request(key, 1));
  }
}

TEST(MiniCache, VolatilePoliciesKeepWhatHasNoExpiry) {
  MiniCache cache({.policy = PolicyKind::kVolatileLru, .counts_items = true});
  cache.set_capacity(2);
  cache.put(1, {}, kNoExpiry, kNow);
  cache.put(2, {}, kNow + 5, kNow);
  cache.put(3, {}, kNoExpiry, kNow);
  EXPECT_TRUE(cache.contains(1));
  EXPECT_FALSE(cache.contains(2));
  cache.put(4, {}, kNow + 5, kNow);  // nothing may be evicted for it
  EXPECT_FALSE(cache.contains(4));
  cache.change(1, {}, kNow + 5);
  cache.put(4, {}, kNow + 5, kNow);
  EXPECT_TRUE(cache.contains(4));
}

TEST(MiniCache, TellsHowLongWhatWasEvictedWasOfNoUse) {
  MiniCache cache({.policy = PolicyKind::kAllKeysLru, .counts_items = true});
  cache.set_capacity(2);
  cache.put(1, {}, kNoExpiry, kNow);
  cache.put(2, {}, kNoExpiry, kNow);
  cache.use(1, kNow + 60);
  cache.put(3, {}, kNoExpiry, kNow + 100);  // evicts 2: never read, there for 100 ms
  cache.put(4, {}, kNoExpiry, kNow + 200);  // evicts 1: there for 200 ms, unused for 140
  EXPECT_DOUBLE_EQ(cache.evicted().weight_ms, 300);
  EXPECT_DOUBLE_EQ(cache.evicted().never_read_weight_ms, 100);
  EXPECT_DOUBLE_EQ(cache.evicted().unused_weight_ms, 240);
}

}  // namespace
}  // namespace larder
