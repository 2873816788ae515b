#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "tools/bench/key_format.h"
#include "tools/bench/key_stream.h"
#include "tools/bench/zipf.h"

namespace larder::bench {
namespace {

using ::testing::ElementsAre;

// Of the five most frequent ranks, and all ranks beyond them as one: within 5 standard deviations of the theory.
void expect_zipf(double theta, std::uint64_t ranks) {
  constexpr std::uint64_t kDraws = 400'000;
  constexpr std::uint64_t kCells = 6;
  const Zipf zipf(ranks, theta);
  SplitMix64 random(3);
  std::vector<std::uint64_t> seen(kCells);
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const std::uint64_t rank = zipf.draw(random);
    ASSERT_LT(rank, ranks);
    ++seen[std::min(rank, kCells - 1)];
  }
  double sum = 0;
  for (std::uint64_t rank = 1; rank <= ranks; ++rank) sum += std::pow(static_cast<double>(rank), -theta);
  double beyond = 1;
  for (std::uint64_t rank = 0; rank < kCells; ++rank) {
    const double share = rank + 1 == kCells ? beyond : std::pow(static_cast<double>(rank + 1), -theta) / sum;
    beyond -= share;
    const double wanted = share * kDraws;
    EXPECT_NEAR(static_cast<double>(seen[rank]), wanted, 5 * std::sqrt(wanted) + 1)
        << "rank " << rank << ", theta " << theta << ", " << ranks;
  }
}

TEST(BenchZipf, FrequenciesAreThoseOfTheLaw) {
  for (const double theta : {0.0, 0.5, 0.99, 1.0, 1.3, 3.0}) {
    expect_zipf(theta, 10);
    expect_zipf(theta, 100'000);
  }
}

TEST(BenchZipf, OneRankIsAlwaysDrawn) {
  SplitMix64 random(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Zipf(1, 0.99).draw(random), 0u);
}

TEST(BenchKeys, EveryRankHasAKeyOfItsOwnAndNeighboursLieApart) {
  for (const std::uint64_t keys : {1u, 2u, 6u, 100u, 1000u, 99'999u}) {
    const RankPlaces places(keys);
    std::set<std::uint32_t> seen;
    for (std::uint64_t rank = 0; rank < keys; ++rank) seen.insert(places.key(rank));
    EXPECT_EQ(seen.size(), keys);
    EXPECT_EQ(*seen.rbegin(), keys - 1);
  }
  const RankPlaces places(1000);
  EXPECT_GT(std::abs(static_cast<int>(places.key(1)) - static_cast<int>(places.key(0))), 100);
}

KeyOptions keys_of(Distribution distribution, std::uint64_t count) {
  return {.count = count, .distribution = distribution};
}

TEST(BenchKeys, SequentialThreadsTakeEachKeyOnceARound) {
  const KeyOptions options = keys_of(Distribution::kSequential, 7);
  const DrawnKeys none(options, 0, 0);
  KeyStream first(options, none, 1, {.index = 0, .of = 2});
  KeyStream second(options, none, 1, {.index = 1, .of = 2});
  std::vector<std::uint32_t> seen;
  for (int i = 0; i < 4; ++i) seen.push_back(first.next());
  for (int i = 0; i < 3; ++i) seen.push_back(second.next());
  EXPECT_THAT(seen, ElementsAre(0, 2, 4, 6, 1, 3, 5));
}

TEST(BenchKeys, UniformKeysAreEquallyFrequentAndRepeatableBySeed) {
  const KeyOptions options = keys_of(Distribution::kUniform, 10);
  const DrawnKeys none(options, 0, 0);
  KeyStream stream(options, none, 5, {});
  KeyStream same(options, none, 5, {});
  KeyStream other(options, none, 5, {.index = 1, .of = 2});
  std::vector<int> seen(10);
  int equal = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t key = stream.next();
    ASSERT_EQ(key, same.next());
    equal += key == other.next() ? 1 : 0;
    ++seen[key];
  }
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_NEAR(equal, 10'000, 500) << "threads draw independently";
}

TEST(BenchKeys, ZipfKeysGoRoundWhatWasDrawn) {
  const KeyOptions options = keys_of(Distribution::kZipf, 1000);
  const DrawnKeys drawn(options, 6, 1);
  ASSERT_EQ(drawn.keys().size(), 6u) << "no more than the load asks for";
  KeyStream stream(options, drawn, 1, {.index = 1, .of = 2});
  std::vector<std::uint32_t> seen;
  for (int i = 0; i < 6; ++i) seen.push_back(stream.next());
  const auto& all = drawn.keys();
  EXPECT_THAT(seen, ElementsAre(all[3], all[4], all[5], all[0], all[1], all[2]));
  EXPECT_EQ(DrawnKeys(options, ~std::uint64_t{0}, 1).keys().size(), std::size_t{1} << 20);
}

TEST(BenchKeyFormat, NamesAreNumbersWithLeadingZeros) {
  const KeyFormat keys({.count = 1'000'000});
  EXPECT_EQ(keys.name(0), "key:000000000000");
  EXPECT_EQ(keys.name(7), "key:000000000007");
  EXPECT_EQ(keys.name(10), "key:000000000010");
  EXPECT_EQ(keys.name(999'999), "key:000000999999");
}

TEST(BenchKeyFormat, TheFirstKeyMovesAllOfThem) {
  const KeyFormat keys({.first = 1'000'000'000'000, .count = 100});
  EXPECT_EQ(keys.name(42), "key1000000000042");
  EXPECT_EQ(keys.number(42), 1'000'000'000'042u);
}

TEST(BenchKeyFormat, ShortKeysLoseTheirLettersFirst) {
  EXPECT_EQ(KeyFormat({.count = 1000, .bytes = 5}).name(42), "ke042");
  EXPECT_EQ(KeyFormat({.count = 1000, .bytes = 3}).name(42), "042");
  EXPECT_EQ(KeyFormat({.count = 1000, .bytes = 40}).name(42), "key:" + std::string(34, '0') + "42");
}

}  // namespace
}  // namespace larder::bench
