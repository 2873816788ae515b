#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

using ::testing::ElementsAre;

class ShardKeyspace : public ShardFixture {
 protected:
  void fill(int first, int last, const SetOptions& options = {}, Database database = 0) {
    for (int i = first; i < last; ++i)
      ASSERT_EQ(set("key:" + std::to_string(i), "v", options, database), StatusCode::kOk);
  }
  // One slice of a scan, a few buckets; adds to `seen`.
  std::optional<std::uint64_t> slice(std::uint64_t position, std::multiset<std::string>& seen) {
    Op call = op();
    return shard_.scan(position, {.items_max = 1'000, .buckets_max = 3}, call,
                       [&](const ItemView& found) { seen.emplace(found.key); });
  }
};

TEST_F(ShardKeyspace, ScanOfAnEmptyShardEnds) {
  EXPECT_TRUE(scan_all().empty());
}

TEST_F(ShardKeyspace, ScanVisitsEachItemOnceAtEverySize) {
  for (int items = 1; items <= 2'000; items = items * 3 / 2 + 1) {
    fill(0, items);
    const std::multiset<std::string> seen = scan_all();
    ASSERT_EQ(seen.size(), static_cast<std::size_t>(items));
    ASSERT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), static_cast<std::size_t>(items));
    shard_.check_invariants();
  }
}

TEST_F(ShardKeyspace, ScanKeepsItsGuaranteeWhileTheIndexGrows) {
  constexpr int kOld = 500;
  fill(0, kOld);
  std::multiset<std::string> seen;
  int added = kOld;
  for (std::optional<std::uint64_t> position = 0; position;) {
    position = slice(*position, seen);
    if (added == 19 * kOld) continue;  // an index that grows as fast as it is walked has no end
    fill(added, added + 300);
    added += 300;
  }
  EXPECT_EQ(added, 19 * kOld);
  for (int i = 0; i < kOld; ++i) ASSERT_EQ(seen.count("key:" + std::to_string(i)), 1u);
  for (const std::string& name : seen) ASSERT_EQ(seen.count(name), 1u);
}

TEST_F(ShardKeyspace, ScanKeepsItsGuaranteeWhileTheIndexShrinks) {
  constexpr int kItems = 20'000;
  fill(0, kItems);
  const std::uint64_t index_bytes = shard_.stats().index_bytes;
  std::multiset<std::string> seen;
  int left = kItems;
  for (std::optional<std::uint64_t> position = 0; position;) {
    position = slice(*position, seen);
    for (int i = 0; i < 100 && left > 200; ++i) erase("key:" + std::to_string(--left));
    Op call = op();
    shard_.sweep({.items_max = 10, .buckets_max = 20}, call);
  }
  EXPECT_EQ(left, 200);
  for (int i = 0; i < left; ++i) ASSERT_EQ(seen.count("key:" + std::to_string(i)), 1u);
  for (const std::string& name : seen) ASSERT_EQ(seen.count(name), 1u);
  sweep_all();
  EXPECT_LT(shard_.stats().index_bytes, index_bytes / 8);
}

TEST_F(ShardKeyspace, ScanGoesOnInTheMiddleOfABucketThatWasMergedSince) {
  constexpr int kItems = 1'000;
  constexpr int kLeft = 20;
  for (int stop_after = 1; stop_after < 35; ++stop_after) {
    fill(0, kItems);
    std::multiset<std::string> seen;
    std::optional<std::uint64_t> position = 0;
    for (int slices = 0; slices < stop_after && position; ++slices) position = slice(*position, seen);
    ASSERT_TRUE(position);
    for (int i = kLeft; i < kItems; ++i) erase("key:" + std::to_string(i));
    sweep_all();
    while (position) position = slice(*position, seen);
    for (int i = 0; i < kLeft; ++i) ASSERT_EQ(seen.count("key:" + std::to_string(i)), 1u);
  }
}

TEST_F(ShardKeyspace, ScanReturnsNothingDead) {
  fill(0, 10, {.expire_at_ms = now_ms_ + 1});
  fill(10, 20, {}, 1);
  flush(1);
  fill(20, 23);
  now_ms_ += 1;
  EXPECT_THAT(scan_all(), ElementsAre("key:20", "key:21", "key:22"));
  EXPECT_EQ(shard_.stats().expired, 10u);
  EXPECT_EQ(shard_.stats().dead_bytes, 0u);
}

TEST_F(ShardKeyspace, ScanStopsAtItsBudget) {
  fill(0, 1'000);
  Op call = op();
  int visited = 0;
  const auto count = [&](const ItemView&) { ++visited; };
  const auto by_items = shard_.scan(0, {.items_max = 10, .buckets_max = 1'000'000}, call, count);
  EXPECT_TRUE(by_items.has_value());
  EXPECT_GE(visited, 10);
  EXPECT_LT(visited, 30);
  visited = 0;
  shard_.scan(*by_items, {.items_max = 1'000'000, .buckets_max = 5}, call, count);
  EXPECT_LT(visited, 80);
}

TEST_F(ShardKeyspace, RandomItemReachesEveryLiveItemOfItsDatabaseAndNoOther) {
  fill(0, 20);
  fill(100, 120, {}, 1);
  fill(200, 210, {.expire_at_ms = now_ms_ + 1});
  now_ms_ += 1;
  std::map<std::string, int> drawn;
  for (std::uint64_t random = 0; random < 4'000; ++random) {
    Op call = op();
    const auto found = shard_.random_item(0, random, call);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->database, 0);
    ++drawn[std::string(found->key)];
  }
  EXPECT_EQ(drawn.size(), 20u);
  for (const auto& [name, times] : drawn) EXPECT_GT(times, 20) << name;
}

TEST_F(ShardKeyspace, RandomItemOfAnEmptyDatabaseIsNothing) {
  fill(0, 5);
  Op call = op();
  EXPECT_FALSE(shard_.random_item(1, 7, call));
  flush(0);
  EXPECT_FALSE(shard_.random_item(0, 7, call));
}

TEST_F(ShardKeyspace, FlushKillsAtOnceAndSweepReclaims) {
  fill(0, 300, {.expire_at_ms = now_ms_ + 1'000});
  const std::uint64_t flushed_bytes = shard_.stats().item_bytes;
  fill(0, 300, {}, 1);
  const std::uint64_t item_bytes = shard_.stats().item_bytes;
  flush(0);
  EXPECT_EQ(shard_.count(0), 0u);
  EXPECT_EQ(shard_.count_with_expiry(0), 0u);
  EXPECT_EQ(shard_.count(1), 300u);
  EXPECT_EQ(shard_.stats().items, 300u);
  EXPECT_EQ(shard_.stats().dead_bytes, flushed_bytes);
  EXPECT_EQ(get("key:5"), std::nullopt);
  EXPECT_EQ(get("key:5", Touch::kYes, 1), "v");
  shard_.check_invariants();
  sweep_all();
  EXPECT_EQ(shard_.stats().dead_bytes, 0u);
  EXPECT_EQ(shard_.stats().item_bytes, item_bytes - flushed_bytes);
}

TEST_F(ShardKeyspace, FlushOfAllLeavesWhatAnEmptyShardTakes) {
  const std::uint64_t empty_bytes = shard_.stats().used_bytes();
  fill(0, 5'000);
  fill(0, 5'000, {}, 2);
  flush({});
  EXPECT_EQ(shard_.count(0) + shard_.count(2), 0u);
  sweep_all();
  EXPECT_EQ(shard_.stats().used_bytes(), empty_bytes);
}

TEST_F(ShardKeyspace, KeysWrittenAfterAFlushLive) {
  fill(0, 50);
  flush({});
  fill(0, 10);
  EXPECT_EQ(shard_.count(0), 10u);
  sweep_all();
  EXPECT_EQ(scan_all().size(), 10u);
  EXPECT_EQ(get("key:3"), "v");
}

TEST_F(ShardKeyspace, SweepReclaimsTheExpiredAndOnlyThose) {
  fill(0, 100, {.expire_at_ms = now_ms_ + 10});
  fill(100, 200, {.expire_at_ms = now_ms_ + 20});
  fill(200, 300);
  now_ms_ += 10;
  sweep_all();
  EXPECT_EQ(shard_.count(0), 200u);
  now_ms_ += 10;
  sweep_all();
  EXPECT_EQ(shard_.count(0), 100u);
  EXPECT_EQ(shard_.stats().expired, 200u);
}

TEST_F(ShardKeyspace, SweepHasNothingToDoBeforeTheFirstExpiry) {
  fill(0, 1'000, {.expire_at_ms = now_ms_ + 100});
  const auto sweep = [&] {
    Op call = op();
    return shard_.sweep({.items_max = 2'000, .buckets_max = 100'000}, call);
  };
  EXPECT_EQ(sweep().buckets, 0u);
  now_ms_ += 99;
  EXPECT_EQ(sweep().buckets, 0u);
  // An expiry that was the earliest and is gone costs one pass, which finds the next.
  now_ms_ += 1;
  set("later", "v", {.expire_at_ms = now_ms_ + 50});
  EXPECT_EQ(sweep().items, 1'000u);
  EXPECT_EQ(sweep().buckets, 0u);
  now_ms_ += 50;
  Op call = op();
  EXPECT_EQ(sweep().items + shard_.sweep_round({.items_max = 10, .buckets_max = 10}, call).items, 1u);
}

TEST_F(ShardKeyspace, SweepKeepsToItsBudget) {
  fill(0, 1'000, {.expire_at_ms = now_ms_ + 1});
  now_ms_ += 1;
  Op call = op();
  const WorkDone by_items = shard_.sweep({.items_max = 10, .buckets_max = 1'000}, call);
  EXPECT_TRUE(by_items.more);
  EXPECT_GE(by_items.items, 10u);
  EXPECT_LT(by_items.items, 30u);
  const WorkDone by_buckets = shard_.sweep({.items_max = 1'000, .buckets_max = 4}, call);
  EXPECT_EQ(by_buckets.buckets, 4u);
}

TEST_F(ShardKeyspace, AnExpiryWrittenBehindAPassUnderWayIsNotForgotten) {
  fill(0, 500, {.expire_at_ms = now_ms_ + 1});
  std::string early_in_order = "x";
  while (key(early_in_order).hash >> 60 != 0) early_in_order += 'x';
  now_ms_ += 1;
  Op call = op();
  while (shard_.count(0) > 250) shard_.sweep({.items_max = 10, .buckets_max = 10}, call);
  set(early_in_order, "v", {.expire_at_ms = now_ms_ + 5});
  sweep_all();
  EXPECT_EQ(shard_.count(0), 1u);
  now_ms_ += 5;
  sweep_all();
  EXPECT_EQ(shard_.count(0), 0u);
}

TEST_F(ShardKeyspace, WithActiveExpiryOffOnlyMeetingReclaims) {
  shard_.set_active_expiry(false);
  fill(0, 10, {.expire_at_ms = now_ms_ + 1});
  now_ms_ += 1;
  sweep_all();
  EXPECT_EQ(shard_.count(0), 10u);
  EXPECT_EQ(get("key:1"), std::nullopt);
  EXPECT_EQ(shard_.count(0), 9u);
  shard_.set_active_expiry(true);
  sweep_all();
  EXPECT_EQ(shard_.count(0), 0u);
}

}  // namespace
}  // namespace larder
