// The parts that policies are built from.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <vector>

#include "larder/policy/chunked_array.h"
#include "larder/policy/frequency_sketch.h"
#include "larder/policy/ghost_queue.h"
#include "larder/policy/shared_window.h"
#include "larder/policy/weight_window.h"
#include "larder/policy/window_climber.h"

namespace larder {
namespace {

TEST(GhostQueue, RemembersTheLastAndForgetsTheOldest) {
  GhostQueue ghosts;
  ghosts.resize(20);  // one row: exactly a queue
  for (KeyHash hash = 1; hash <= 25; ++hash) ghosts.insert(hash);
  for (KeyHash hash = 1; hash <= 5; ++hash) EXPECT_FALSE(ghosts.contains(hash));
  for (KeyHash hash = 6; hash <= 25; ++hash) EXPECT_TRUE(ghosts.contains(hash));
  EXPECT_TRUE(ghosts.erase(6));
  EXPECT_FALSE(ghosts.erase(6));
  ghosts.insert(26);  // takes the place of the one erased
  EXPECT_TRUE(ghosts.contains(7));
  ghosts.check_invariants();
}

TEST(GhostQueue, LargeOneHoldsAboutItsNumberAndFewStrangers) {
  GhostQueue ghosts;
  ghosts.resize(10'000);
  EXPECT_LE(ghosts.bytes(), 10'000 * 2.5);
  for (KeyHash hash = 0; hash < 100'000; ++hash) ghosts.insert(mix_bits(hash));
  int young = 0;
  int old = 0;
  int strangers = 0;
  for (KeyHash hash = 94'000; hash < 100'000; ++hash) young += ghosts.contains(mix_bits(hash));
  for (KeyHash hash = 60'000; hash < 80'000; ++hash) old += ghosts.contains(mix_bits(hash));
  for (KeyHash hash = 200'000; hash < 300'000; ++hash) strangers += ghosts.contains(mix_bits(hash));
  EXPECT_GT(young, 5'800);
  EXPECT_LT(old, 100);
  EXPECT_LT(strangers, 100);
  ghosts.check_invariants();
}

TEST(GhostQueue, EmptyOneRemembersNothing) {
  GhostQueue ghosts;
  ghosts.insert(1);
  EXPECT_FALSE(ghosts.contains(1));
  EXPECT_FALSE(ghosts.erase(1));
  ghosts.resize(5);
  ghosts.insert(1);
  ghosts.resize(0);
  EXPECT_FALSE(ghosts.contains(1));
  EXPECT_EQ(ghosts.bytes(), 0u);
}

class GhostQueueResized : public testing::Test {
 protected:
  void tell(KeyHash from, KeyHash to) {
    for (KeyHash hash = from; hash < to; ++hash) ghosts_.insert(mix_bits(hash));
    ghosts_.check_invariants();
  }
  std::uint64_t remembered(KeyHash from, KeyHash to) const {
    std::uint64_t count = 0;
    for (KeyHash hash = from; hash < to; ++hash) count += ghosts_.contains(mix_bits(hash));
    return count;
  }
  GhostQueue ghosts_;
};

TEST_F(GhostQueueResized, ForgetsNothingWhenTheNumberChangesALittle) {
  ghosts_.resize(10'000);
  tell(0, 5'000);
  const std::size_t bytes = ghosts_.bytes();
  ghosts_.resize(7'000);
  ghosts_.resize(12'000);
  EXPECT_EQ(ghosts_.bytes(), bytes);
  EXPECT_EQ(remembered(0, 5'000), 5'000u);
  ghosts_.resize(6'000);
  tell(5'000, 50'000);
  EXPECT_NEAR(static_cast<double>(remembered(0, 50'000)), 6'000, 200);
}

TEST_F(GhostQueueResized, KeepsWhatItHasWhenItGrowsUntilThatIsTheOldest) {
  ghosts_.resize(1'000);
  tell(0, 600);
  ghosts_.resize(10'000);
  EXPECT_GE(remembered(0, 600), 590u);
  tell(10'000, 18'000);
  EXPECT_GE(remembered(0, 600), 590u);
  EXPECT_TRUE(ghosts_.erase(mix_bits(599)));
  EXPECT_FALSE(ghosts_.contains(mix_bits(599)));
  tell(20'000, 22'500);
  EXPECT_LE(remembered(0, 600), 20u);
}

TEST_F(GhostQueueResized, GivesMemoryBackWhenItShrinks) {
  ghosts_.resize(10'000);
  tell(0, 20'000);
  const std::size_t bytes = ghosts_.bytes();
  ghosts_.resize(1'000);
  EXPECT_GE(remembered(18'000, 20'000), 1'900u);
  tell(20'000, 21'100);
  EXPECT_LT(ghosts_.bytes(), bytes / 5);
  EXPECT_LT(remembered(10'000, 20'000), 100u);
}

TEST(WeightWindow, SaysHowManyOfTheLastMakeUpAWeight) {
  WeightWindow window;
  EXPECT_EQ(window.items_in(1'000, 10), 100u);
  for (int item = 0; item < 50; ++item) window.add(100, 10'000);
  EXPECT_EQ(window.items_in(10'000, 1'000), 55u);
  // A thousand heavy ones, then as many light ones as make up the window: the heavy ones are out of it.
  for (int item = 0; item < 1'000; ++item) window.add(100, 10'000);
  EXPECT_EQ(window.items_in(10'000, 1), 100u);
  for (int item = 0; item < 1'100; ++item) window.add(10, 10'000);
  EXPECT_EQ(window.items_in(10'000, 1), 1'000u);
  EXPECT_EQ(window.items_in(500, 1), 50u);
  window.check_invariants();
  // A heavy one now weighs what many did.
  window.add(5'000, 10'000);
  EXPECT_LT(window.items_in(10'000, 1), 700u);
  window.check_invariants();
}

TEST(WeightWindow, FollowsTheWindowsWeight) {
  WeightWindow window;
  for (int item = 0; item < 10'000; ++item) window.add(10, 1'000);
  EXPECT_NEAR(static_cast<double>(window.weight()), 1'000, 60);
  for (int item = 0; item < 10'000; ++item) window.add(10, 50'000);
  EXPECT_NEAR(static_cast<double>(window.weight()), 50'000, 3'000);
  window.add(10, 100);
  EXPECT_LT(window.weight(), 4'000u);
  window.check_invariants();
}

void count_use(FrequencySketch& sketch, KeyHash hash, std::uint64_t items,
               std::uint64_t bytes_max = FrequencySketch::kUnbounded) {
  sketch.fit(items, bytes_max);
  sketch.add(hash, items);
}

TEST(FrequencySketch, NeverSaysLessThanTheTruthBeforeItAges) {
  FrequencySketch sketch;
  constexpr std::uint64_t kItems = 1'000;
  for (KeyHash key = 0; key < kItems; ++key) {
    for (KeyHash use = 0; use < key % 7; ++use) count_use(sketch, mix_bits(key), kItems);
  }
  ASSERT_EQ(sketch.ages(), 0u);
  std::uint64_t too_much = 0;
  for (KeyHash key = 0; key < kItems; ++key) {
    const std::uint32_t estimate = sketch.estimate(mix_bits(key));
    ASSERT_GE(estimate, key % 7);
    too_much += estimate > key % 7;
  }
  EXPECT_LT(too_much, kItems / 20);
  sketch.check_invariants();
}

TEST(FrequencySketch, GrowsWithTheItemsAndKeepsItsCounts) {
  FrequencySketch sketch;
  for (int use = 0; use < 6; ++use) count_use(sketch, mix_bits(7), 1);
  for (KeyHash key = 100; key < 3'100; ++key) {
    count_use(sketch, mix_bits(key), key);
    ASSERT_GE(sketch.estimate(mix_bits(7)), 6u);
  }
  EXPECT_LE(sketch.bytes(), 3'100 * 16 + 12'288);
}

TEST(FrequencySketch, StaysWithinWhatItMayTakeAndNeverSaysLess) {
  FrequencySketch sketch;
  constexpr std::uint64_t kItems = 4'000;
  constexpr std::uint64_t kBytesMax = kItems * 16 / 4;
  for (KeyHash key = 0; key < kItems; ++key) {
    for (KeyHash use = 0; use < 1 + key % 3; ++use) count_use(sketch, mix_bits(key), kItems, kBytesMax);
  }
  ASSERT_EQ(sketch.ages(), 0u);
  for (KeyHash key = 0; key < kItems; ++key) ASSERT_GE(sketch.estimate(mix_bits(key)), 1 + key % 3);
  EXPECT_LE(sketch.bytes(), kBytesMax + 12'288);
  // What it has beyond a smaller bound it gives back.
  for (KeyHash key = 0; key < kItems; ++key) count_use(sketch, mix_bits(key), kItems, kBytesMax / 8);
  EXPECT_LE(sketch.bytes(), kBytesMax / 8 * 3 / 2 + 12'288);
  sketch.check_invariants();
}

TEST(FrequencySketch, ShrinksWithTheItemsAndKeepsItsCounts) {
  FrequencySketch sketch;
  constexpr std::uint64_t kItemsMost = 20'000;
  for (std::uint64_t key = 0; key < kItemsMost; ++key) count_use(sketch, mix_bits(key), kItemsMost);
  const std::size_t bytes_most = sketch.bytes();
  for (int use = 0; use < 4; ++use) count_use(sketch, mix_bits(7), kItemsMost);
  for (std::uint64_t key = 0; key < 1'000; ++key) count_use(sketch, mix_bits(key), 1'000);
  EXPECT_LT(sketch.bytes(), bytes_most / 8);
  // Five uses; halved, because a sample of so few items is over; one more.
  EXPECT_EQ(sketch.ages(), 1u);
  EXPECT_GE(sketch.estimate(mix_bits(7)), 3u);
  sketch.check_invariants();
}

TEST(FrequencySketch, EverySampleHalvesEveryCount) {
  FrequencySketch sketch;
  constexpr std::uint64_t kItems = 1'000;
  for (int use = 0; use < 12; ++use) count_use(sketch, mix_bits(1), kItems);
  EXPECT_EQ(sketch.estimate(mix_bits(1)), 12u);
  // Others, each used once, fill the sample.
  KeyHash key = 1'000;
  while (sketch.ages() == 0) count_use(sketch, mix_bits(++key), kItems);
  EXPECT_GE(sketch.estimate(mix_bits(1)), 6u);
  EXPECT_LT(sketch.estimate(mix_bits(1)), 12u);
  while (sketch.ages() < 5) count_use(sketch, mix_bits(++key), kItems);
  EXPECT_LT(sketch.estimate(mix_bits(1)), 12u);
}

TEST(FrequencySketch, CountsToItsMost) {
  FrequencySketch sketch;
  for (int use = 0; use < 50; ++use) count_use(sketch, mix_bits(1), 100);
  EXPECT_EQ(sketch.estimate(mix_bits(1)), FrequencySketch::kCountMax);
}

TEST(WindowClimber, FollowsTheBetterHitRatio) {
  WindowClimber climber;
  SplitMix64 numbers(1);
  // The larger the window, the more hits.
  for (int request = 0; request < 400'000; ++request) {
    climber.count(static_cast<double>(numbers.below(1'000)) < 1'000 * climber.share() ? 1 : 0, 1, 4'096);
  }
  EXPECT_GT(climber.share(), 0.5);
  for (int request = 0; request < 800'000; ++request) {
    climber.count(static_cast<double>(numbers.below(1'000)) > 1'000 * climber.share() ? 1 : 0, 1, 4'096);
  }
  EXPECT_LT(climber.share(), 0.3);
  climber.check_invariants();
}

TEST(SharedWindow, IsFoundByAllPartsTogether) {
  SharedWindow window;
  SplitMix64 numbers(1);
  {
    // The larger the window, the more hits, in each of them.
    std::vector<std::unique_ptr<SharedWindow::Part>> parts;
    for (int part = 0; part < 8; ++part) parts.push_back(std::make_unique<SharedWindow::Part>(&window));
    for (int request = 0; request < 50'000; ++request) {
      for (const auto& part : parts) {
        part->count(static_cast<double>(numbers.below(1'000)) < 1'000 * part->share(), 512);
      }
    }
    EXPECT_GT(window.share(), 0.5);
    EXPECT_EQ(parts[0]->share(), parts[7]->share());
    EXPECT_EQ(window.items(), 8 * 512u);
    window.check_invariants();
    parts.pop_back();
    EXPECT_EQ(window.items(), 7 * 512u);
    EXPECT_GT(window.share(), 0.5);
  }
  EXPECT_EQ(window.share(), WindowClimber().share()) << "who comes next begins anew";
  EXPECT_EQ(window.items(), 0u);
  window.check_invariants();
}

TEST(ChunkedArray, GrowsAndGivesBack) {
  ChunkedArray<int> array;
  for (int element = 0; element < 5'000; ++element) array.push_back(element);
  for (int element = 0; element < 5'000; ++element) ASSERT_EQ(array[static_cast<std::size_t>(element)], element);
  const std::size_t full = array.bytes();
  while (array.size() > 10) array.pop_back();
  EXPECT_LT(array.bytes(), full / 2);
  EXPECT_EQ(array[9], 9);
}

}  // namespace
}  // namespace larder
