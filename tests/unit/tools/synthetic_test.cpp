#include "tools/sim/synthetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include <map>
#include <set>

namespace larder::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::uint64_t> ids(const SyntheticOptions& options, std::size_t most = SIZE_MAX) {
  const std::unique_ptr<AccessReader> reader = make_synthetic(options).value();
  std::vector<std::uint64_t> result;
  Access access;
  while (result.size() < most && reader->next(access)) {
    EXPECT_TRUE(access.text.empty());
    EXPECT_EQ(access.size_bytes, 1u);
    result.push_back(access.number);
  }
  return result;
}

// Made by another program from the description of the trace.
TEST(Synthetic, Zipf099IsTheTraceOfTheReference) {
  const std::vector<std::uint64_t> first = ids({.name = "zipf099"}, 1'000);
  EXPECT_THAT(std::vector<std::uint64_t>(first.begin(), first.begin() + 10),
              ElementsAre(29'424, 6, 38, 101, 1, 168'253, 16, 66'601, 95, 5'248));
  EXPECT_EQ(first[999], 223u);
}

TEST(Synthetic, ZipfAsksForLowRanksInProportion) {
  std::map<std::uint64_t, double> counts;
  for (const std::uint64_t id : ids({.name = "zipf", .objects = 100, .requests = 200'000, .alpha = 1})) ++counts[id];
  EXPECT_NEAR(counts[1] / counts[2], 2, 0.1);
  EXPECT_NEAR(counts[1] / counts[10], 10, 1);
  EXPECT_EQ(counts.begin()->first, 1u);
  EXPECT_EQ(counts.rbegin()->first, 100u);
}

TEST(Synthetic, TheSameSeedMakesTheSameWorkload) {
  for (const char* name : {"zipf", "scan", "shift"}) {
    const SyntheticOptions options{.name = name, .objects = 1'000, .requests = 5'000};
    SyntheticOptions other = options;
    other.seed = 43;
    EXPECT_EQ(ids(options), ids(options)) << name;
    EXPECT_NE(ids(options), ids(other)) << name;
    EXPECT_EQ(ids(options).size(), 5'000u) << name;
  }
}

TEST(Synthetic, LoopGoesRound) {
  EXPECT_THAT(ids({.name = "loop", .objects = 3, .requests = 7}), ElementsAre(1, 2, 3, 1, 2, 3, 1));
}

TEST(Synthetic, ScanMeetsEachOfItsObjectsOnce) {
  const std::vector<std::uint64_t> all = ids({.name = "scan", .objects = 1'000, .requests = 1'000});
  std::uint64_t next_scanned = 1'001;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i / 100 % 2 == 1) {
      EXPECT_EQ(all[i], next_scanned++);
    } else {
      EXPECT_LE(all[i], 1'000u);
    }
  }
}

TEST(Synthetic, ShiftMakesOthersPopularInEachQuarter) {
  const std::vector<std::uint64_t> all = ids({.name = "shift", .objects = 1'000, .requests = 40'000});
  std::set<std::uint64_t> popular;
  for (std::size_t quarter = 0; quarter < 4; ++quarter) {
    std::map<std::uint64_t, int> counts;
    for (std::size_t i = 0; i < 9'990; ++i) ++counts[all[quarter * 10'000 + 10 + i]];
    popular.insert(std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                     return a.second < b.second;
                   })->first);
  }
  EXPECT_THAT(popular, ElementsAre(1, 251, 501, 751));
}

TEST(Synthetic, RefusesWhatItCannotMake) {
  EXPECT_THAT(make_synthetic({.name = "zopf"}).status().message(), HasSubstr("choose zipf, scan, loop, shift"));
  EXPECT_THAT(make_synthetic({.name = "loop", .objects = 0}).status().message(), HasSubstr("--objects must be from 1"));
  EXPECT_THAT(make_synthetic({.name = "loop", .requests = 0}).status().message(),
              HasSubstr("--requests must be from 1"));
  EXPECT_THAT(make_synthetic({.name = "zipf", .alpha = -1}).status().message(), HasSubstr("--alpha"));
}

}  // namespace
}  // namespace larder::sim
