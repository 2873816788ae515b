// What a Shard does to its log: compaction, eviction for blobs, a change of policy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <string>

#include "larder/base/hash.h"
#include "larder/base/limits.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

constexpr std::size_t kSegmentBytes = SegmentLog::kSegmentBytesMin;

class ShardLog : public ShardFixture {
 protected:
  using ShardFixture::ShardFixture;

  // What may be committed: what is alive, a fifth of it dead, the open segments, one being filled, one being emptied.
  std::uint64_t log_bytes_max() const { return shard_.stats().item_bytes * 6 / 5 + 5 * kSegmentBytes; }
};

TEST_F(ShardLog, CompactionKeepsTheLogNearWhatIsAlive) {
  SplitMix64 random(1);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 200'000; ++i) {
    const std::string name = std::to_string(random.below(5'000));
    if (random.below(10) == 0) {
      EXPECT_EQ(erase(name), model.erase(name) == 1);
      continue;
    }
    model[name] = std::string(random.below(i < 100'000 ? 2'000 : 200), static_cast<char>('a' + i % 26));
    ASSERT_EQ(set(name, model[name]), StatusCode::kOk);
    if (i % 20 == 0) {
      Op call = op();
      shard_.sweep({.items_max = 64, .buckets_max = 64}, call);
    }
    ASSERT_LE(shard_.stats().log_bytes, log_bytes_max()) << i;
  }
  EXPECT_GT(shard_.stats().moved_bytes, 1'000'000u);
  for (const auto& [name, value] : model) ASSERT_EQ(get(name), value);
  EXPECT_EQ(shard_.count(0), model.size());
}

TEST_F(ShardLog, SweepGivesTheSegmentsOfErasedItemsBack) {
  for (int i = 0; i < 20'000; ++i) set(std::to_string(i), std::string(100, 'v'));
  const std::uint64_t full = shard_.stats().log_bytes;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 10 != 0) erase(std::to_string(i));
  }
  sweep_all();
  EXPECT_LT(shard_.stats().log_bytes, full / 4);
  EXPECT_LE(shard_.stats().log_bytes, log_bytes_max());
}

TEST_F(ShardLog, SmallValuesInPlaceOfLargeOnesGiveTheSegmentsBackWithoutSweeps) {
  constexpr std::uint64_t kItems = 1'000;
  for (std::uint64_t i = 0; i < kItems; ++i) set(std::to_string(i), std::string(10'000, 'l'));
  for (std::uint64_t i = 0; i < kItems; ++i) {
    // Spread over all segments: 7 and 1,000 have no common factor.
    ASSERT_EQ(set(std::to_string(7 * i % kItems), "small"), StatusCode::kOk);
    ASSERT_LE(shard_.stats().log_bytes, log_bytes_max()) << i;
  }
}

TEST_F(ShardLog, AnExpiryAddedToAnItemWithoutOneKeepsItsValue) {
  const std::string large(limits::kBodyBytesMin, 'l');
  set("small", "v");
  set("large", large);
  Op call = op();
  ASSERT_EQ(shard_.set_expiry(key("small"), now_ms_ + 5, call), StatusCode::kOk);
  ASSERT_EQ(shard_.set_expiry(key("large"), now_ms_ + 5, call), StatusCode::kOk);
  EXPECT_EQ(get("small"), "v");
  EXPECT_EQ(get("large"), large);
  EXPECT_EQ(item("large")->expire_at_ms, now_ms_ + 5);
  now_ms_ += 5;
  sweep_all();
  EXPECT_EQ(shard_.count(0), 0u);
  EXPECT_EQ(shard_.stats().blob_bytes, 0u);
}

class EightMegabytes : public ShardLog {
 protected:
  static constexpr std::uint64_t kBytesMax = 8 << 20;
  EightMegabytes() : ShardLog(kBytesMax, 0) {}
};

TEST_F(EightMegabytes, BlobsGetTheMemoryOfTheSmallItemsThatTheyEvict) {
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(set_evicting(std::to_string(i), std::string(100, 'v')), StatusCode::kOk);
  EXPECT_GT(shard_.stats().log_bytes, kBytesMax * 3 / 4);
  for (int i = 0; i < 400; ++i) {
    const std::string name = "blob" + std::to_string(i % 200);
    const std::string value(limits::kBodyBytesMin, 'b');
    StatusCode status = StatusCode::kNeedsRoom;
    while (status == StatusCode::kNeedsRoom) status = set_evicting(name, value);
    ASSERT_EQ(status, StatusCode::kOk);
    ASSERT_LE(shard_.stats().log_bytes + shard_.stats().blob_bytes, kBytesMax + 5 * kSegmentBytes) << i;
  }
  EXPECT_GT(shard_.stats().blob_bytes, kBytesMax * 3 / 4);
}

class EightMegabytesForGood : public ShardLog {
 protected:
  static constexpr std::uint64_t kBytesMax = 8 << 20;
  EightMegabytesForGood() : ShardLog(kBytesMax, 0, PolicyKind::kNoEviction) {}
};

TEST_F(EightMegabytesForGood, BlobsGetTheMemoryOfTheSmallItemsThatAreErased) {
  std::uint64_t items = 0;
  while (set(std::to_string(items), std::string(100, 'v')) == StatusCode::kOk) ++items;
  SplitMix64 random(4);
  int blobs = 0;
  for (int i = 0; blobs < 100; ++i) {
    ASSERT_LT(i, 1'000'000);
    erase(std::to_string(random.below(items)));
    const std::string value(limits::kBodyBytesMin, 'b');
    blobs += set("blob" + std::to_string(blobs), value) == StatusCode::kOk;
    ASSERT_LE(shard_.stats().log_bytes + shard_.stats().blob_bytes, kBytesMax + 5 * kSegmentBytes) << i;
  }
}

// --- A change of the policy ---

TEST_F(ShardLog, ANewPolicyGetsEveryItemInTheOrderOfTheLog) {
  for (int i = 0; i < 3'000; ++i) set(std::to_string(i), std::string(i % 200, 'v'));
  const std::uint64_t with_links = shard_.stats().item_bytes;
  shard_.set_policy(PolicyKind::kNoEviction);
  shard_.check_invariants();
  sweep_all();
  shard_.check_invariants();
  EXPECT_LT(shard_.stats().item_bytes, with_links - 3'000 * 8);
  EXPECT_EQ(shard_.coldest_rank(), std::nullopt);

  shard_.set_policy(PolicyKind::kAllKeysLru);
  sweep_all();
  EXPECT_EQ(shard_.stats().item_bytes, with_links);
  for (int i = 0; i < 3'000; ++i) ASSERT_EQ(get(std::to_string(i), Touch::kNo), std::string(i % 200, 'v'));
  Op call = op();
  shard_.evict({1, 0}, {.items_max = 1, .buckets_max = 1}, call);
  EXPECT_EQ(get("0"), std::nullopt);
  EXPECT_EQ(get("1"), "v");
}

TEST_F(ShardLog, WhatTheNewPolicyDoesNotKnowYetGoesFirst) {
  for (int i = 0; i < 100; ++i) set("old" + std::to_string(i), "v");
  shard_.set_policy(PolicyKind::kNoEviction);
  shard_.set_policy(PolicyKind::kAllKeysLru);
  set("new", "v");
  set("old5", "rewritten");
  EXPECT_EQ(get("old7"), "v");
  Op call = op();
  EXPECT_EQ(shard_.evict({0, 99}, {.items_max = 99, .buckets_max = 1}, call).items, 99u);
  EXPECT_EQ(get("new"), "v");
  EXPECT_EQ(get("old5"), "rewritten");
  EXPECT_EQ(shard_.count(0), 2u);
}

TEST_F(ShardLog, AVolatilePolicySparesItemsWithoutExpiryThatItDoesNotKnowYet) {
  for (int i = 0; i < 100; ++i) {
    set(std::to_string(i), "v", {.expire_at_ms = i % 2 == 0 ? kNoExpiry : now_ms_ + 1'000});
  }
  shard_.set_policy(PolicyKind::kVolatileLru);
  Op call = op();
  while (shard_.evict({0, 100}, {.items_max = 8, .buckets_max = 1}, call).more) {
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(get(std::to_string(i)).has_value(), i % 2 == 0) << i;
}

TEST_F(ShardLog, EveryCallWorksOnItemsThatTheNewPolicyDoesNotKnow) {
  for (int i = 0; i < 10; ++i) set(std::to_string(i), "v", {.expire_at_ms = now_ms_ + (i == 9 ? 1 : 1'000)});
  shard_.set_policy(PolicyKind::kNoEviction);
  set("0", "w");
  EXPECT_TRUE(erase("1"));
  Op call = op();
  EXPECT_EQ(shard_.set_expiry(key("2"), now_ms_ + 50, call), StatusCode::kOk);
  now_ms_ += 1;
  EXPECT_EQ(get("9"), std::nullopt);
  shard_.check_invariants();
  flush(0);
  set("3", "x");
  sweep_all();
  EXPECT_THAT(scan_all(), ::testing::ElementsAre("3"));
}

// --- Queues ---

// First in, first out; what was hit since it came in goes to the end of a second queue once instead.
class SecondChance final : public EvictionPolicy {
 public:
  using EvictionPolicy::EvictionPolicy;
  static std::unique_ptr<EvictionPolicy> make(PolicyKind, PolicyHost& host) {
    return std::make_unique<SecondChance>(host);
  }

  Traits traits() const override { return {.form = ItemForm::kItem, .streams = 2, .queues = true}; }
  StreamId stream_for(Arrival, KeyHash, Location) const override { return 0; }
  void on_insert(Location item, KeyHash, TimeMs) override { host_.item(item).set_policy_bits(0); }
  void on_hit(Location item, KeyHash, TimeMs) override { host_.item(item).set_policy_bits(1); }
  void on_move(Location, Location) override {}
  void on_erase(Location, KeyHash, Removal) override {}
  VictimStep victim(TimeMs) override {
    if (const Location first = host_.oldest(0); first != kNowhere) {
      if (host_.item(first).policy_bits() == 0) return {VictimStep::Kind::kEvict, first};
      host_.item(first).set_policy_bits(0);
      return {VictimStep::Kind::kMove, first, 1};
    }
    const Location second = host_.oldest(1);
    if (second == kNowhere) return {};
    return {VictimStep::Kind::kEvict, second};
  }
  std::optional<std::int64_t> coldest_rank(TimeMs) const override {
    const bool empty = host_.stream_items(0) + host_.stream_items(1) == 0;
    return empty ? std::nullopt : std::optional<std::int64_t>(0);
  }
  void check_invariants(std::uint64_t items) const override {
    EXPECT_EQ(host_.stream_items(0) + host_.stream_items(1), items);
  }
};

class ShardQueues : public ShardLog {
 protected:
  ShardQueues() : ShardLog(0, 0, PolicyKind::kAllKeysLru, SecondChance::make) {}
};

TEST_F(ShardQueues, CompactionKeepsTheOrderOfEviction) {
  struct Entry {
    std::string name;
    bool hit = false;
  };
  std::list<Entry> first;
  std::list<Entry> second;
  std::map<std::string, std::size_t> sizes;
  SplitMix64 random(2);
  const auto forget = [&](const std::string& name) {
    const auto same = [&](const Entry& entry) { return entry.name == name; };
    first.remove_if(same);
    second.remove_if(same);
  };
  for (int i = 0; i < 30'000; ++i) {
    const std::string name = std::to_string(random.below(1'500));
    if (random.below(3) == 0) {
      erase(name);
      forget(name);
      sizes.erase(name);
      continue;
    }
    // Sizes that all differ by more than rounding hides, so that an overwrite is a new record.
    const std::size_t size = 16 * (1 + static_cast<std::size_t>(i) % 120);
    const bool in_place = sizes.contains(name) && sizes[name] == size;
    const bool present = sizes.contains(name);
    ASSERT_EQ(set(name, std::string(size, 'v')), StatusCode::kOk);
    sizes[name] = size;
    if (in_place) {
      for (std::list<Entry>* queue : {&first, &second}) {
        for (Entry& entry : *queue) entry.hit |= entry.name == name;
      }
    } else {
      forget(name);
      first.push_back({name, present});
    }
    ASSERT_LE(shard_.stats().log_bytes, shard_.stats().item_bytes * 5 / 4 + 6 * kSegmentBytes);
  }
  EXPECT_GT(shard_.stats().moved_bytes, 1'000'000u);
  shard_.check_invariants();
  events();

  std::vector<std::string> expected;
  for (auto entry = first.begin(); entry != first.end(); ++entry) {
    if (entry->hit) {
      second.push_back(*entry);
    } else {
      expected.push_back("evicted " + entry->name);
    }
  }
  for (const Entry& entry : second) expected.push_back("evicted " + entry.name);
  Op call = op();
  while (shard_.evict({1, 1}, {.items_max = 16, .buckets_max = 1}, call).more) {
  }
  EXPECT_EQ(events(), expected);
}

// Every policy, full, under overwrites of random sizes: the worst that the log meets.
class ShardChurn : public ShardFixture, public ::testing::WithParamInterface<PolicyKind> {
 protected:
  static constexpr std::uint64_t kBytesMax = 16 << 20;
  ShardChurn() : ShardFixture(kBytesMax, 0, GetParam()) {}
};

TEST_P(ShardChurn, MovesAtMostFourTimesWhatIsAppendedAndStaysNearTheLimit) {
  SplitMix64 random(3);
  const ShardStats& stats = shard_.stats();
  std::uint64_t committed_max = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::string name = std::to_string(random.below(kBytesMax / 2'050 * 5 / 4));
    const std::string value(8 + random.below(4'088), 'v');
    StatusCode status = StatusCode::kNeedsRoom;
    while (status == StatusCode::kNeedsRoom) status = set_evicting(name, value, {.expire_at_ms = 1LL << 40});
    ASSERT_EQ(status, StatusCode::kOk);
    committed_max = std::max(committed_max, stats.log_bytes + stats.index_bytes + stats.overhead_bytes);
  }
  EXPECT_LE(stats.moved_bytes, 4 * stats.appended_bytes);
  // Open segments aside, for which the store keeps a part of its limit back.
  EXPECT_LE(committed_max, kBytesMax * 105 / 100 + 2 * kSegmentBytes);
  EXPECT_GE(stats.item_bytes, kBytesMax * 88 / 100);
}

INSTANTIATE_TEST_SUITE_P(Policies, ShardChurn,
                         ::testing::Values(PolicyKind::kAllKeysLru, PolicyKind::kAllKeysLfu, PolicyKind::kAllKeysRandom,
                                           PolicyKind::kAllKeysS3Fifo, PolicyKind::kAllKeysTinyLfu,
                                           PolicyKind::kVolatileLru, PolicyKind::kVolatileLfu,
                                           PolicyKind::kVolatileRandom, PolicyKind::kVolatileTtl),
                         [](const auto& tested) {
                           std::string name(policy_name(tested.param));
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace larder
