// Every policy inside a Shard: random operations under a limit of memory, with changes of the policy in between. What
// is found must be what was stored last, and the invariants of shard, log, index and policy hold all the time.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "larder/base/hash.h"
#include "larder/base/limits.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

std::string policy_of(const testing::TestParamInfo<PolicyKind>& info) {
  std::string name(policy_name(info.param));
  std::erase(name, '-');
  return name;
}

class ShardPolicies : public ShardFixture {
 protected:
  struct Stored {
    std::string value;
    TimeMs expire_at_ms;
  };

  ShardPolicies(std::uint64_t bytes_max, std::uint64_t items_max, PolicyKind policy)
      : ShardFixture(bytes_max, items_max, policy) {}

  std::string name() { return "key:" + std::to_string(random_.below(random_.below(3) == 0 ? 20'000 : 2'000)); }
  TimeMs expiry() {
    return random_.below(3) == 0 ? kNoExpiry : now_ms_ + 1 + static_cast<TimeMs>(random_.below(20'000));
  }
  void write() {
    const std::string key = name();
    const std::size_t size = random_.below(500) == 0 ? limits::kBodyBytesMin : random_.below(600);
    const Stored stored{std::string(size, static_cast<char>('a' + random_.below(26))), expiry()};
    if (set_evicting(key, stored.value, {.expire_at_ms = stored.expire_at_ms}) == StatusCode::kOk) {
      stored_[key] = stored;
    } else {
      ++refused_;
    }
  }
  void read() {
    const std::string key = name();
    const std::optional<std::string> found = get(key);
    if (!found) return;
    ++hits_;
    const auto stored = stored_.find(key);
    ASSERT_NE(stored, stored_.end()) << key;
    ASSERT_EQ(*found, stored->second.value) << key;
    ASSERT_TRUE(stored->second.expire_at_ms == kNoExpiry || stored->second.expire_at_ms > now_ms_) << key;
  }
  void change_expiry() {
    const std::string key = name();
    const TimeMs expire_at_ms = expiry();
    Op call = op();
    if (shard_.set_expiry(this->key(key), expire_at_ms, call) == StatusCode::kOk) {
      stored_.at(key).expire_at_ms = expire_at_ms;
    }
  }
  void step() {
    switch (random_.below(20)) {
      case 0:
        if (const std::string key = name(); erase(key)) stored_.erase(key);
        break;
      case 1:
        change_expiry();
        break;
      case 2: {
        now_ms_ += static_cast<TimeMs>(random_.below(20));
        Op call = op();
        shard_.sweep({.items_max = 64, .buckets_max = 200}, call);
        break;
      }
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
      case 9:
        write();
        break;
      default:
        read();
    }
    if (random_.below(20'000) == 0) {
      flush(0);
      stored_.clear();
    }
    events_.clear();
  }

  SplitMix64 random_{17};
  std::map<std::string, Stored> stored_;
  std::uint64_t hits_ = 0;
  std::uint64_t refused_ = 0;
};

class EveryPolicyInBytes : public ShardPolicies, public testing::WithParamInterface<PolicyKind> {
 protected:
  static constexpr std::uint64_t kBytesMax = 400 * 1024;
  EveryPolicyInBytes() : ShardPolicies(kBytesMax, 0, GetParam()) {}
};

TEST_P(EveryPolicyInBytes, StoresFindsAndEvicts) {
  for (int i = 0; i < 60'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(step());
    ASSERT_LE(budget_.used_bytes(), kBytesMax + 4096) << i;
    if (i % 5'000 == 0) shard_.check_invariants();
  }
  EXPECT_GT(hits_, 3'000u);
  if (GetParam() == PolicyKind::kNoEviction) {
    EXPECT_EQ(shard_.stats().evicted, 0u);
    EXPECT_GT(refused_, 0u);
  } else {
    EXPECT_GT(shard_.stats().evicted, 1'000u);
  }
}

TEST_P(EveryPolicyInBytes, GivesItsItemsToAnyOtherPolicy) {
  for (const PolicyKind next : kPolicyKinds) {
    for (int i = 0; i < 3'000; ++i) ASSERT_NO_FATAL_FAILURE(step());
    const std::uint64_t items = shard_.count(0);
    const std::uint64_t evicted = shard_.stats().evicted;
    shard_.set_policy(next);
    shard_.check_invariants();
    EXPECT_EQ(shard_.count(0), items);
    for (int i = 0; i < 300; ++i) ASSERT_NO_FATAL_FAILURE(step());
    shard_.check_invariants();
    sweep_all();
    shard_.check_invariants();
    EXPECT_GE(shard_.stats().evicted, evicted);
    shard_.set_policy(GetParam());
  }
}

TEST_P(EveryPolicyInBytes, TellsOfAnItemWhatThePolicySaysItKnows) {
  set("k", "value", {.expire_at_ms = now_ms_ + 100'000});
  now_ms_ += 3'000;
  const auto report = shard_.inspect(key("k"), now_ms_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->idle_ms.has_value(), tracks_idle_time(GetParam()));
  EXPECT_EQ(report->frequency.has_value(), counts_uses(GetParam()));
  EXPECT_EQ(report->idle_ms.value_or(3'000), 3'000);
}

TEST_P(EveryPolicyInBytes, LookingAtAnItemIsNoUseOfIt) {
  set("k", "value", {.expire_at_ms = now_ms_ + 100'000});
  get("k");
  now_ms_ += 1'000;
  const auto before = shard_.inspect(key("k"), now_ms_);
  ASSERT_TRUE(before);
  const auto rank = shard_.coldest_rank();
  for (int i = 0; i < 100; ++i) shard_.inspect(key("k"), now_ms_);
  const auto after = shard_.inspect(key("k"), now_ms_);
  EXPECT_EQ(after->idle_ms, before->idle_ms);
  EXPECT_EQ(after->frequency, before->frequency);
  EXPECT_EQ(shard_.coldest_rank(), rank);
}

INSTANTIATE_TEST_SUITE_P(Policies, EveryPolicyInBytes, testing::ValuesIn(kPolicyKinds), policy_of);

class EveryPolicyInItems : public ShardPolicies, public testing::WithParamInterface<PolicyKind> {
 protected:
  static constexpr std::uint64_t kItemsMax = 1'000;
  EveryPolicyInItems() : ShardPolicies(0, kItemsMax, GetParam()) {}
};

TEST_P(EveryPolicyInItems, StoresFindsAndEvicts) {
  for (int i = 0; i < 40'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(step());
    ASSERT_LE(budget_.used_items(), kItemsMax) << i;
    if (i % 5'000 == 0) shard_.check_invariants();
  }
  EXPECT_GT(hits_, 1'000u);
}

INSTANTIATE_TEST_SUITE_P(Policies, EveryPolicyInItems, testing::ValuesIn(kPolicyKinds), policy_of);

// Volatile policies: what has no expiry stays, whatever is written.
class VolatilePolicyInShard : public ShardFixture, public testing::WithParamInterface<PolicyKind> {
 protected:
  static constexpr std::uint64_t kBytesMax = 400 * 1024;
  static constexpr int kKept = 200;
  VolatilePolicyInShard() : ShardFixture(kBytesMax, 0, GetParam()) {}

  StatusCode set_volatile(int number) {
    return set_evicting("volatile:" + std::to_string(number), value_, {.expire_at_ms = now_ms_ + 1'000'000 + number});
  }
  const std::string value_ = std::string(500, 'v');
};

TEST_P(VolatilePolicyInShard, ItemsWithoutExpiryAreNeverEvicted) {
  for (int i = 0; i < kKept; ++i) ASSERT_EQ(set_evicting("kept:" + std::to_string(i), value_), StatusCode::kOk);
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_EQ(set_volatile(i), StatusCode::kOk) << i;
    get("volatile:" + std::to_string(i / 2));
  }
  EXPECT_GT(shard_.stats().evicted, 2'000u);
  for (int i = 0; i < kKept; ++i) EXPECT_TRUE(get("kept:" + std::to_string(i))) << i;
}

TEST_P(VolatilePolicyInShard, WithoutAnythingToEvictAWriteIsRefusedAndChangesNothing) {
  int stored = 0;
  while (set_evicting("kept:" + std::to_string(stored), value_) == StatusCode::kOk) ++stored;
  EXPECT_GT(stored, kKept);
  EXPECT_EQ(set_volatile(0), StatusCode::kNeedsRoom);
  EXPECT_EQ(shard_.stats().evicted, 0u);
  EXPECT_EQ(shard_.count(0), static_cast<std::uint64_t>(stored));
  // One that gets an expiry may go, and is the only one.
  Op call = op();
  ASSERT_EQ(shard_.set_expiry(key("kept:7"), now_ms_ + 1'000, call), StatusCode::kOk);
  set_volatile(0);
  EXPECT_FALSE(get("kept:7"));
  EXPECT_EQ(shard_.stats().evicted, 1u);
}

INSTANTIATE_TEST_SUITE_P(Policies, VolatilePolicyInShard,
                         testing::Values(PolicyKind::kVolatileLru, PolicyKind::kVolatileLfu,
                                         PolicyKind::kVolatileRandom, PolicyKind::kVolatileTtl),
                         policy_of);

}  // namespace
}  // namespace larder
