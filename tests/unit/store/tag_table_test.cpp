#include "larder/store/tag_table.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/limits.h"

namespace larder {
namespace {

constexpr TimeMs kNowMs = 1'700'000'000'000;

class TagTableTest : public testing::Test {
 protected:
  bool removed_since(TagClock clock, TagHash tag) const {
    const std::array tags = {tag};
    return table_.any_removed_since(clock, TagView(tags));
  }

  Budget budget_{0, 0};
  TagTable table_{limits::kTagTableBytesMin, budget_};
};

TEST_F(TagTableTest, ADeletedTagIsNewerThanWhatWasStoredBefore) {
  const TagClock before = table_.clock();
  EXPECT_FALSE(removed_since(before, 1));
  const TagClock clock = table_.remove(1, kNowMs);
  EXPECT_EQ(table_.clock(), clock);
  EXPECT_GT(clock, before);
  EXPECT_TRUE(removed_since(before, 1));
  EXPECT_FALSE(removed_since(before, 2));
  EXPECT_FALSE(removed_since(table_.clock(), 1));
}

TEST_F(TagTableTest, OneOfManyTagsIsEnough) {
  std::array<TagHash, 3> tags = {10, 20, 30};
  table_.remove(20, kNowMs);
  EXPECT_TRUE(table_.any_removed_since(0, TagView(tags)));
  tags[1] = 21;
  EXPECT_FALSE(table_.any_removed_since(0, TagView(tags)));
}

TEST_F(TagTableTest, TheClockGrowsWithEachDeletionAndTellsTheTime) {
  const TagClock first = table_.remove(1, kNowMs);
  EXPECT_EQ(table_.remove(2, kNowMs), first + 1);
  // The system's clock may go back.
  EXPECT_EQ(table_.remove(3, kNowMs - 1'000), first + 2);
  EXPECT_EQ(table_.removed_at_ms(1), kNowMs);
  table_.remove(1, kNowMs + 5);
  EXPECT_EQ(table_.removed_at_ms(1), kNowMs + 5);
  EXPECT_EQ(table_.removed_at_ms(4), std::nullopt);
}

TEST_F(TagTableTest, TheHashThatIsZeroIsAsGoodAsOthers) {
  EXPECT_EQ(table_.removed_at_ms(0), std::nullopt);
  table_.remove(0, kNowMs);
  EXPECT_TRUE(removed_since(0, 0));
}

TEST_F(TagTableTest, WhatIsDroppedRaisesTheFloorForUnknownTags) {
  const TagStats empty = table_.stats();
  EXPECT_EQ(empty.places, limits::kTagTableBytesMin / 16);
  EXPECT_EQ(empty.bytes, 0u);
  SplitMix64 hashes(3);
  std::vector<std::pair<TagHash, TagClock>> removed;
  const TagClock begin = table_.clock();
  for (std::size_t i = 0; i < 2 * empty.places; ++i) {
    const TagHash tag = hashes.next();
    removed.emplace_back(tag, table_.remove(tag, kNowMs));
  }
  const TagStats full = table_.stats();
  EXPECT_EQ(full.deleted, removed.size());
  EXPECT_EQ(full.known + full.dropped, removed.size());
  EXPECT_GT(full.known, full.places * 9 / 10);
  EXPECT_EQ(full.bytes, limits::kTagTableBytesMin);
  EXPECT_EQ(budget_.used_bytes(), full.bytes);
  EXPECT_EQ(full.floor_ms, kNowMs);
  // Nothing that was deleted is ever taken for alive, known or not.
  for (const auto& [tag, clock] : removed) {
    EXPECT_TRUE(removed_since(begin, tag));
    EXPECT_TRUE(removed_since(clock - 1, tag));
  }
  // What was stored just now has nothing to fear of tags that are not known.
  EXPECT_FALSE(removed_since(table_.clock(), 1));
  EXPECT_TRUE(removed_since(begin, 1));
}

TEST_F(TagTableTest, ATableTakesWhatALimitAllows) {
  EXPECT_EQ(TagTable::bytes_for(0), limits::kTagTableBytesMax);
  EXPECT_EQ(TagTable::bytes_for(1 << 20), limits::kTagTableBytesMin);
  EXPECT_EQ(TagTable::bytes_for(64 << 20), std::size_t{1} << 20);
  EXPECT_EQ(TagTable::bytes_for(std::uint64_t{1} << 40), limits::kTagTableBytesMax);
}

TEST_F(TagTableTest, ReadersSeeADeletionThatIsDoneWhileOthersAreDroppedAroundIt) {
  std::atomic<TagClock> known{table_.remove(77, kNowMs)};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    SplitMix64 hashes(9);
    for (int i = 0; i < 200'000; ++i) {
      table_.remove(hashes.next(), kNowMs);
      if (i % 64 == 0) known.store(table_.remove(77, kNowMs), std::memory_order_release);
    }
    stop = true;
  });
  std::uint64_t missed = 0;
  while (!stop) missed += !removed_since(known.load(std::memory_order_acquire) - 1, 77);
  writer.join();
  EXPECT_EQ(missed, 0u);
}

}  // namespace
}  // namespace larder
