#include "larder/base/hash.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace larder {
namespace {

TEST(HashSplit, ShardPositionAndTagAreDisjointAndComplete) {
  for (const int shard_bits : {0, 1, 4, 16}) {
    for (int bit = 0; bit < 64; ++bit) {
      const KeyHash hash = KeyHash{1} << bit;
      const int parts = (hash_shard(hash, shard_bits) != 0) + (hash_position(hash, shard_bits) != 0);
      EXPECT_EQ(parts, bit < kHashSpareBits ? 0 : 1) << "bit " << bit << " of " << shard_bits << " shard bits";
    }
  }
}

TEST(HashSplit, PositionUsesTheHighestBitsThatTheShardLeaves) {
  EXPECT_EQ(hash_position(KeyHash{1} << 59, 4), KeyHash{1} << 63);
  EXPECT_EQ(hash_shard(~KeyHash{0}, 4), 15u);
  EXPECT_EQ(hash_shard(~KeyHash{0}, 0), 0u);
}

TEST(HashSplit, CursorIsTheHashWithoutItsTag) {
  const KeyHash hash = 0x123456789abcdef0ULL;
  EXPECT_EQ(hash_to_cursor(hash), 0x123456789abcULL);
  EXPECT_EQ(cursor_to_hash(hash_to_cursor(hash)), 0x123456789abc0000ULL);
}

TEST(Hasher, SameSeedSameHashes) {
  EXPECT_EQ(Hasher(7)(0, "key"), Hasher(7)(0, "key"));
  EXPECT_NE(Hasher(7)(0, "key"), Hasher(8)(0, "key"));
}

TEST(Hasher, EveryStartHasItsOwnSecret) {
  EXPECT_NE(Hasher()(0, "key"), Hasher()(0, "key"));
}

TEST(Hasher, DatabasesHashApart) {
  const Hasher hasher(1);
  std::set<KeyHash> hashes;
  for (Database database = 0; database < 100; ++database) hashes.insert(hasher(database, "key"));
  EXPECT_EQ(hashes.size(), 100u);
}

TEST(Hasher, SpreadsCountingKeysOverShards) {
  const Hasher hasher(1);
  std::array<int, 16> shards{};
  for (int i = 0; i < 16'000; ++i) ++shards[hash_shard(hasher(3, "key:" + std::to_string(i)), 4)];
  for (const int keys : shards) {
    EXPECT_GT(keys, 800);
    EXPECT_LT(keys, 1'200);
  }
}

TEST(SplitMix64, BelowStaysBelowAndReachesEverything) {
  SplitMix64 random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random.below(10));
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(*seen.rbegin(), 9u);
}

}  // namespace
}  // namespace larder
