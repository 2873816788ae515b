// Soft expiry, negative items, tags and leases, of one shard.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/limits.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

class ShardCaching : public ShardFixture {
 protected:
  using ShardFixture::ShardFixture;

  struct Stored {
    TimeMs expire_at_ms = kNoExpiry;
    TimeMs stale_at_ms = kNoExpiry;
    bool negative = false;
    std::vector<TagHash> tags = {};
    LeaseToken lease = kNoLease;
    bool keep_expiry = false;
    bool keep_tags = false;
  };
  StatusCode store(std::string_view name, std::string_view value, const Stored& what) {
    const ItemExtras extras{
        .stale_at_ms = what.stale_at_ms, .negative = what.negative, .tags = TagView(what.tags), .tag_clock = {}};
    return set(name, value,
               {.expire_at_ms = what.expire_at_ms,
                .keep_expiry = what.keep_expiry,
                .keep_tags = what.keep_tags,
                .extras = &extras,
                .lease = what.lease});
  }
  Fetched fetch(std::string_view name, std::int64_t lease_ms = 0) {
    Op call = op();
    return shard_.fetch(key(name), {.lease_ms = lease_ms, .touch = Touch::kYes}, call);
  }
  KeptExtras extras(std::string_view name) { return shard_.extras(key(name)); }
  void remove_tag(TagHash tag) { tags_.remove(tag, now_ms_); }
  std::vector<KeyHash> ended_leases() {
    const std::vector<KeyHash> ended(events_.ended_leases().begin(), events_.ended_leases().end());
    events_.clear();
    return ended;
  }
};

// --- What it costs ---

TEST_F(ShardCaching, WhatUsesNoneOfItPaysNothing) {
  set("plain", std::string(100, 'v'));
  const std::uint64_t plain_bytes = shard_.stats().item_bytes;
  EXPECT_EQ(plain_bytes, 8u + 12 + 8 /* rounded */ + 100);
  store("soft", std::string(100, 'v'), {.stale_at_ms = now_ms_ + 10});
  EXPECT_EQ(shard_.stats().item_bytes, 2 * plain_bytes + 8);
  store("negative", "", {.negative = true});
  store("tagged", std::string(100, 'v'), {.tags = {1, 2}});
  EXPECT_EQ(shard_.stats().items_tagged, 1u);
  EXPECT_EQ(shard_.stats().lease_bytes, 0u);
}

// --- Soft expiry ---

TEST_F(ShardCaching, AStaleValueIsServedAndOneCallerWinsTheLease) {
  store("k", "v", {.expire_at_ms = now_ms_ + 1'000, .stale_at_ms = now_ms_ + 100});
  Fetched fresh = fetch("k", 50);
  EXPECT_EQ(fresh.item->value, "v");
  EXPECT_FALSE(fresh.is_stale(now_ms_));
  EXPECT_EQ(fresh.lease, kNoLease);

  now_ms_ += 100;
  const Fetched first = fetch("k", 50);
  EXPECT_TRUE(first.is_stale(now_ms_));
  EXPECT_EQ(first.item->value, "v");
  EXPECT_NE(first.lease, kNoLease);
  const Fetched second = fetch("k", 50);
  EXPECT_EQ(second.item->value, "v");
  EXPECT_EQ(second.lease, kNoLease);
  EXPECT_EQ(second.leased_until_ms, now_ms_ + 50);
  EXPECT_EQ(get("k"), "v");

  now_ms_ += 50;  // whoever had it has died
  EXPECT_NE(fetch("k", 50).lease, kNoLease);
  EXPECT_EQ(store("k", "w", {.stale_at_ms = now_ms_ + 100, .lease = first.lease}), StatusCode::kNotStored);
  EXPECT_EQ(get("k"), "v");
}

TEST_F(ShardCaching, TheLeaseStoresOnce) {
  const Fetched won = fetch("k", 50);
  EXPECT_FALSE(won.item);
  EXPECT_TRUE(fetch("k", 50).is_awaited());
  EXPECT_EQ(store("k", "v", {.lease = won.lease}), StatusCode::kOk);
  EXPECT_EQ(ended_leases(), std::vector<KeyHash>{key("k").hash});
  EXPECT_EQ(store("k", "w", {.lease = won.lease}), StatusCode::kNotStored);
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(shard_.stats().lease_bytes, 0u);
  EXPECT_EQ(shard_.stats().leases_granted, 1u);
  EXPECT_EQ(shard_.stats().leases_refused, 1u);
}

TEST_F(ShardCaching, ATokenIsOfOneKey) {
  const Fetched won = fetch("k", 50);
  fetch("other", 50);
  EXPECT_EQ(store("other", "v", {.lease = won.lease}), StatusCode::kNotStored);
}

TEST_F(ShardCaching, WhateverElseChangesTheKeyEndsItsLease) {
  const std::vector<std::pair<const char*, std::function<void()>>> changes = {
      {"set", [&] { set("k", "new"); }},
      {"erase", [&] { erase("k"); }},
      {"write_part",
       [&] {
         Op call = op();
         ASSERT_TRUE(shard_.write_part(key("k"), 0, "x", call));
       }},
      {"take_out",
       [&] {
         Op call = op();
         BlobRef taken;
         ASSERT_TRUE(shard_.take_out(key("k"), taken, call));
       }},
      {"flush", [&] { flush(0); }},
      {"flush all", [&] {
         Op call = op();
         shard_.flush_all(shard_.make_empty(), call);
       }}};
  for (const auto& [name, change] : changes) {
    SCOPED_TRACE(name);
    store("k", "old", {.stale_at_ms = now_ms_});
    const Fetched won = fetch("k", 50);
    ASSERT_NE(won.lease, kNoLease);
    ended_leases();
    change();
    EXPECT_EQ(ended_leases(), std::vector<KeyHash>{key("k").hash});
    EXPECT_EQ(store("k", "late", {.lease = won.lease}), StatusCode::kNotStored);
  }
}

TEST_F(ShardCaching, DeletingWhatIsNotThereEndsTheLeaseToo) {
  const Fetched won = fetch("k", 50);
  EXPECT_FALSE(erase("k"));
  EXPECT_EQ(store("k", "late", {.lease = won.lease}), StatusCode::kNotStored);
  EXPECT_EQ(get("k"), std::nullopt);
}

TEST_F(ShardCaching, AnExpiryOrAnEvictionLeavesTheLease) {
  store("k", "v", {.expire_at_ms = now_ms_ + 10, .stale_at_ms = now_ms_});
  const Fetched won = fetch("k", 50);
  now_ms_ += 10;
  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_TRUE(fetch("k", 50).is_awaited());
  EXPECT_EQ(store("k", "w", {.lease = won.lease}), StatusCode::kOk);
}

TEST_F(ShardCaching, EndedLeasesAreSweptAway) {
  fetch("k", 50);
  EXPECT_GT(shard_.stats().lease_bytes, 0u);
  now_ms_ += 50;
  sweep_all();
  EXPECT_EQ(shard_.stats().lease_bytes, 0u);
  EXPECT_EQ(shard_.stats().leases, 0u);
}

// --- Negative items ---

TEST_F(ShardCaching, ANegativeItemIsNoneToEverythingButFetch) {
  EXPECT_EQ(store("k", "", {.expire_at_ms = now_ms_ + 100, .negative = true}), StatusCode::kOk);
  const Fetched fetched = fetch("k", 50);
  EXPECT_TRUE(fetched.negative);
  EXPECT_EQ(fetched.lease, kNoLease);
  EXPECT_EQ(fetched.item->expire_at_ms, now_ms_ + 100);

  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_FALSE(shard_.contains(key("k"), now_ms_));
  EXPECT_FALSE(shard_.inspect(key("k"), now_ms_));
  EXPECT_TRUE(scan_all().empty());
  Op call = op();
  EXPECT_FALSE(shard_.random_item(0, 5, call));
  EXPECT_EQ(shard_.set_expiry(key("k"), now_ms_ + 1, call), StatusCode::kNotFound);
  EXPECT_FALSE(shard_.write_part(key("k"), 0, "", call));
  EXPECT_EQ(set("k", "v", {.condition = Condition::kIfPresent}), StatusCode::kNotStored);
  EXPECT_FALSE(erase("k"));
  EXPECT_FALSE(fetch("k").item);
}

TEST_F(ShardCaching, AWriteTakesThePlaceOfANegativeItemAndKeepsNothingOfIt) {
  store("k", "", {.expire_at_ms = now_ms_ + 100, .stale_at_ms = now_ms_ + 50, .negative = true, .tags = {1}});
  EXPECT_EQ(set("k", "v", {.keep_expiry = true, .condition = Condition::kIfAbsent, .keep_tags = true}),
            StatusCode::kOk);
  EXPECT_EQ(item("k")->expire_at_ms, kNoExpiry);
  EXPECT_EQ(extras("k").stale_at_ms, kNoExpiry);
  EXPECT_TRUE(extras("k").tags.empty());
}

TEST_F(ShardCaching, AStaleNegativeItemIsRefreshedAsOthersAre) {
  store("k", "", {.stale_at_ms = now_ms_ + 10, .negative = true});
  now_ms_ += 10;
  const Fetched won = fetch("k", 50);
  EXPECT_TRUE(won.negative);
  EXPECT_NE(won.lease, kNoLease);
  EXPECT_TRUE(fetch("k", 50).negative);
  EXPECT_EQ(store("k", "now there is", {.lease = won.lease}), StatusCode::kOk);
  EXPECT_EQ(get("k"), "now there is");
}

// --- Tags ---

TEST_F(ShardCaching, ADeletedTagKillsWhatHasIt) {
  store("a", "1", {.tags = {1, 2}});
  store("b", "2", {.tags = {2, 3}});
  store("c", "3", {.tags = {4}});
  set("d", "4");
  remove_tag(2);
  events();
  EXPECT_FALSE(shard_.contains(key("a"), now_ms_));
  EXPECT_FALSE(shard_.inspect(key("a"), now_ms_));
  EXPECT_EQ(get("a"), std::nullopt);
  EXPECT_FALSE(fetch("b").item);
  EXPECT_EQ(events(), (std::vector<std::string>{"invalidated a", "invalidated b"}));
  EXPECT_EQ(scan_all(), (std::multiset<std::string>{"c", "d"}));
  EXPECT_EQ(shard_.stats().invalidated, 2u);
  EXPECT_EQ(shard_.count(0), 2u);
  store("a", "new", {.tags = {1, 2}});
  EXPECT_EQ(get("a"), "new");
}

TEST_F(ShardCaching, WhatIsLoadedWhileItsTagIsDeletedIsRefused) {
  const Fetched won = fetch("k", 50);
  remove_tag(1);
  EXPECT_EQ(store("k", "old", {.tags = {1}, .lease = won.lease}), StatusCode::kNotStored);
  EXPECT_EQ(get("k"), std::nullopt);
  // Somebody else may load it at once.
  const Fetched next = fetch("k", 50);
  EXPECT_NE(next.lease, kNoLease);
  EXPECT_EQ(store("k", "new", {.tags = {1}, .lease = next.lease}), StatusCode::kOk);
  EXPECT_EQ(get("k"), "new");
}

TEST_F(ShardCaching, TheTimeOfTheGrantCountsForTagsThatAreDeletedLater) {
  const Fetched won = fetch("k", 50);
  remove_tag(2);
  EXPECT_EQ(store("k", "v", {.tags = {1}, .lease = won.lease}), StatusCode::kOk);
  EXPECT_EQ(get("k"), "v");
  remove_tag(1);
  EXPECT_EQ(get("k"), std::nullopt);
}

TEST_F(ShardCaching, AnItemThatIsFoundDeadTakesItsLeaseWithIt) {
  store("k", "v", {.stale_at_ms = now_ms_, .tags = {1}});
  const Fetched won = fetch("k", 50);
  remove_tag(1);
  const Fetched next = fetch("k", 50);
  EXPECT_FALSE(next.item);
  EXPECT_NE(next.lease, kNoLease);
  EXPECT_EQ(store("k", "old", {.lease = won.lease}), StatusCode::kNotStored);
}

TEST_F(ShardCaching, WritesKeepOrDropWhatIsSaid) {
  const Stored all{.expire_at_ms = now_ms_ + 1'000, .stale_at_ms = now_ms_ + 100, .tags = {1, 2}};
  store("k", "1", all);
  set("k", "2", {.keep_expiry = true, .keep_tags = true});  // as INCR
  EXPECT_EQ(get("k"), "2");
  EXPECT_EQ(item("k")->expire_at_ms, now_ms_ + 1'000);
  EXPECT_EQ(extras("k").stale_at_ms, now_ms_ + 100);
  EXPECT_EQ(extras("k").tags, (std::vector<TagHash>{1, 2}));
  set("k", "long enough for another record", {.keep_expiry = true, .keep_tags = true});
  EXPECT_EQ(extras("k").tags, (std::vector<TagHash>{1, 2}));
  set("k", "3", {.keep_expiry = true});  // as SET KEEPTTL
  EXPECT_EQ(extras("k").stale_at_ms, now_ms_ + 100);
  EXPECT_TRUE(extras("k").tags.empty());
  store("k", "4", {.stale_at_ms = now_ms_ + 50, .tags = {3}, .keep_expiry = true});
  EXPECT_EQ(item("k")->expire_at_ms, now_ms_ + 1'000);
  EXPECT_EQ(extras("k").stale_at_ms, now_ms_ + 50);
  Op call = op();
  shard_.set_expiry(key("k"), kNoExpiry, call);
  shard_.set_expiry(key("k"), now_ms_ + 70, call);
  EXPECT_EQ(extras("k").tags, (std::vector<TagHash>{3}));
  set("k", "5");
  EXPECT_EQ(extras("k").stale_at_ms, kNoExpiry);
  EXPECT_TRUE(extras("k").tags.empty());
  EXPECT_EQ(shard_.stats().items_tagged, 0u);
}

TEST_F(ShardCaching, AnExpiryThatIsAddedKeepsTheExtension) {
  store("k", "v", {.stale_at_ms = now_ms_ + 10, .tags = {7}});
  Op call = op();
  EXPECT_EQ(shard_.set_expiry(key("k"), now_ms_ + 70, call), StatusCode::kOk);
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(extras("k").stale_at_ms, now_ms_ + 10);
  EXPECT_EQ(extras("k").tags, (std::vector<TagHash>{7}));
}

TEST_F(ShardCaching, WhatModifiesAnItemLeavesTheClockOfItsTags) {
  store("k", "1", {.tags = {1}});
  remove_tag(2);
  set("k", "2", {.keep_expiry = true, .keep_tags = true});
  remove_tag(3);
  EXPECT_EQ(get("k"), "2");
  const KeptExtras kept = extras("k");
  remove_tag(1);
  // As RENAME does: what goes on under another key is as old as it was.
  const ItemExtras moved = kept.view();
  set("elsewhere", "2", {.extras = &moved});
  EXPECT_EQ(get("elsewhere"), std::nullopt);
}

TEST_F(ShardCaching, OtherDatabasesHaveTheirExtensionToo) {
  const std::vector<TagHash> tags = {1};
  const ItemExtras extras{.stale_at_ms = now_ms_ + 5, .tags = TagView(tags), .tag_clock = {}};
  EXPECT_EQ(set("k", "v", {.extras = &extras}, 3), StatusCode::kOk);
  set("k", "w", {.keep_expiry = true, .keep_tags = true}, 3);
  EXPECT_EQ(get("k", Touch::kYes, 3), "w");
  EXPECT_EQ(shard_.extras(key("k", 3)).tags, tags);
  remove_tag(1);
  EXPECT_EQ(get("k", Touch::kYes, 3), std::nullopt);
}

TEST_F(ShardCaching, WhatIsMadeFromAValueWhoseTagIsDeletedMeanwhileIsDeadToo) {
  store("k", "5", {.tags = {1}});
  Op call = op();
  // As INCR and SETRANGE: they read and write in one operation, but nothing is locked for TAGDEL.
  ASSERT_TRUE(shard_.get(key("k"), Touch::kYes, call));
  remove_tag(1);
  EXPECT_EQ(set("k", "6", {.keep_expiry = true, .keep_tags = true}), StatusCode::kOk);
  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_EQ(set("k", "1", {.keep_expiry = true, .keep_tags = true}), StatusCode::kOk);
  EXPECT_EQ(get("k"), "1");

  store("k", "5", {.tags = {1}});
  remove_tag(1);
  EXPECT_TRUE(shard_.write_part(key("k"), 0, "6", call));
  EXPECT_EQ(get("k"), std::nullopt);

  store("k", "5", {.tags = {1}});
  ASSERT_TRUE(shard_.get(key("k"), Touch::kYes, call));
  remove_tag(1);
  const KeptExtras kept = extras("k");
  const ItemExtras moved = kept.view();
  set("renamed", "5", {.extras = &moved});
  EXPECT_EQ(get("renamed"), std::nullopt);
}

// --- Reclaiming ---

TEST_F(ShardCaching, WhatATagHasTakenIsSweptAwayWhereverItLies) {
  constexpr int kItems = 20'000;
  for (int i = 0; i < kItems; ++i) {
    const std::string name = "key:" + std::to_string(i);
    if (i % 3 == 0) {
      set(name, std::string(50, 'v'));
    } else {
      store(name, std::string(50, 'v'), {.tags = {static_cast<TagHash>(i % 3)}});
    }
  }
  const std::uint64_t before = shard_.stats().items;
  remove_tag(1);
  sweep_all();
  EXPECT_EQ(shard_.stats().items, before - (kItems + 1) / 3);
  EXPECT_EQ(shard_.stats().items_tagged, static_cast<std::uint64_t>(kItems / 3));
  EXPECT_EQ(shard_.stats().invalidated, static_cast<std::uint64_t>((kItems + 1) / 3));
  shard_.check_invariants();

  // Where tags are deleted one after the other, the next walk waits; what is met is dead all the same.
  remove_tag(2);
  sweep_all();
  EXPECT_EQ(shard_.stats().items_tagged, static_cast<std::uint64_t>(kItems / 3));
  EXPECT_EQ(get("key:2"), std::nullopt);
  now_ms_ += 5'000;
  sweep_all();
  EXPECT_EQ(shard_.stats().items_tagged, 0u);
  EXPECT_EQ(shard_.stats().items, static_cast<std::uint64_t>((kItems + 2) / 3));
}

TEST_F(ShardCaching, ASweepThatFindsNothingToDoCostsNothing) {
  for (int i = 0; i < 5'000; ++i) store("key:" + std::to_string(i), std::string(50, 'v'), {.tags = {1}});
  sweep_all();
  Op call = op();
  EXPECT_EQ(shard_.sweep({.items_max = 100, .buckets_max = 100}, call).buckets, 0u);
  // A tag that none of them has: one walk, and no more.
  remove_tag(2);
  sweep_all();
  now_ms_ += 60'000;
  EXPECT_EQ(shard_.sweep({.items_max = 100, .buckets_max = 100}, call).buckets, 0u);
}

class ShardCachingUnderPressure : public ShardCaching {
 protected:
  ShardCachingUnderPressure() : ShardCaching(1 << 20, 0, PolicyKind::kAllKeysS3Fifo) {}
};

TEST_F(ShardCachingUnderPressure, ExtensionsSurviveEvictionPromotionAndCompaction) {
  SplitMix64 numbers(5);
  for (int i = 0; i < 60'000; ++i) {
    const auto number = numbers.below(6'000);
    const std::string name = "key:" + std::to_string(number);
    const TagHash tag = number % 20;
    const std::vector<TagHash> tags = {tag, number};
    const ItemExtras extras{
        .stale_at_ms = now_ms_ + static_cast<TimeMs>(number), .tags = TagView(tags), .tag_clock = {}};
    // A few evictions that only promote do not make room.
    ASSERT_NE(set_evicting(name, std::string(numbers.below(400), 'v'), {.extras = &extras}), StatusCode::kOutOfMemory);
    get("key:" + std::to_string(numbers.below(6'000)));
    if (i % 1'000 == 0) remove_tag(numbers.below(20));
    if (i % 5'000 == 0) {
      now_ms_ += 5'000;
      sweep_all();
      shard_.check_invariants();
    }
    const KeptExtras kept = this->extras(name);
    if (!kept.tags.empty()) {
      ASSERT_EQ(kept.tags, tags);
    }
  }
  EXPECT_GT(shard_.stats().evicted, 0u);
  EXPECT_GT(shard_.stats().moved_bytes, 0u);
  EXPECT_GT(shard_.stats().invalidated, 0u);
}

}  // namespace
}  // namespace larder
