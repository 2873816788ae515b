#include "tools/sim/store_replay.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "larder/base/hash.h"
#include "tools/sim/synthetic.h"
#include "unit/tools/lists.h"

namespace larder::sim {
namespace {

RunResult replay(const Trace& trace, StoreReplayOptions options) {
  const Result<CountedSizes> sizes = CountedSizes::make(trace);
  options.counted_sizes = &sizes.value();
  RequestCount progress;
  const RunResult result = replay_store(trace, options, progress);
  EXPECT_EQ(progress.value(), trace.requests().size());
  EXPECT_EQ(result.requests, trace.requests().size());
  return result;
}

constexpr Capacity items(std::uint64_t limit) {
  return {CapacityUnit::kItems, limit};
}
constexpr Capacity bytes(std::uint64_t limit) {
  return {CapacityUnit::kBytes, limit};
}

TEST(StoreReplay, LruOfThreeItems) {
  // 4 evicts 2, 5 evicts 3, 1 is there, 2 is not: it evicts 4.
  const RunResult result = replay(trace_of_ids({1, 2, 3, 1, 4, 5, 1, 2, 4}), {.capacity = items(3)});
  EXPECT_EQ(result.hits, 2u);
  EXPECT_EQ(result.misses(), 7u);
}

TEST(StoreReplay, NoEvictionKeepsWhatCameFirst) {
  const RunResult result =
      replay(trace_of_ids({1, 2, 3, 3, 1, 2}), {.policy = PolicyKind::kNoEviction, .capacity = items(2)});
  EXPECT_EQ(result.hits, 2u);
}

TEST(StoreReplay, EveryPolicyHitsWhatFitsAsAWhole) {
  std::vector<std::uint64_t> ids;
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t id = 0; id < 100; ++id) ids.push_back(id);
  }
  for (const PolicyKind policy : kPolicyKinds) {
    EXPECT_EQ(replay(trace_of_ids(ids), {.policy = policy, .capacity = items(100)}).hits, 200u) << policy_name(policy);
  }
}

// Volatile policies evict only what has an expiry; so that they can be compared, all of it has one.
TEST(StoreReplay, EveryPolicyButNoEvictionStoresWhatIsNew) {
  for (const PolicyKind policy : kPolicyKinds) {
    const RunResult result = replay(trace_of_ids({1, 2, 3, 4, 5, 6, 6}), {.policy = policy, .capacity = items(1)});
    EXPECT_EQ(result.hits, policy == PolicyKind::kNoEviction ? 0u : 1u) << policy_name(policy);
  }
}

// Zipf's law, 3 % of the objects: 1,000 items.
TEST(StoreReplay, ManyShardsMissAboutWhatOneDoes) {
  const auto reader = make_synthetic({.name = "zipf", .objects = 33'000, .requests = 300'000}).value();
  std::vector<std::uint64_t> ids;
  for (Access access; reader->next(access);) ids.push_back(access.number);
  const Trace trace = trace_of_ids(ids);
  for (const PolicyKind policy :
       {PolicyKind::kAllKeysLru, PolicyKind::kAllKeysLfu, PolicyKind::kAllKeysS3Fifo, PolicyKind::kAllKeysTinyLfu}) {
    const double one = replay(trace, {.policy = policy, .capacity = items(1'000)}).hit_ratio();
    const double many = replay(trace, {.policy = policy, .capacity = items(1'000), .shards = 8}).hit_ratio();
    EXPECT_NEAR(100 * many, 100 * one, 1) << policy_name(policy);
  }
}

TEST(StoreReplay, VolatileLruIsLru) {
  SplitMix64 random(5);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 20'000; ++i) ids.push_back(random.below(1 + random.below(1'000)));
  const Trace trace = trace_of_ids(ids);
  EXPECT_EQ(replay(trace, {.policy = PolicyKind::kVolatileLru, .capacity = items(100)}).hits,
            replay(trace, {.policy = PolicyKind::kAllKeysLru, .capacity = items(100)}).hits);
}

TEST(StoreReplay, SizesAreCountedToTheByte) {
  // 1, 2 and 3 fill it; 1 is used; 4 evicts 2; 2 evicts 3; 3 evicts 1; 4 is still there.
  const Trace trace = trace_of({{1, 300}, {2, 200}, {3, 500}, {1, 300}, {4, 100}, {2, 200}, {3, 500}, {4, 100}});
  const RunResult result = replay(trace, {.capacity = bytes(1'000)});
  EXPECT_EQ(result.hits, 2u);
  EXPECT_EQ(result.requested_bytes, 2'200u);
  EXPECT_EQ(result.hit_bytes, 400u);
  // One byte more changes nothing; a hundred are room for all four.
  EXPECT_EQ(replay(trace, {.capacity = bytes(1'001)}).hits, 2u);
  EXPECT_EQ(replay(trace, {.capacity = bytes(1'100)}).hits, 4u);
}

TEST(StoreReplay, CountedLruFollowsItsDefinition) {
  SplitMix64 random(6);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t id = random.below(1 + random.below(400));
    list.emplace_back(id, 512 * (1 + id * 7 % 60));
  }
  const Trace trace = trace_of(list);
  constexpr std::uint64_t kLimit = 400'000;
  std::vector<ObjectNumber> order;  // the coldest first
  std::uint64_t used = 0;
  std::uint64_t expected_hits = 0;
  for (const ObjectNumber object : trace.requests()) {
    const auto found = std::find(order.begin(), order.end(), object);
    if (found != order.end()) {
      ++expected_hits;
      order.erase(found);
    } else {
      used += trace.size_bytes(object);
      while (used > kLimit) {
        used -= trace.size_bytes(order.front());
        order.erase(order.begin());
      }
    }
    order.push_back(object);
  }
  EXPECT_EQ(replay(trace, {.capacity = bytes(kLimit)}).hits, expected_hits);
}

TEST(StoreReplay, AnObjectLargerThanTheCacheIsNotStored) {
  const Trace trace = trace_of({{1, 512}, {2, 4'096}, {2, 4'096}, {1, 512}});
  EXPECT_EQ(replay(trace, {.capacity = bytes(1'024)}).hits, 1u);
}

TEST(StoreReplay, RealValuesShareMaxmemoryWithWhatTheyNeedBeside) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t id = 0; id < 1'000; ++id) list.emplace_back(id, 4'000);
  }
  const Trace trace = trace_of(list);
  EXPECT_EQ(replay(trace, {.capacity = bytes(4'000'000)}).hits, 1'000u);
  EXPECT_LT(replay(trace, {.capacity = bytes(4'000'000), .real = true}).hits, 1'000u);
  EXPECT_EQ(replay(trace, {.capacity = bytes(5'000'000), .real = true}).hits, 1'000u);
  EXPECT_EQ(replay(trace, {.capacity = items(1'000), .real = true}).hits, 1'000u);
}

// In a record they would have to pay for a twelfth more.
TEST(StoreReplay, LargeRealValuesAreStoredAsBlocks) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t id = 0; id < 1'000; ++id) list.emplace_back(id, 65'536);
  }
  EXPECT_EQ(replay(trace_of(list), {.capacity = bytes(69'500'000), .real = true}).hits, 1'000u);
}

TEST(StoreReplay, ManyShardsShareTheCapacity) {
  SplitMix64 random(7);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 30'000; ++i) ids.push_back(random.below(1 + random.below(3'000)));
  const Trace trace = trace_of_ids(ids);
  const double one = replay(trace, {.capacity = items(500)}).hit_ratio();
  const double many = replay(trace, {.capacity = items(500), .shards = 16}).hit_ratio();
  EXPECT_NEAR(one, many, 0.005);
}

}  // namespace
}  // namespace larder::sim
