#include "larder/policy/random_policy.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "unit/policy/toy_shard.h"

namespace larder {
namespace {

// Of ten items each should be the first victim about as often.
TEST(RandomPolicies, ChooseEvenly) {
  for (const PolicyKind kind : {PolicyKind::kAllKeysRandom, PolicyKind::kVolatileRandom}) {
    ToyShard shard(10, true, 64 << 20);
    shard.use(make_policy(kind, shard));
    for (int key = 0; key < 10; ++key) shard.request(std::to_string(key), 1, 0, 1'000);
    std::array<int, 10> evictions{};
    for (int round = 0; round < 10'000; ++round) {
      const std::string key = shard.evict(1);
      ++evictions[static_cast<std::size_t>(std::stoi(key))];
      shard.request(key, 1, 0, 1'000);
    }
    for (const int times : evictions) {
      EXPECT_GT(times, 850) << policy_name(kind);
      EXPECT_LT(times, 1'150) << policy_name(kind);
    }
  }
}

// Two shards, one three times as heavy as the other: it pays three times out of four.
TEST(RandomDraw, ShareOfTurnsIsShareOfWeight) {
  RandomDraw light;
  RandomDraw heavy;
  SplitMix64 hashes(1);
  int heavy_first = 0;
  for (int round = 0; round < 20'000; ++round) {
    if (heavy.rank() < light.rank()) {
      ++heavy_first;
      heavy.redraw(hashes.next(), 3'000'000);
    } else {
      light.redraw(hashes.next(), 1'000'000);
    }
  }
  EXPECT_GT(heavy_first, 14'600);
  EXPECT_LT(heavy_first, 15'400);
}

}  // namespace
}  // namespace larder
