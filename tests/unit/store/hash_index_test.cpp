#include "larder/store/hash_index.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "larder/base/hash.h"

namespace larder {
namespace {

// Items are numbers from 1 on, each with a position.
class IndexWithItems {
 public:
  explicit IndexWithItems(HashIndex::Options options = {})
      : index_(options, [this](Location item) { return positions_[item]; }) {}

  HashIndex& index() { return index_; }
  std::size_t size() const { return index_.size(); }
  std::uint64_t position(Location item) const { return positions_[item]; }

  Location add(std::uint64_t position) {
    Location item = kNowhere;
    if (free_.empty()) {
      item = static_cast<Location>(positions_.size());
      positions_.push_back(position);
    } else {
      item = free_.back();
      free_.pop_back();
      positions_[item] = position;
    }
    index_.insert(position, item);
    if (index_.wants_step()) index_.step();
    return item;
  }
  void remove(Location item) {
    index_.erase(positions_[item], item);
    if (index_.wants_step()) index_.step();
    free_.push_back(item);
  }
  Location find(std::uint64_t position) const {
    return index_.find(position, [&](Location item) { return positions_[item] == position; });
  }
  void check() {
    std::set<Location> seen;
    index_.check_invariants([&](Location item) { EXPECT_TRUE(seen.insert(item).second); });
    EXPECT_EQ(seen.size(), index_.size());
  }

 private:
  std::vector<std::uint64_t> positions_{0};
  std::vector<Location> free_;
  HashIndex index_;
};

TEST(HashIndexTest, FindsWhatWasInsertedUntilItIsErased) {
  IndexWithItems items;
  const Location a = items.add(0x1234567890abcdef);
  EXPECT_EQ(items.find(0x1234567890abcdef), a);
  EXPECT_EQ(items.find(0x1234567890abcdee), kNowhere);
  items.remove(a);
  EXPECT_EQ(items.find(0x1234567890abcdef), kNowhere);
  items.check();
}

TEST(HashIndexTest, RelocatedEntryLeadsToTheNewPlace) {
  std::vector<std::uint64_t> positions = {0, 77, 77};
  HashIndex index({}, [&](Location item) { return positions[item]; });
  index.insert(77, 1);
  index.relocate(77, 1, 2);
  EXPECT_EQ(index.find(77, [](Location) { return true; }), 2u);
  EXPECT_EQ(index.size(), 1u);
}

TEST(HashIndexTest, TellsEntriesOfOnePositionApartByTheirLocation) {
  IndexWithItems items;
  std::vector<Location> same;
  for (int i = 0; i < 200; ++i) same.push_back(items.add(42));
  items.check();
  std::set<Location> asked;
  items.index().find(42, [&](Location item) {
    asked.insert(item);
    return false;
  });
  EXPECT_EQ(asked.size(), same.size());
  for (const Location item : same) items.remove(item);
  EXPECT_EQ(items.size(), 0u);
  items.check();
}

// Random inserts, erasures and look-ups in waves that grow the table over several doublings and shrink it again.
TEST(HashIndexTest, AgreesWithAMultimapThroughGrowthAndShrinking) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SplitMix64 numbers(seed);
    IndexWithItems items;
    std::unordered_multimap<std::uint64_t, Location> model;
    std::vector<std::uint64_t> present;
    for (int step = 0; step < 120'000; ++step) {
      const bool rising = step / 30'000 % 2 == 0;
      const std::uint64_t position = mix_bits(numbers.below(40'000) + seed);
      if (numbers.below(10) < (rising ? 8u : 2u)) {
        model.emplace(position, items.add(position));
      } else if (const auto found = model.find(position); found != model.end()) {
        items.remove(found->second);
        model.erase(found);
      }
      ASSERT_EQ(items.find(position) != kNowhere, model.contains(position));
      ASSERT_EQ(items.size(), model.size());
      if (step % 10'000 == 0) items.check();
    }
    for (const auto& [position, item] : model) {
      ASSERT_EQ(items.index().find(position, [wanted = item](Location here) { return here == wanted; }), item);
    }
    while (!model.empty()) {
      items.remove(model.begin()->second);
      model.erase(model.begin());
    }
    items.check();
    EXPECT_LE(items.index().buckets(), 12u);
  }
}

TEST(HashIndexTest, HangsLinesWhereItMayNotGrow) {
  IndexWithItems items({.position_bits = 18, .entries_max = 1 << 16});
  SplitMix64 numbers(5);
  std::vector<Location> all;
  for (int i = 0; i < 3000; ++i) all.push_back(items.add(numbers.next()));
  EXPECT_GT(items.index().occupancy().entries_in_lines, 1000u);
  items.check();
  for (const Location item : all) ASSERT_EQ(items.find(items.position(item)), item);
  for (const Location item : all) items.remove(item);
  EXPECT_EQ(items.index().occupancy().entries_in_lines, 0u);
  items.check();
}

// What is there from the first to the last bucket of a walk is visited once, whatever comes and goes meanwhile.
TEST(HashIndexTest, WalkVisitsWhatStaysExactlyOnceWhileTheTableIsRebuilt) {
  for (const bool growing : {true, false}) {
    SplitMix64 numbers(11);
    IndexWithItems items;
    std::vector<Location> staying;
    std::vector<Location> going;
    for (int i = 0; i < 2000; ++i) staying.push_back(items.add(numbers.next()));
    for (int i = 0; !growing && i < 20'000; ++i) going.push_back(items.add(numbers.next()));

    std::unordered_map<Location, int> visits;
    std::uint64_t position = 0;
    do {
      const std::uint64_t from = position;
      position = items.index()
                     .visit_bucket(position, [&](Location item) { visits[item] += items.position(item) >= from; })
                     .end;
      for (int i = 0; i < 20; ++i) {
        if (growing) {
          items.add(numbers.next());
        } else if (!going.empty()) {
          items.remove(going.back());
          going.pop_back();
        }
      }
    } while (position != 0);
    for (const Location item : staying) ASSERT_EQ(visits[item], 1);
    items.check();
  }
}

TEST(HashIndexTest, CommitsNoMoreInAStepThanItSaid) {
  IndexWithItems items;
  SplitMix64 numbers(3);
  for (int i = 0; i < 50'000; ++i) {
    const std::size_t before = items.index().bytes();
    const std::uint64_t position = numbers.next();
    const std::size_t most = items.index().insert_bytes_max(position);
    items.add(position);
    ASSERT_LE(items.index().bytes(), before + most);
  }
}

TEST(HashIndexTest, TakesAtMostTenBytesAnItemAboveAHundredThousand) {
  IndexWithItems items({.position_bits = 48, .entries_max = 1 << 21});
  SplitMix64 numbers(9);
  double worst = 0;
  std::vector<Location> all;
  while (items.size() < 800'000) {
    all.push_back(items.add(numbers.next()));
    if (items.size() < 100'000) continue;
    worst = std::max(worst, static_cast<double>(items.index().bytes()) / static_cast<double>(items.size()));
    if (items.size() % 100'000 != 0) continue;
    const HashIndex::Occupancy occupancy = items.index().occupancy();
    EXPECT_GE(static_cast<double>(occupancy.entries_at_home) / static_cast<double>(items.size()), 0.90);
    EXPECT_GE(static_cast<double>(occupancy.buckets_unspilled) / static_cast<double>(occupancy.buckets), 0.76);
  }
  EXPECT_LE(worst, 10.0);
  while (items.size() > 100'000) {
    items.remove(all.back());
    all.pop_back();
    worst = std::max(worst, static_cast<double>(items.index().bytes()) / static_cast<double>(items.size()));
  }
  EXPECT_LE(worst, 10.2);  // free lines among those in use keep their pages
}

TEST(HashIndexTest, PrefetchingLeadsToNearlyEveryEntryWhereverItLies) {
  IndexWithItems items({.position_bits = 48, .entries_max = 1 << 18});
  SplitMix64 numbers(3);
  std::vector<Location> all;
  while (items.size() < 100'000) all.push_back(items.add(numbers.next()));
  std::size_t at_home = 0;
  std::size_t spilled = 0;
  for (const Location item : all) {
    bool met = false;
    const auto look = [&](Location location) { met = met || location == item; };
    const bool goes_on = items.index().prefetch_further(items.position(item), look);
    at_home += met ? 1 : 0;
    if (met || !goes_on) continue;
    items.index().prefetch_spilled(items.position(item), look);
    spilled += met ? 1 : 0;
  }
  EXPECT_GT(spilled, 1'000u);
  EXPECT_GT(at_home + spilled, 97'500u);
}

TEST(HashIndexTest, CommitsWhatGrowthWritesToAheadOfIt) {
  IndexWithItems items;
  SplitMix64 random(9);
  std::size_t pieces = 0;
  for (int i = 0; i < 200'000; ++i) {
    items.add(random.next());
    while (const std::optional<PageWork> work = items.index().begin_page_work()) {
      ASSERT_EQ(work->kind, PageWork::Kind::kCommit);
      ASSERT_TRUE(items.index().owns(*work));
      ASSERT_FALSE(items.index().wants_page_work()) << "not twice";
      ASSERT_GT(work->bytes, 0u);
      work->run();
      items.index().end_page_work(*work);
      ++pieces;
    }
  }
  EXPECT_GT(pieces, 50u);
  items.check();
}

}  // namespace
}  // namespace larder
