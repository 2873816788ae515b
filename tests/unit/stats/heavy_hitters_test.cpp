#include "larder/stats/heavy_hitters.h"

#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

// The entry of that hash, or null.
const HeavyHitters::Entry* find(const HeavyHitters& names, KeyHash hash) {
  for (const HeavyHitters::Entry& entry : names.entries()) {
    if (entry.rank > 0 && entry.hash == hash) return &entry;
  }
  return nullptr;
}

TEST(HeavyHitters, CountsWhatItHasPlaceForExactly) {
  HeavyHitters names(1);
  for (int round = 0; round < 10; ++round) {
    for (KeyHash hash = 1; hash <= HeavyHitters::kWays; ++hash) {
      names.add({hash, 3, "k" + std::to_string(hash)}, {.operations = 2, .hits = 1, .bytes = 100});
    }
  }
  for (KeyHash hash = 1; hash <= HeavyHitters::kWays; ++hash) {
    const HeavyHitters::Entry* const entry = find(names, hash);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->name(), "k" + std::to_string(hash));
    EXPECT_EQ(entry->database, 3);
    EXPECT_EQ(entry->counts.operations, 20);
    EXPECT_EQ(entry->counts.hits, 10);
    EXPECT_EQ(entry->counts.bytes, 1'000);
  }
}

TEST(HeavyHitters, ANewcomerTakesTheSmallestsPlaceAndItsRank) {
  HeavyHitters names(1);
  for (KeyHash hash = 1; hash <= HeavyHitters::kWays; ++hash) {
    // The first has the most bytes, the second the fewest operations but for the first.
    names.add({hash, 0, "k"}, {.operations = static_cast<double>(hash), .bytes = hash == 1 ? 1e6 : 1});
  }
  names.add({100, 0, "new"}, {.operations = 1});
  EXPECT_NE(find(names, 1), nullptr) << "what moves most bytes stays";
  EXPECT_EQ(find(names, 2), nullptr);
  const HeavyHitters::Entry* const entry = find(names, 100);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->rank, 3) << "2 that it may have had, and 1";
  EXPECT_EQ(entry->counts.operations, 1) << "only what was seen is told";
}

TEST(HeavyHitters, AFrequentNameIsNotPushedOutByManyRareOnes) {
  HeavyHitters names(1);
  for (KeyHash rare = 1'000; rare < 11'000; ++rare) {
    names.add({rare, 0, "rare"}, {.operations = 1});
    if (rare % 5 == 0) names.add({7, 0, "frequent"}, {.operations = 1});
  }
  const HeavyHitters::Entry* const entry = find(names, 7);
  ASSERT_NE(entry, nullptr);
  // An eighth of the 12,000 at most is missing.
  EXPECT_GE(entry->counts.operations, 2'000 - 12'000 / 8);
  EXPECT_LE(entry->counts.operations, 2'000);
}

TEST(HeavyHitters, OfALongNameTheBeginningIsKept) {
  HeavyHitters names(1);
  const std::string name(1'000, 'n');
  names.add({1, 0, name}, {.operations = 1});
  const HeavyHitters::Entry* const entry = find(names, 1);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->name(), name.substr(0, HeavyHitters::kNameBytesMax));
  EXPECT_EQ(entry->name_bytes, 1'000U);
  names.clear();
  EXPECT_EQ(find(names, 1), nullptr);
}

}  // namespace
}  // namespace larder
