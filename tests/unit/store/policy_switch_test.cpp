// A change of the policy at run time, from every policy to every other: nothing is lost, nothing goes above the limit,
// and no step is long.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <tuple>

#include "larder/base/hash.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

class PolicySwitch : public ShardFixture, public ::testing::WithParamInterface<std::tuple<PolicyKind, PolicyKind>> {
 protected:
  explicit PolicySwitch(std::uint64_t bytes_max = 0) : ShardFixture(bytes_max, 0, std::get<0>(GetParam())) {}
  PolicyKind next() const { return std::get<1>(GetParam()); }

  static std::string value_of(int i) { return std::string(static_cast<std::size_t>(i) % 190, 'v'); }
  SetOptions options_of(int i) const { return {.expire_at_ms = i % 2 == 0 ? kNoExpiry : now_ms_ + 1'000'000}; }
  void fill(int items) {
    for (int i = 0; i < items; ++i) {
      ASSERT_EQ(set(std::to_string(i), value_of(i), options_of(i), static_cast<Database>(i % 5 == 0)), StatusCode::kOk);
    }
  }
  WorkDone sweep_some(std::size_t buckets_max = 64) {
    Op call = op();
    return shard_.sweep({.items_max = buckets_max, .buckets_max = buckets_max}, call);
  }
};

TEST_P(PolicySwitch, EveryItemStaysWhileTheLogIsRewrittenInBoundedSteps) {
  constexpr int kItems = 3'000;
  fill(kItems);
  shard_.set_policy(next());
  shard_.check_invariants();
  SplitMix64 random(1);
  for (bool more = true; more;) {
    const WorkDone done = sweep_some();
    ASSERT_LE(done.buckets, 64u * 8);  // compaction counts bytes, too
    more = done.more;
    const int i = static_cast<int>(random.below(kItems));
    ASSERT_EQ(get(std::to_string(i), Touch::kYes, static_cast<Database>(i % 5 == 0)), value_of(i)) << i;
    set("between" + std::to_string(i), "v");
  }
  shard_.check_invariants();
  for (int i = 0; i < kItems; ++i) {
    ASSERT_EQ(get(std::to_string(i), Touch::kNo, static_cast<Database>(i % 5 == 0)), value_of(i)) << i;
  }
  EXPECT_EQ(shard_.stats().evicted, 0u);
}

TEST_P(PolicySwitch, AStepIsBoundedByTheBytesThatItCopiesToo) {
  constexpr std::size_t kValueBytes = 8'000;
  for (int i = 0; i < 200; ++i) set(std::to_string(i), std::string(kValueBytes, 'v'));
  shard_.set_policy(next());
  for (bool more = true; more;) {
    const std::uint64_t before = shard_.stats().appended_bytes;
    more = sweep_some(64).more;
    ASSERT_LE(shard_.stats().appended_bytes - before, 64 * 256 + 2 * kValueBytes);
  }
  shard_.check_invariants();
}

TEST_P(PolicySwitch, BackAndForthWithFlushesAndCompactionUnderWay) {
  SplitMix64 random(2);
  fill(2'000);
  for (int round = 0; round < 12; ++round) {
    shard_.set_policy(round % 2 == 0 ? next() : std::get<0>(GetParam()));
    if (round % 4 == 1) flush(1);
    for (int step = 0; step < 300; ++step) {
      const std::string name = std::to_string(random.below(2'000));
      if (random.below(3) == 0) {
        erase(name);
      } else {
        ASSERT_EQ(set(name, std::string(random.below(900), 'w'), options_of(step)), StatusCode::kOk);
      }
      if (step % 3 == 0) sweep_some(16);
    }
    shard_.check_invariants();
  }
  const std::uint64_t live = shard_.stats().items;
  sweep_all();
  EXPECT_EQ(shard_.stats().items, live);
  EXPECT_EQ(shard_.stats().dead_bytes, 0u);
}

class PolicySwitchUnderALimit : public PolicySwitch {
 protected:
  static constexpr std::uint64_t kBytesMax = 2 << 20;
  PolicySwitchUnderALimit() : PolicySwitch(kBytesMax) {}
};

TEST_P(PolicySwitchUnderALimit, MemoryStaysWithinItWhileItemsGetTheirLinks) {
  int stored = 0;
  while (set(std::to_string(stored), "v", {.expire_at_ms = now_ms_ + 1'000'000}) == StatusCode::kOk) ++stored;
  // What a new policy begins with, and the last of the memory.
  constexpr std::uint64_t kMetadataBytes = 64 * 1024;
  shard_.set_policy(next());
  for (bool more = true; more;) {
    more = sweep_some().more;
    const bool may_evict = next() != PolicyKind::kNoEviction;
    ASSERT_TRUE(!may_evict || budget_.used_bytes() <= kBytesMax + kMetadataBytes) << budget_.used_bytes();
  }
  EXPECT_EQ(shard_.stats().items + shard_.stats().evicted, static_cast<std::uint64_t>(stored));
  // The smallest items there are lose the most to links and tables.
  EXPECT_GT(shard_.stats().items, static_cast<std::uint64_t>(stored) * 4 / 10);
}

class PolicySwitchOfAFullCache : public ShardFixture,
                                 public ::testing::WithParamInterface<std::tuple<PolicyKind, PolicyKind>> {
 protected:
  static constexpr int kItems = 1'000;
  static constexpr int kHot = 100;
  PolicySwitchOfAFullCache() : ShardFixture(0, kItems, std::get<0>(GetParam())) {}
  void change_to(PolicyKind policy) {
    shard_.set_policy(policy);
    sweep_all();
    former_ = shard_.take_former_policy();
  }
  static std::string hot(int i) { return "hot" + std::to_string(i); }

  std::unique_ptr<EvictionPolicy> former_;
};

TEST_P(PolicySwitchOfAFullCache, WhatWasUsedOftenStaysAheadOfWhatIsNew) {
  for (int i = 0; i < kHot; ++i) set_evicting(hot(i), "v");
  for (int i = 0; i < kItems - kHot; ++i) set_evicting("cold" + std::to_string(i), "v");
  for (int use = 0; use < 6; ++use) {
    for (int i = 0; i < kHot; ++i) get(hot(i), Touch::kYes);
  }
  change_to(std::get<1>(GetParam()));
  EXPECT_NE(former_, nullptr);
  EXPECT_EQ(shard_.take_former_policy(), nullptr);
  for (int i = 0; i < kItems; ++i) set_evicting("new" + std::to_string(i), "v");
  int kept = 0;
  for (int i = 0; i < kHot; ++i) kept += get(hot(i), Touch::kNo).has_value();
  EXPECT_GE(kept, kHot * 95 / 100);
}

TEST_P(PolicySwitchOfAFullCache, WhatIsWrittenBeforeItIsHandedOverStaysAheadToo) {
  for (int i = 0; i < kHot; ++i) set_evicting(hot(i), "v");
  for (int i = 0; i < kItems - kHot; ++i) set_evicting("cold" + std::to_string(i), "v");
  for (int use = 0; use < 6; ++use) {
    for (int i = 0; i < kHot; ++i) get(hot(i), Touch::kYes);
  }
  shard_.set_policy(std::get<1>(GetParam()));
  for (int i = 0; i < kHot; ++i) set_evicting(hot(i), "a longer value than before");
  sweep_all();
  for (int i = 0; i < kItems; ++i) set_evicting("new" + std::to_string(i), "v");
  int kept = 0;
  for (int i = 0; i < kHot; ++i) kept += get(hot(i), Touch::kNo).has_value();
  EXPECT_GE(kept, kHot * 95 / 100);
}

TEST_P(PolicySwitchOfAFullCache, AFormerPolicyIsPaidForUntilEverythingIsHandedOver) {
  for (int i = 0; i < kItems * 2; ++i) set_evicting(std::to_string(i), "v");
  shard_.set_policy(std::get<1>(GetParam()));
  EXPECT_EQ(shard_.take_former_policy(), nullptr) << "it is still asked";
  shard_.check_invariants();
  shard_.set_policy(std::get<0>(GetParam()));
  shard_.check_invariants();
  change_to(std::get<1>(GetParam()));
  shard_.check_invariants();
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<PolicyKind, PolicyKind>>& kinds) {
  std::string name =
      std::string(policy_name(std::get<0>(kinds.param))) + "_to_" + std::string(policy_name(std::get<1>(kinds.param)));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Pairs, PolicySwitch,
                         ::testing::Combine(::testing::ValuesIn(kPolicyKinds), ::testing::ValuesIn(kPolicyKinds)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Pairs, PolicySwitchUnderALimit,
                         ::testing::Combine(::testing::ValuesIn(kPolicyKinds), ::testing::ValuesIn(kPolicyKinds)),
                         name_of);

// Those that count uses.
constexpr std::array kCounting = {PolicyKind::kAllKeysS3Fifo, PolicyKind::kAllKeysLfu, PolicyKind::kAllKeysTinyLfu};
INSTANTIATE_TEST_SUITE_P(
    Pairs, PolicySwitchOfAFullCache,
    ::testing::Values(std::tuple{kCounting[0], kCounting[1]}, std::tuple{kCounting[0], kCounting[2]},
                      std::tuple{kCounting[1], kCounting[0]}, std::tuple{kCounting[1], kCounting[2]},
                      std::tuple{kCounting[2], kCounting[0]}, std::tuple{kCounting[2], kCounting[1]}),
    name_of);

}  // namespace
}  // namespace larder
