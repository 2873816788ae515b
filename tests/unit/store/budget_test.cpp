#include "larder/store/budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "larder/base/limits.h"

namespace larder {
namespace {

TEST(Budget, TakesAllOrNothing) {
  Budget budget(100, 2);
  EXPECT_TRUE(budget.try_take({100, 1}));
  EXPECT_FALSE(budget.try_take({1, 0}));
  EXPECT_TRUE(budget.try_take({0, 1}));
  budget.give_back({50, 0});
  EXPECT_FALSE(budget.try_take({10, 1}));
  EXPECT_EQ(budget.used_bytes(), 50u);
  EXPECT_EQ(budget.used_items(), 2u);
  EXPECT_EQ(budget.peak_bytes(), 100u);
}

TEST(Budget, ZeroIsNoLimit) {
  Budget budget(0, 0);
  EXPECT_TRUE(budget.try_take({1ULL << 50, 1ULL << 40}));
  EXPECT_TRUE(budget.excess().none());
}

TEST(Budget, AvailableIsTakenInPart) {
  Budget budget(100, 1);
  const RoomNeeded taken = budget.take_available({150, 5});
  EXPECT_EQ(taken.bytes, 100u);
  EXPECT_EQ(taken.items, 1u);
  EXPECT_TRUE(budget.take_available({1, 1}).none());
}

TEST(Budget, ExcessIsWhatALoweredLimitLeavesAbove) {
  Budget budget(100, 10);
  ASSERT_TRUE(budget.try_take({90, 9}));
  budget.set_bytes_max(60);
  budget.set_items_max(5);
  EXPECT_EQ(budget.excess().bytes, 30u);
  EXPECT_EQ(budget.excess().items, 4u);
  EXPECT_FALSE(budget.try_take({1, 0}));
  EXPECT_TRUE(budget.try_take({0, 0}));
}

TEST(Budget, ThreadsNeverTakeMoreThanThereIs) {
  Budget budget(1'000, 100);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10'000; ++round) {
        const RoomNeeded room{static_cast<std::size_t>(1 + round % 300), static_cast<std::size_t>(round % 60)};
        if (!budget.try_take(room)) continue;
        EXPECT_LE(budget.used_bytes(), 1'000u);
        EXPECT_LE(budget.used_items(), 100u);
        budget.give_back(room);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used_bytes(), 0u);
  EXPECT_EQ(budget.used_items(), 0u);
  EXPECT_LE(budget.peak_bytes(), 1'000u);
}

TEST(Reservation, CoversWhatItHoldsAndGivesBackTheRest) {
  Budget budget(100, 10);
  ASSERT_TRUE(budget.try_take({60, 2}));
  {
    Reservation reservation(budget, {60, 2}, Reservation::Purpose::kWrite);
    const RoomNeeded uncovered = reservation.draw({50, 3});
    EXPECT_EQ(uncovered.bytes, 0u);
    EXPECT_EQ(uncovered.items, 1u);
    EXPECT_EQ(reservation.held().bytes, 10u);
  }
  EXPECT_EQ(budget.used_bytes(), 50u);
  EXPECT_EQ(budget.used_items(), 2u);
}

TEST(Reservation, OverdrawsOnlyWhereItMayAndWithinItsBound) {
  Budget budget(100, 1);
  Reservation strict(budget, {}, Reservation::Purpose::kWrite);
  EXPECT_FALSE(strict.overdraw({1, 0}));
  Reservation generous(budget, {}, Reservation::Purpose::kMultiWrite);
  EXPECT_TRUE(generous.overdraw({limits::kOverdrawBytesMax, 5}));
  EXPECT_FALSE(generous.overdraw({1, 0}));
  EXPECT_TRUE(generous.overdraw({0, 1}));
  EXPECT_EQ(budget.used_bytes(), limits::kOverdrawBytesMax);
  budget.give_back({limits::kOverdrawBytesMax, 6});
}

}  // namespace
}  // namespace larder
