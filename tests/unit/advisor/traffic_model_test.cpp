#include "advisor/traffic_model.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "unit/advisor/exact_lru.h"

namespace larder {
namespace {

using test::hash_of_key;
using Kind = AccessEvent::Kind;

constexpr TimeMs kNow = 1'700'000'000'000;

AccessEvent event(Kind kind, std::uint64_t key, std::uint32_t bytes = 0, TimeMs expire_at_ms = kNoExpiry) {
  return {.hash = hash_of_key(key), .expire_at_ms = expire_at_ms, .size = ItemSize::of(bytes), .kind = kind};
}

// In an LRU cache.
std::uint64_t weight(std::uint32_t bytes) {
  return ItemWeigher{.form = ItemForm::kListItem}(ItemSize::of(bytes));
}

// A client with a real LRU cache, whose traffic the model sees as the tap would tell of it.
class Traffic {
 public:
  Traffic(TrafficModel& model, std::uint64_t capacity) : model_(model), real_(capacity) {}

  // Of an item of so many bytes, or of one that counts as 1.
  void request(std::uint64_t key, std::optional<std::uint32_t> bytes = {}) {
    ++now_ms_;
    const bool hit = real_.request(key, bytes ? weight(*bytes) : 1);
    model_.count_queries(1, 0);
    tell(event(hit ? Kind::kHit : Kind::kMiss, key));
    if (!hit) tell(event(Kind::kWrite, key, bytes.value_or(0)));
  }
  void tell(const AccessEvent& told) {
    if (is_sampled(told.hash, model_.threshold())) model_.apply(told, now_ms_);
  }

 private:
  TrafficModel& model_;
  test::ExactLru real_;
  TimeMs now_ms_ = kNow;
};

std::uint64_t one(std::uint64_t /*key*/) {
  return 1;
}
std::uint32_t uneven_bytes(std::uint64_t key) {
  return static_cast<std::uint32_t>(40 + mix_bits(key) % 1'000);
}
std::uint64_t uneven(std::uint64_t key) {
  return weight(uneven_bytes(key));
}

double of(const TrafficModel& model, PolicyKind kind) {
  for (const auto& figures : model.policies()) {
    if (figures.policy == kind) return figures.hit_ratio;
  }
  return -1;
}

TEST(TrafficModel, IsExactWhereAllKeysFitIntoTheSample) {
  constexpr std::uint64_t kCapacity = 500;
  TrafficModel model;
  model.set_bounds({.window_keys_max = 100'000, .mini_items_max = 100'000});
  model.set_cache({.capacity = kCapacity, .counts_items = true, .policy = PolicyKind::kAllKeysLru}, kNow);
  model.begin(kAllKeys, true, kNow);
  Traffic traffic(model, kCapacity);
  const auto keys = test::zipf_requests(50'000, 3'000, 0.9, 11);
  for (const std::uint64_t key : keys) traffic.request(key);
  model.check_invariants();
  for (const double factor : {0.25, 1.0, 4.0}) {
    const auto capacity = static_cast<std::uint64_t>(factor * kCapacity);
    EXPECT_NEAR(model.hit_ratio(static_cast<double>(capacity)), test::exact_hit_ratio(keys, capacity, one), 0.005);
  }
  EXPECT_DOUBLE_EQ(of(model, PolicyKind::kAllKeysLru), test::exact_hit_ratio(keys, kCapacity, one));
}

TEST(TrafficModel, ASampleOfAFewThousandKeysComesCloseByBytes) {
  constexpr std::uint64_t kCapacity = 2'000'000;  // of some 17 million
  TrafficModel model;
  model.set_bounds({.window_keys_max = 6'000, .mini_items_max = 1'500});
  model.set_cache({.capacity = kCapacity, .counts_items = false, .policy = PolicyKind::kAllKeysLru}, kNow);
  model.begin(kAllKeys, true, kNow);
  Traffic traffic(model, kCapacity);
  const auto keys = test::zipf_requests(300'000, 30'000, 0.9, 12);
  for (const std::uint64_t key : keys) traffic.request(key, uneven_bytes(key));
  model.check_invariants();
  EXPECT_LE(model.keys(), 6'000u);
  EXPECT_LT(model.threshold(), kAllKeys / 2);
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) {
    const auto capacity = static_cast<std::uint64_t>(factor * kCapacity);
    EXPECT_NEAR(model.hit_ratio(static_cast<double>(capacity)), test::exact_hit_ratio(keys, capacity, uneven), 0.02);
  }
  EXPECT_NEAR(of(model, PolicyKind::kAllKeysLru), test::exact_hit_ratio(keys, kCapacity, uneven), 0.02);
}

TEST(TrafficModel, RanksThePoliciesOfTheSameItems) {
  const auto all = TrafficModel::rivals_of(PolicyKind::kNoEviction);
  EXPECT_EQ(all, TrafficModel::rivals_of(PolicyKind::kAllKeysRandom));
  EXPECT_EQ(all.size(), 5u);
  EXPECT_EQ(TrafficModel::rivals_of(PolicyKind::kVolatileTtl).size(), 4u);

  // Popular keys among a scan that never comes back: a queue with a filter wins over LRU.
  TrafficModel model;
  model.set_bounds({.window_keys_max = 5'000, .mini_items_max = 1'000});
  model.set_cache({.capacity = 1'000, .counts_items = true, .policy = PolicyKind::kAllKeysLru}, kNow);
  model.begin(kAllKeys, true, kNow);
  Traffic traffic(model, 1'000);
  std::uint64_t scanned = 1'000'000;
  for (const std::uint64_t key : test::zipf_requests(100'000, 5'000, 0.9, 13)) {
    traffic.request(key);
    traffic.request(scanned++);
  }
  model.check_invariants();
  EXPECT_GT(of(model, PolicyKind::kAllKeysS3Fifo), of(model, PolicyKind::kAllKeysLru) + 0.02);
  EXPECT_GT(of(model, PolicyKind::kAllKeysTinyLfu), of(model, PolicyKind::kAllKeysLru) + 0.02);
}

TEST(TrafficModel, WhatIsDeletedOrExpiredMissesAtEverySize) {
  TrafficModel model;
  model.set_bounds({.window_keys_max = 1'000, .mini_items_max = 1'000});
  model.set_cache({.capacity = 100, .counts_items = true, .policy = PolicyKind::kAllKeysLru}, kNow);
  model.begin(kAllKeys, true, kNow);
  model.apply(event(Kind::kWrite, 1), kNow);
  model.apply(event(Kind::kHit, 1), kNow);
  model.apply(event(Kind::kGone, 1), kNow);
  model.apply(event(Kind::kMiss, 1), kNow);
  model.apply(event(Kind::kWrite, 1, 0, kNow + 100), kNow);
  model.apply(event(Kind::kHit, 1), kNow + 99);
  model.apply(event(Kind::kMiss, 1), kNow + 100);
  model.apply(event(Kind::kWrite, 1), kNow + 101);
  model.apply(event(Kind::kClear, 0), kNow + 101);
  model.apply(event(Kind::kMiss, 1), kNow + 102);
  model.count_queries(5, 0);
  EXPECT_DOUBLE_EQ(model.hit_ratio(800), 2.0 / 5);
  EXPECT_DOUBLE_EQ(of(model, PolicyKind::kAllKeysLfu), 2.0 / 5);
  model.check_invariants();
}

TEST(TrafficModel, AWriteAfterAMissIsNoUseWhereTheItemWas) {
  TrafficModel model;
  model.set_bounds({.window_keys_max = 1'000, .mini_items_max = 1'000});
  model.set_cache({.capacity = 2, .counts_items = true, .policy = PolicyKind::kAllKeysLru}, kNow);
  model.begin(kAllKeys, true, kNow);
  model.apply(event(Kind::kWrite, 1), kNow);
  model.apply(event(Kind::kWrite, 2), kNow);
  model.apply(event(Kind::kMiss, 1), kNow);  // the real cache has lost it, the simulated ones have it
  model.apply(event(Kind::kHit, 2), kNow);
  model.apply(event(Kind::kWrite, 1), kNow);  // comes late: 2 was used after 1
  model.apply(event(Kind::kWrite, 3), kNow);  // evicts 1 from the simulated LRU
  model.apply(event(Kind::kHit, 2), kNow);
  model.count_queries(3, 0);
  EXPECT_DOUBLE_EQ(of(model, PolicyKind::kAllKeysLru), 1);
}

TEST(TrafficModel, BeginsAnewWithoutTakingFirstUsesForNewKeys) {
  constexpr std::uint64_t kCapacity = 200;
  TrafficModel model;
  model.set_bounds({.window_keys_max = 10'000, .mini_items_max = 10'000});
  model.set_cache({.capacity = kCapacity, .counts_items = true, .policy = PolicyKind::kAllKeysLru}, kNow);
  model.begin(kAllKeys, true, kNow);
  Traffic traffic(model, kCapacity);
  const auto keys = test::zipf_requests(200'000, 2'000, 0.8, 14);
  for (std::size_t i = 0; i < 20'000; ++i) traffic.request(keys[i]);
  const double before = model.hit_ratio(kCapacity);
  model.begin(kAllKeys, false, kNow);
  EXPECT_FALSE(model.is_counting());
  for (std::size_t i = 20'000; i < keys.size(); ++i) traffic.request(keys[i]);
  EXPECT_TRUE(model.is_counting());
  EXPECT_NEAR(model.hit_ratio(kCapacity), before, 0.02);
  // A limit on items becomes one on bytes: nothing of what was counted holds any more.
  model.set_cache({.capacity = 10'000, .counts_items = false, .policy = PolicyKind::kAllKeysLru}, kNow);
  EXPECT_DOUBLE_EQ(model.queries(), 0);
  EXPECT_EQ(model.keys(), 0u);
}

TEST(TrafficModel, LearningEndsAlthoughNothingNewComes) {
  TrafficModel model;
  model.set_bounds({.window_keys_max = 1'000, .mini_items_max = 1'000});
  model.set_cache({.capacity = 1'000, .counts_items = true, .policy = PolicyKind::kAllKeysLru}, kNow);
  model.begin(kAllKeys, false, kNow);
  for (int second = 0; second < 300; ++second) {
    model.apply(event(Kind::kHit, 1), kNow + second * 1'000);
    EXPECT_EQ(model.is_counting(), second >= 120) << second;
  }
}

TEST(TrafficModel, LostLookUpsAreNotTakenForHits) {
  TrafficModel model;
  model.set_bounds({.window_keys_max = 1'000, .mini_items_max = 1'000});
  model.set_cache({.capacity = 100, .counts_items = true, .policy = PolicyKind::kAllKeysLru}, kNow);
  model.begin(kAllKeys, true, kNow);
  for (std::uint64_t key = 0; key < 50; ++key) model.apply(event(Kind::kMiss, key), kNow);
  model.count_queries(100, 50);
  EXPECT_DOUBLE_EQ(model.hit_ratio(100), 0);
}

}  // namespace
}  // namespace larder
