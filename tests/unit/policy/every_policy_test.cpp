// What every policy has to keep, whatever its order: one suite, run over all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "unit/policy/toy_shard.h"

namespace larder {
namespace {

constexpr TimeMs kExpiryMs = 1'000'000;

bool is_volatile(PolicyKind kind) {
  return policy_name(kind).substr(0, 8) == "volatile";
}

class EveryPolicyTest : public testing::TestWithParam<PolicyKind> {
 protected:
  std::unique_ptr<ToyShard> make_shard(std::uint64_t capacity, bool counts_items = true,
                                       std::size_t log_bytes = 8 << 20) {
    auto shard = std::make_unique<ToyShard>(capacity, counts_items, log_bytes);
    shard->use(make_policy(GetParam(), *shard));
    return shard;
  }
  // A request for an item that the policy may evict.
  static bool request(ToyShard& shard, const std::string& key, TimeMs now_ms, std::size_t value_bytes = 0) {
    return shard.request(key, now_ms, value_bytes, kExpiryMs);
  }
};

TEST_P(EveryPolicyTest, EmptyShardHasNoVictimAndNoRank) {
  const auto shard = make_shard(3);
  EXPECT_EQ(shard->evict_step(1), VictimStep::Kind::kNone);
  EXPECT_EQ(shard->policy().coldest_rank(1), std::nullopt);
  shard->check();
}

TEST_P(EveryPolicyTest, NothingIsEvictedWhileThereIsRoom) {
  const auto shard = make_shard(200);
  for (int key = 0; key < 200; ++key) EXPECT_FALSE(request(*shard, std::to_string(key), key));
  for (int key = 0; key < 200; ++key) EXPECT_TRUE(request(*shard, std::to_string(key), 200 + key));
  EXPECT_TRUE(shard->evicted().empty());
  shard->check();
}

TEST_P(EveryPolicyTest, EvictsEveryItemOnceUntilNoneIsLeft) {
  const auto shard = make_shard(300);
  std::multiset<std::string> inserted;
  for (int key = 0; key < 300; ++key) {
    inserted.insert(std::to_string(key));
    request(*shard, std::to_string(key), key);
    if (key % 3 == 0) request(*shard, std::to_string(key / 2), key);
  }
  for (std::size_t left = 300; left > 0; --left) {
    EXPECT_TRUE(shard->policy().coldest_rank(400).has_value());
    ASSERT_NE(shard->evict(400), "");
    shard->check();
  }
  EXPECT_EQ(std::multiset<std::string>(shard->evicted().begin(), shard->evicted().end()), inserted);
  EXPECT_EQ(shard->evict(400), "");
  EXPECT_EQ(shard->policy().coldest_rank(400), std::nullopt);
}

TEST_P(EveryPolicyTest, ErasedItemsAreNeverNamed) {
  const auto shard = make_shard(100);
  for (int key = 0; key < 100; ++key) request(*shard, std::to_string(key), key);
  for (int key = 0; key < 100; key += 2) {
    request(*shard, std::to_string(key), 100);  // a hit that is noted and not applied yet
    shard->erase(std::to_string(key), key % 4 == 0 ? Removal::kErased : Removal::kExpired);
  }
  for (int evicted = 0; evicted < 50; ++evicted) ASSERT_NE(shard->evict(200), "");
  EXPECT_EQ(shard->size(), 0u);
  shard->check();
}

TEST_P(EveryPolicyTest, TheSameRequestsEvictTheSameItems) {
  std::vector<std::string> first;
  for (int run = 0; run < 2; ++run) {
    const auto shard = make_shard(50);
    SplitMix64 numbers(5);
    for (int step = 0; step < 5'000; ++step) {
      // Whatever the clock shows: a replay runs faster than what it replays.
      request(*shard, std::to_string(numbers.below(200)), run == 0 ? step : 7);
    }
    if (run == 0) {
      first = shard->evicted();
    } else {
      EXPECT_EQ(shard->evicted(), first);
    }
  }
  EXPECT_FALSE(first.empty());
}

// Everything that can happen to an item, at random, by count and by bytes.
TEST_P(EveryPolicyTest, InvariantsHoldUnderRandomOperations) {
  for (const bool counts_items : {true, false}) {
    const std::uint64_t capacity = counts_items ? 100 : 20'000;
    const auto shard = make_shard(capacity, counts_items, 64 << 20);
    SplitMix64 numbers(11);
    for (int step = 0; step < 20'000; ++step) {
      const std::string key = std::to_string(numbers.below(numbers.below(3) == 0 ? 1'000 : 120));
      const std::uint64_t action = numbers.below(24);
      if (!shard->contains(key) || action >= 6) {
        const TimeMs expiry = is_volatile(GetParam()) || numbers.below(2) == 0 ? kExpiryMs + step % 977 : kNoExpiry;
        shard->request(key, step, numbers.below(400), expiry);
      } else if (action == 0) {
        shard->erase(key, numbers.below(2) == 0 ? Removal::kErased : Removal::kExpired);
      } else if (action == 1) {
        shard->rewrite(key, step, numbers.below(400));
      } else if (action == 2 && !shard->policy().traits().queues) {
        shard->compact(key);
      } else if (action == 3) {
        shard->set_expiry(key, kExpiryMs + static_cast<TimeMs>(numbers.below(5'000)));
      } else if (action == 4 && !is_volatile(GetParam())) {
        shard->set_expiry(key, kNoExpiry);
      } else if (action == 5 && is_volatile(GetParam())) {
        // Out of the policy's sight and back.
        shard->set_expiry(key, kNoExpiry);
        shard->check();
        shard->set_expiry(key, kExpiryMs);
      }
      if (step % 500 == 0) shard->check();
    }
    shard->check();
    EXPECT_FALSE(shard->evicted().empty());
    while (!shard->evict(60'000).empty()) {
    }
    EXPECT_EQ(shard->size(), 0u);
    shard->check();
  }
}

// A rewrite may be larger than what it replaces, and nobody evicts in between; an insert makes room for all of it.
TEST_P(EveryPolicyTest, CapacityIsNeverExceededByInserts) {
  for (const bool counts_items : {true, false}) {
    const std::uint64_t capacity = counts_items ? 64 : 16'384;
    const auto shard = make_shard(capacity, counts_items, 16 << 20);
    SplitMix64 numbers(3);
    for (int step = 0; step < 20'000; ++step) {
      request(*shard, std::to_string(numbers.below(500)), step, numbers.below(600));
      ASSERT_LE(shard->total_weight(), capacity);
    }
    shard->check();
  }
}

TEST_P(EveryPolicyTest, MetadataStaysSmallForEachItem) {
  constexpr std::uint64_t kItems = 5'000;
  const auto shard = make_shard(kItems, true, 16 << 20);
  for (std::uint64_t key = 0; key < 3 * kItems; ++key) {
    request(*shard, std::to_string(key), static_cast<TimeMs>(key));
  }
  // The sketch takes 64 bytes for three items, volatile-ttl 8 for each; chunks are up to two more than needed.
  EXPECT_LE(shard->policy().metadata_bytes(), kItems * 22 + 16'384);
}

INSTANTIATE_TEST_SUITE_P(Policies, EveryPolicyTest, testing::ValuesIn(kPolicyKinds.begin() + 1, kPolicyKinds.end()),
                         [](const testing::TestParamInfo<PolicyKind>& tested) {
                           std::string name(policy_name(tested.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// --- The policies that look at items with an expiry alone ---

class VolatilePolicyTest : public EveryPolicyTest {};

TEST_P(VolatilePolicyTest, NeverEvictsAnItemWithoutExpiry) {
  const auto shard = make_shard(100);
  for (int key = 0; key < 100; ++key) {
    shard->request(std::to_string(key), key, 0, key % 10 == 0 ? kExpiryMs : kNoExpiry);
  }
  for (int evicted = 0; evicted < 10; ++evicted) EXPECT_EQ(std::stoi(shard->evict(200)) % 10, 0);
  EXPECT_EQ(shard->evict(200), "");
  EXPECT_EQ(shard->policy().coldest_rank(200), std::nullopt);
  EXPECT_EQ(shard->size(), 90u);
  shard->check();
}

TEST_P(VolatilePolicyTest, WhatAnotherPolicyHadIsInsideIfItHasAnExpiry) {
  const auto shard = make_shard(10);
  shard->adopt("kept", 1, 1);
  shard->adopt("a", 9, 1, kExpiryMs);
  shard->adopt("b", {}, 1, kExpiryMs);
  shard->check();
  shard->set_expiry("kept", kExpiryMs);
  shard->set_expiry("a", kNoExpiry);
  shard->check();
  const std::set<std::string> evicted = {shard->evict(2), shard->evict(2)};
  EXPECT_EQ(evicted, (std::set<std::string>{"b", "kept"}));
  EXPECT_EQ(shard->evict(2), "");
}

TEST_P(VolatilePolicyTest, ItemEntersWithItsExpiryAndLeavesWithIt) {
  const auto shard = make_shard(10);
  for (const char* key : {"a", "b", "c"}) shard->request(key, 1);
  shard->set_expiry("b", kExpiryMs);  // written anew, with a field
  shard->check();
  EXPECT_TRUE(shard->policy().coldest_rank(2).has_value());
  shard->set_expiry("b", kNoExpiry);  // in place
  shard->check();
  EXPECT_EQ(shard->evict(2), "");
  shard->set_expiry("b", kExpiryMs);  // in place
  shard->check();
  EXPECT_EQ(shard->evict(2), "b");
}

INSTANTIATE_TEST_SUITE_P(Policies, VolatilePolicyTest,
                         testing::Values(PolicyKind::kVolatileLru, PolicyKind::kVolatileLfu,
                                         PolicyKind::kVolatileRandom, PolicyKind::kVolatileTtl),
                         [](const testing::TestParamInfo<PolicyKind>& tested) {
                           std::string name(policy_name(tested.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace larder
