// Room for values that are still arriving: made in small steps, held apart, used by the write that stores the value.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"

namespace larder {
namespace {

using Step = ShardedStore::RoomStep;

constexpr std::uint64_t kMaxmemory = 8 << 20;

class ArrivingRoomTest : public ::testing::Test {
 protected:
  void make(StoreOptions options) {
    options.hash_seed = 42;
    store_ = std::make_unique<ShardedStore>(options);
  }
  ~ArrivingRoomTest() override {
    store_->check_invariants();
    EXPECT_EQ(store_->used_bytes(), store_->stats().total.used_bytes());
    EXPECT_EQ(store_->budget().receiving_bytes(), 0u);
  }
  StatusCode set(const std::string& name, std::string_view bytes, Blob* blob = nullptr, Reservation* room = nullptr) {
    const Key key = store_->key(0, name);
    return store_->run(
        key, kNowMs,
        [&](Shard& shard, Op& op) {
          return shard.set(key, {bytes, blob}, {}, op);
        },
        room);
  }
  // Until the store has had to evict.
  void fill_with_small_items() {
    for (int i = 0; store_->stats().total.evicted == 0; ++i) {
      ASSERT_EQ(set("small:" + std::to_string(i), std::string(100, 's')), StatusCode::kOk);
    }
  }
  // All of `bytes`, in as many steps as it takes.
  Step extend_fully(Reservation& reservation, std::size_t bytes) {
    Step step = Step::kMore;
    while (step == Step::kMore) step = store_->extend(reservation, {bytes, 0}, kNowMs);
    return step;
  }
  std::uint64_t evicted() { return store_->stats().total.evicted; }

  static constexpr TimeMs kNowMs = 1'000;
  std::unique_ptr<ShardedStore> store_;
};

TEST_F(ArrivingRoomTest, EachStepEvictsABoundedNumberOfItems) {
  make({.maxmemory_bytes = kMaxmemory, .shards = 4});
  fill_with_small_items();
  const auto reservation = store_->open_reservation();
  int steps = 0;
  Step step = Step::kMore;
  while (step == Step::kMore) {
    const std::uint64_t before = evicted();
    step = store_->extend(*reservation, {1 << 20, 0}, kNowMs);
    // The last visit of a step may take as many as any visit.
    ASSERT_LE(evicted() - before, limits::kRoomItemsPerTurn + limits::kEvictItemsPerVisit);
    ++steps;
  }
  EXPECT_EQ(step, Step::kReady);
  EXPECT_GT(steps, 5);
  EXPECT_GE(reservation->held().bytes, 1u << 20);
  EXPECT_EQ(store_->stats().receiving_bytes, reservation->held().bytes);
  EXPECT_LE(store_->used_bytes(), store_->budget().bytes_max());
}

TEST_F(ArrivingRoomTest, KeepsNoMoreThanIsWantedOfALargeVictim) {
  make({.maxmemory_bytes = kMaxmemory});
  for (const char* name : {"a", "b", "c"}) ASSERT_EQ(set(name, std::string(5 << 19, 'v')), StatusCode::kOk);
  const auto reservation = store_->open_reservation();
  ASSERT_EQ(extend_fully(*reservation, 1 << 20), Step::kReady);
  EXPECT_EQ(evicted(), 1u);
  EXPECT_EQ(reservation->held().bytes, 1u << 20);
}

TEST_F(ArrivingRoomTest, TheWriteDrawsOnItAndEvictsNothing) {
  make({.maxmemory_bytes = kMaxmemory, .shards = 4});
  fill_with_small_items();
  const auto reservation = store_->open_reservation();
  const BlobRef blob = Blob::allocate(1 << 20);
  ASSERT_EQ(extend_fully(*reservation, Shard::item_bytes_max(3, blob->size()) + 4096), Step::kReady);
  const std::uint64_t before = evicted();
  EXPECT_EQ(set("big", blob->view(), blob.get(), reservation.get()), StatusCode::kOk);
  EXPECT_EQ(evicted(), before);
  EXPECT_LT(reservation->held().bytes, 3 * 4096u);
}

TEST_F(ArrivingRoomTest, WhatAnOverwriteDoesNotNeedGoesBack) {
  make({.maxmemory_bytes = kMaxmemory, .shards = 4});
  ASSERT_EQ(set("big", std::string(1 << 20, 'o')), StatusCode::kOk);
  const std::uint64_t used = store_->used_bytes();
  {
    const auto reservation = store_->open_reservation();
    ASSERT_EQ(extend_fully(*reservation, (1 << 20) + 4096), Step::kReady);
    const BlobRef blob = Blob::allocate(1 << 20);
    EXPECT_EQ(set("big", blob->view(), blob.get(), reservation.get()), StatusCode::kOk);
  }
  EXPECT_EQ(store_->used_bytes(), used);
}

// Each would wait for the other otherwise.
TEST_F(ArrivingRoomTest, WithoutEvictionTwoThatDoNotFitAreBothRefusedAtOnce) {
  make({.maxmemory_bytes = kMaxmemory, .policy = PolicyKind::kNoEviction});
  const std::size_t left = store_->budget().bytes_max() - store_->used_bytes();
  const auto first = store_->open_reservation();
  const auto second = store_->open_reservation();
  ASSERT_EQ(extend_fully(*first, left / 2), Step::kReady);
  ASSERT_EQ(extend_fully(*second, left / 2), Step::kReady);
  EXPECT_EQ(store_->extend(*first, {left / 2 + (1 << 20), 0}, kNowMs), Step::kNever);
  EXPECT_EQ(store_->extend(*second, {left / 2 + (1 << 20), 0}, kNowMs), Step::kNever);
}

TEST_F(ArrivingRoomTest, GoesBackWhenItIsNotUsed) {
  make({.maxmemory_bytes = kMaxmemory});
  const std::uint64_t used = store_->used_bytes();
  auto reservation = store_->open_reservation();
  ASSERT_EQ(extend_fully(*reservation, 1 << 20), Step::kReady);
  EXPECT_EQ(store_->used_bytes(), used + (1 << 20));
  reservation.reset();
  EXPECT_EQ(store_->used_bytes(), used);
}

TEST_F(ArrivingRoomTest, UnderNoEvictionIsRefusedWhereMemoryIsUsedUp) {
  make({.maxmemory_bytes = kMaxmemory, .policy = PolicyKind::kNoEviction, .shards = 4});
  int stored = 0;
  while (set(std::to_string(stored), std::string(500, 'v')) == StatusCode::kOk) ++stored;
  const auto reservation = store_->open_reservation();
  EXPECT_EQ(extend_fully(*reservation, 1 << 20), Step::kNever);
  EXPECT_EQ(store_->size(0), static_cast<std::uint64_t>(stored));
}

TEST_F(ArrivingRoomTest, MoreThanEverythingIsRefusedAtOnce) {
  make({.maxmemory_bytes = kMaxmemory});
  set("k", "v");
  const auto reservation = store_->open_reservation();
  EXPECT_EQ(store_->extend(*reservation, {kMaxmemory, 0}, kNowMs), Step::kNever);
  EXPECT_EQ(reservation->held().bytes, 0u);
  EXPECT_EQ(store_->size(0), 1u);
}

TEST_F(ArrivingRoomTest, WaitsForTheOthersThatHoldTheRest) {
  make({.maxmemory_bytes = kMaxmemory});
  auto first = store_->open_reservation();
  const auto second = store_->open_reservation();
  ASSERT_EQ(extend_fully(*first, 5 << 20), Step::kReady);
  EXPECT_EQ(extend_fully(*second, 5 << 20), Step::kBlocked);
  first.reset();
  EXPECT_EQ(extend_fully(*second, 5 << 20), Step::kReady);
}

// A value that arrives slowly keeps nobody from writing: there are no victims, and nobody waits for its client.
TEST_F(ArrivingRoomTest, AWriteThatFindsNoRoomBesideItIsRefusedAtOnce) {
  make({.maxmemory_bytes = kMaxmemory});
  const auto reservation = store_->open_reservation();
  ASSERT_EQ(extend_fully(*reservation, 7 << 20), Step::kReady);
  EXPECT_EQ(set("big", std::string(3 << 20, 'b')), StatusCode::kOutOfMemory);
  EXPECT_EQ(set("small", "s"), StatusCode::kOk);
}

TEST_F(ArrivingRoomTest, IsMadeOnAfterTheLimitWasLowered) {
  make({.maxmemory_bytes = kMaxmemory, .shards = 4});
  fill_with_small_items();
  const auto reservation = store_->open_reservation();
  ASSERT_EQ(extend_fully(*reservation, 1 << 20), Step::kReady);
  store_->set_maxmemory(kMaxmemory / 2);
  EXPECT_EQ(extend_fully(*reservation, 2 << 20), Step::kReady);
  while (store_->maintain(kNowMs, 1'000)) {
  }
  EXPECT_LE(store_->used_bytes(), kMaxmemory / 2);
  EXPECT_GE(reservation->held().bytes, 2u << 20);
  EXPECT_EQ(extend_fully(*reservation, 5 << 20), Step::kNever);
}

TEST_F(ArrivingRoomTest, AWriteOfSeveralKeysCountsItTowardsItsRoom) {
  make({.maxmemory_bytes = kMaxmemory, .shards = 4});
  fill_with_small_items();
  std::vector<Key> keys;
  std::vector<BlobRef> blobs;
  RoomNeeded room{.items = 3};
  for (const char* name : {"a", "b", "c"}) {
    keys.push_back(store_->key(0, name));
    blobs.push_back(Blob::allocate(300'000));
    room.bytes += Shard::item_bytes_max(1, 300'000);
  }
  const auto reservation = store_->open_reservation();
  ASSERT_EQ(extend_fully(*reservation, room.bytes), Step::kReady);
  const std::uint64_t before = evicted();
  const auto store_all = [&](ShardedStore::MultiAccess& access) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto [shard, op] = access(keys[i]);
      EXPECT_EQ(shard.set(keys[i], {blobs[i]->view(), blobs[i].get()}, {}, op), StatusCode::kOk);
    }
    return StatusCode::kOk;
  };
  EXPECT_EQ(store_->run_multi(keys, room, kNowMs, store_all, reservation.get()), StatusCode::kOk);
  // What the index may grow by is all that it did not have.
  EXPECT_LT(evicted() - before, 1'000u);
  EXPECT_TRUE(reservation->held().none());
}

}  // namespace
}  // namespace larder
