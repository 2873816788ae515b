#include "larder/base/page_arena.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <vector>

#include "larder/base/poison.h"

namespace larder {
namespace {

std::size_t resident_pages(char* run, std::size_t bytes) {
  std::vector<unsigned char> pages(round_up_to_pages(bytes) / kPageBytes);
  EXPECT_EQ(mincore(run, bytes, pages.data()), 0);
  std::size_t resident = 0;
  for (const unsigned char page : pages) resident += page & 1;
  return resident;
}

TEST(PageArenaTest, RunsAreWholeAndApart) {
  PageArena arena(1 << 30);
  std::vector<std::pair<char*, std::size_t>> runs;
  for (std::size_t bytes = 1; bytes < (4 << 20); bytes = bytes * 5 / 4 + 1000) {
    char* const run = arena.allocate(bytes);
    ASSERT_NE(run, nullptr);
    std::memset(run, static_cast<int>(runs.size() + 1), bytes);
    runs.emplace_back(run, bytes);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(runs[i].first[0], static_cast<char>(i + 1));
    EXPECT_EQ(runs[i].first[runs[i].second - 1], static_cast<char>(i + 1));
    arena.free(runs[i].first, runs[i].second);
  }
  arena.check_invariants();
}

TEST(PageArenaTest, ARunCommitsItsPagesAndNoMore) {
  PageArena arena(1 << 30);
  constexpr std::size_t kBytes = 16 * kPageBytes;
  char* const run = arena.allocate(kBytes);
  std::memset(run, 1, kBytes);
  EXPECT_EQ(resident_pages(run, kBytes + kPageBytes), 16u);
  arena.free(run, kBytes);
  arena.release_excess(kBytes);
  EXPECT_EQ(resident_pages(run, kBytes), 0u);
}

TEST(PageArenaTest, CommitsAheadAndSaysWhatIsCommitted) {
  PageArena arena(1 << 30);
  arena.set_warm_bytes_max(1 << 20);
  std::size_t committed = 1;
  char* const run = arena.allocate(16 * kPageBytes, &committed);
  EXPECT_EQ(committed, 0u);
  arena.commit(run, 10 * kPageBytes + 1);
  EXPECT_EQ(resident_pages(run, 16 * kPageBytes), 11u);
  EXPECT_EQ(run[10 * kPageBytes], 0);
  arena.free(run, 16 * kPageBytes);
  EXPECT_EQ(arena.allocate(15 * kPageBytes, &committed), run);  // of the same class
  EXPECT_EQ(committed, 15 * kPageBytes);
  arena.free(run, 15 * kPageBytes);
}

TEST(PageArenaTest, WhatWasNeverWrittenToIsNotTakenForWarm) {
  PageArena arena(1 << 30);
  constexpr std::size_t kBytes = 64 * kPageBytes;
  char* run = arena.allocate(kBytes);
  arena.free(run, kBytes, 0);
  EXPECT_EQ(arena.warm_bytes(), 0u);
  std::size_t committed = 1;
  EXPECT_EQ(arena.allocate(kBytes, &committed), run);
  EXPECT_EQ(committed, 0u);
  arena.commit(run, 3 * kPageBytes);
  arena.free(run, kBytes, 3 * kPageBytes);
  EXPECT_EQ(arena.warm_bytes(), 3 * kPageBytes);
  arena.check_invariants();
  EXPECT_EQ(arena.allocate(kBytes, &committed), run);
  EXPECT_EQ(committed, 3 * kPageBytes);
  arena.free(run, kBytes, committed);
}

TEST(PageArenaTest, FreeingLeavesThePagesToWhoeverReleasesTheExcess) {
  PageArena arena(1 << 30);
  constexpr std::size_t kBytes = 64 * kPageBytes;
  char* const run = arena.allocate(kBytes);
  std::memset(run, 1, kBytes);
  EXPECT_FALSE(arena.has_excess());
  arena.free(run, kBytes);
  EXPECT_TRUE(arena.has_excess());
  EXPECT_EQ(resident_pages(run, kBytes), 64u);
  arena.release_excess(16 * kPageBytes);
  EXPECT_EQ(resident_pages(run, kBytes), 48u);
  EXPECT_EQ(arena.warm_bytes(), 48 * kPageBytes);
  arena.check_invariants();
  arena.release_excess(kBytes);
  EXPECT_EQ(resident_pages(run, kBytes), 0u);
  EXPECT_FALSE(arena.has_excess());
  arena.check_invariants();
}

TEST(PageArenaTest, WhoeverAllocatesGivesAsMuchOfTheExcessBackFirst) {
  PageArena arena(1 << 30);
  char* const run = arena.allocate(64 * kPageBytes);
  std::memset(run, 1, 64 * kPageBytes);
  arena.free(run, 64 * kPageBytes);
  EXPECT_NE(arena.allocate(20 * kPageBytes), nullptr);
  EXPECT_EQ(arena.warm_bytes(), 44 * kPageBytes);
  EXPECT_EQ(resident_pages(run, 64 * kPageBytes), 44u);
  // One of the same class takes it over with the pages that it still has.
  EXPECT_EQ(arena.allocate(64 * kPageBytes), run);
  EXPECT_EQ(arena.warm_bytes(), 0u);
  arena.check_invariants();
}

TEST(PageArenaTest, AFreedRunStaysWarmForTheNextAndCoolsAfterTwoRounds) {
  PageArena arena(1 << 30);
  arena.set_warm_bytes_max(1 << 20);
  constexpr std::size_t kBytes = 100'000;
  char* const run = arena.allocate(kBytes);
  std::memset(run, 1, kBytes);
  arena.free(run, kBytes);
  EXPECT_EQ(arena.warm_bytes(), round_up_to_pages(kBytes));
  EXPECT_EQ(arena.allocate(kBytes), run);
  arena.free(run, kBytes);
  arena.trim();
  EXPECT_GT(arena.warm_bytes(), 0u);
  arena.trim();
  EXPECT_EQ(arena.warm_bytes(), 0u);
  EXPECT_EQ(resident_pages(run, kBytes), 0u);
  arena.check_invariants();
}

TEST(PageArenaTest, GivesAllWarmRunsBackWhenAsked) {
  PageArena arena(1 << 30);
  arena.set_warm_bytes_max(1 << 20);
  constexpr std::size_t kBytes = 100'000;
  char* const run = arena.allocate(kBytes);
  std::memset(run, 1, kBytes);
  arena.free(run, kBytes);
  arena.release_warm();
  EXPECT_EQ(arena.warm_bytes(), 0u);
  EXPECT_EQ(resident_pages(run, kBytes), 0u);
  EXPECT_EQ(arena.allocate(kBytes), run);
  arena.check_invariants();
}

TEST(PageArenaTest, AWarmRunLosesWhatItsNextUserDoesNotNeed) {
  PageArena arena(1 << 30);
  arena.set_warm_bytes_max(1 << 20);
  char* const run = arena.allocate(20 * kPageBytes);
  std::memset(run, 1, 20 * kPageBytes);
  arena.free(run, 20 * kPageBytes);
  ASSERT_EQ(arena.allocate(18 * kPageBytes), run);  // of the same class
  EXPECT_EQ(resident_pages(run, 20 * kPageBytes), 18u);
  arena.free(run, 18 * kPageBytes);
  arena.check_invariants();
}

TEST(PageArenaTest, WhatBelongsToNobodyIsPoisoned) {
  if (!kPoisonIsChecked) GTEST_SKIP() << "AddressSanitizer alone knows of poison";
  PageArena arena(1 << 30);
  char* const run = arena.allocate(5'000);
  EXPECT_FALSE(is_poisoned(run));
  EXPECT_FALSE(is_poisoned(run + 4'999));
  EXPECT_TRUE(is_poisoned(run + 5'000));
  arena.free(run, 5'000);
  EXPECT_TRUE(is_poisoned(run));
  EXPECT_EQ(arena.allocate(8'192), run);
  EXPECT_FALSE(is_poisoned(run + 8'191));
}

TEST(PageArenaTest, SaysThatTheAddressSpaceIsUsedUp) {
  PageArena arena(64 * kPageBytes);
  EXPECT_NE(arena.allocate(40 * kPageBytes), nullptr);
  EXPECT_EQ(arena.allocate(40 * kPageBytes), nullptr);
  EXPECT_NE(arena.allocate(kPageBytes), nullptr);
}

}  // namespace
}  // namespace larder
