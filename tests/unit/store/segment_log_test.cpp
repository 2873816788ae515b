#include "larder/store/segment_log.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/poison.h"

namespace larder {
namespace {

class SegmentLogTest : public testing::Test {
 protected:
  static constexpr std::size_t kSegmentBytes = SegmentLog::kSegmentBytesMin;
  ~SegmentLogTest() override { log_.check_invariants(); }

  Location add(const std::string& key, std::size_t value_bytes, StreamId stream = 0, TimeMs expiry = kNoExpiry) {
    const ItemShape shape = shape_of(key, value_bytes, expiry);
    const Location location = log_.append(stream, shape.record_bytes(), shape.record_bytes());
    if (location != kNowhere) write(location, shape, key, expiry);
    return location;
  }
  static ItemShape shape_of(const std::string& key, std::size_t value_bytes, TimeMs expiry) {
    return {.has_expiry = expiry != kNoExpiry, .key_bytes = key.size(), .value_bytes = value_bytes};
  }
  void write(Location location, const ItemShape& shape, const std::string& key, TimeMs expiry) {
    ItemRef item = log_.item(location);
    item.write(shape, key);
    std::memset(item.value_data(), 'v', shape.value_bytes);
    if (expiry == kNoExpiry) return;
    item.set_expiry(expiry);
    log_.note_expiry(location, expiry);
  }
  void kill(Location location) { log_.retire(location, log_.item(location).total_bytes()); }
  std::vector<std::string> queue(StreamId stream) {
    std::vector<std::string> keys;
    for (Location next = log_.oldest(stream); next != kNowhere; next = log_.oldest(stream)) {
      keys.emplace_back(log_.item(next).key());
      kill(next);
    }
    return keys;
  }

  SegmentLog log_{kSegmentBytes, 64 * kSegmentBytes};
};

TEST_F(SegmentLogTest, WhatIsNoLiveRecordIsPoisoned) {
  if (!kPoisonIsChecked) GTEST_SKIP() << "AddressSanitizer alone knows of poison";
  const Location first = add("first", 100);
  const Location second = add("second", 100);
  const char* const record = log_.item(first).record();
  const char* const next = log_.item(second).record();
  EXPECT_FALSE(is_poisoned(record + 100));
  EXPECT_TRUE(is_poisoned(next + log_.item(second).record_bytes()));
  kill(first);
  EXPECT_FALSE(is_poisoned(record)) << "a walk reads the length of a filler";
  EXPECT_TRUE(is_poisoned(record + kItemGranuleBytes));
  EXPECT_FALSE(is_poisoned(next));
  log_.seal_all_open();
  kill(second);
  EXPECT_TRUE(is_poisoned(record) && is_poisoned(next));
}

TEST_F(SegmentLogTest, StreamsAreQueuesOfTheirOwn) {
  std::vector<std::string> even;
  std::vector<std::string> odd;
  for (int i = 0; i < 2000; ++i) {
    const std::string key = std::to_string(i);
    ASSERT_NE(add(key, 500, static_cast<StreamId>(i % 2)), kNowhere);
    (i % 2 == 0 ? even : odd).push_back(key);
  }
  EXPECT_GT(log_.segments_in_use(), 6u);
  EXPECT_EQ(log_.stream_items(0), 1000u);
  log_.check_invariants();
  EXPECT_EQ(queue(0), even);
  EXPECT_EQ(queue(1), odd);
  EXPECT_EQ(log_.live_bytes(), 0u);
  EXPECT_LE(log_.segments_in_use(), 2u);  // the open ones
}

TEST_F(SegmentLogTest, ASegmentIsFreeOnceItsLastRecordDiesAndIsUsedAgain) {
  std::vector<Location> all;
  while (log_.segments_in_use() < 4) all.push_back(add("key", 1000));
  const SegmentLog::SegmentNumber end = log_.segments_end();
  for (const Location location : all) {
    if (log_.segment_of(location) == log_.segment_of(all.front())) kill(location);
  }
  EXPECT_EQ(log_.segments_in_use(), 3u);
  while (log_.segments_in_use() < 4) add("key", 1000);
  EXPECT_EQ(log_.segments_end(), end);
}

TEST_F(SegmentLogTest, DeadBytesAreWhatSealedSegmentsLack) {
  const std::size_t record = shape_of("k", 991, kNoExpiry).record_bytes();
  ASSERT_EQ(record, 1000u);
  std::vector<Location> all;
  while (log_.segments_in_use() < 3) all.push_back(add("k", 991));
  const std::uint64_t tails = 2 * (kSegmentBytes % record);
  EXPECT_EQ(log_.dead_bytes(), tails);
  kill(all[0]);
  EXPECT_EQ(log_.dead_bytes(), tails + record);
  kill(all.back());  // in the open segment: not won by compaction
  EXPECT_EQ(log_.dead_bytes(), tails + record);
}

TEST_F(SegmentLogTest, SegmentsBegunBeforeAnotherKeepTheOrderOfTheQueue) {
  std::vector<std::string> expected;
  std::vector<Location> all;
  for (int i = 0; log_.segments_in_use() < 4; ++i) {
    all.push_back(add(std::to_string(i), 3000));
    expected.push_back(std::to_string(i));
  }
  // The records of the second segment go to a new one in its place.
  const SegmentLog::SegmentNumber second = log_.segment(log_.segment_of(all[0])).newer;
  const SegmentLog::SegmentNumber output = log_.begin_before(second);
  std::uint32_t offset = 0;
  for (Location from = log_.next_live(second, offset); from != kNowhere; from = log_.next_live(second, offset)) {
    const std::size_t bytes = log_.item(from).record_bytes();
    const Location to = log_.append_to(output, bytes, bytes);
    ASSERT_NE(to, kNowhere);
    std::memcpy(log_.item(to).record(), log_.item(from).record(), bytes);
    kill(from);
  }
  log_.seal(output);
  log_.check_invariants();
  EXPECT_EQ(queue(0), expected);
}

TEST_F(SegmentLogTest, SealingAllSeparatesWhatComesLater) {
  const Location before = add("a", 10);
  const std::uint64_t sequence = log_.seal_all_open();
  const Location after = add("b", 10);
  EXPECT_LT(log_.segment(log_.segment_of(before)).sequence, sequence);
  EXPECT_GE(log_.segment(log_.segment_of(after)).sequence, sequence);
}

TEST_F(SegmentLogTest, WhatIsSetAsideKeepsTheOrderOfItsSegments) {
  std::vector<std::string> expected;
  for (int i = 0; i < 5; ++i) {
    add(std::to_string(i), 10, static_cast<StreamId>(i % 2));
    log_.seal_all_open();
    expected.push_back(std::to_string(i));
  }
  log_.set_all_aside();
  EXPECT_EQ(log_.oldest(0), kNowhere);
  EXPECT_EQ(log_.aside_items(), 5u);
  add("new", 10);
  log_.check_invariants();
  std::vector<std::string> aside;
  for (Location next = log_.oldest_aside(); next != kNowhere; next = log_.oldest_aside()) {
    aside.emplace_back(log_.item(next).key());
    kill(next);
  }
  EXPECT_EQ(aside, expected);
  EXPECT_EQ(queue(0), std::vector<std::string>{"new"});
}

TEST_F(SegmentLogTest, KnowsTheEarliestExpiryOfASegment) {
  const Location first = add("a", 10, 0, 500);
  add("b", 10, 0, 300);
  add("c", 10);
  EXPECT_EQ(log_.segment(log_.segment_of(first)).earliest_expiry_ms, 300);
}

TEST_F(SegmentLogTest, ASegmentIsDueWhenTheEarliestOfEightSamplesExpires) {
  constexpr int kItems = 100;
  const std::size_t value_bytes = kSegmentBytes / kItems - 40;
  TimeMs earliest_sample = SegmentLog::kNever;
  int samples = 0;
  SplitMix64 numbers(3);
  Location location = kNowhere;
  for (int i = 0; i < kItems; ++i) {
    const TimeMs expiry = 100 + static_cast<TimeMs>(numbers.below(10'000));
    location = add(std::to_string(i), value_bytes, 0, expiry);
    if (!log_.is_sample(location)) continue;
    ++samples;
    earliest_sample = std::min(earliest_sample, expiry);
  }
  EXPECT_EQ(samples, 8);
  EXPECT_EQ(log_.segment(log_.segment_of(location)).due_ms, earliest_sample);
  EXPECT_LE(log_.segment(log_.segment_of(location)).earliest_expiry_ms, earliest_sample);
}

TEST_F(SegmentLogTest, WhatIsSetAsideTwiceComesOutOnce) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 300; ++i) add(std::to_string(round * 1000 + i), 1'000, static_cast<StreamId>(i % 3));
    log_.set_all_aside();
    log_.check_invariants();
  }
  EXPECT_EQ(log_.aside_items(), 900u);
  int last_of[3] = {-1, -1, -1};
  int items = 0;
  for (Location next = log_.oldest_aside(); next != kNowhere; next = log_.oldest_aside(), ++items) {
    const int number = std::stoi(std::string(log_.item(next).key()));
    int& last = last_of[number % 1000 % 3];
    EXPECT_GT(number, last);
    last = number;
    kill(next);
  }
  EXPECT_EQ(items, 900);
}

TEST_F(SegmentLogTest, SaysThatTheAddressSpaceIsUsedUp) {
  std::vector<Location> all;
  for (Location next = add("k", 100'000); next != kNowhere; next = add("k", 100'000)) all.push_back(next);
  EXPECT_EQ(all.size(), 63u);  // number 0 is not used
  kill(all[5]);
  EXPECT_NE(add("k", 100'000), kNowhere);
}

TEST_F(SegmentLogTest, RandomAppendsAndDeathsKeepTheSums) {
  SplitMix64 numbers(4);
  std::vector<Location> live;
  for (int step = 0; step < 20'000; ++step) {
    if (live.size() < 500 || numbers.below(2) == 0) {
      const Location location = add(std::to_string(step), numbers.below(3000), static_cast<StreamId>(numbers.below(3)),
                                    numbers.below(2) == 0 ? kNoExpiry : static_cast<TimeMs>(numbers.below(1000)));
      if (location != kNowhere) live.push_back(location);
    } else {
      const std::size_t chosen = numbers.below(live.size());
      kill(live[chosen]);
      live[chosen] = live.back();
      live.pop_back();
    }
    if (step % 2000 == 0) log_.check_invariants();
  }
}

// --- Pages, committed ahead and given back by whoever uses the log ---

class SegmentLogPages : public SegmentLogTest {
 protected:
  // Does all there is; returns how many pieces that was.
  int settle() {
    int pieces = 0;
    while (const std::optional<PageWork> work = log_.begin_page_work()) {
      work->run();
      log_.end_page_work(*work);
      ++pieces;
    }
    return pieces;
  }
  std::uint32_t committed(Location location) const { return log_.segment(log_.segment_of(location)).committed; }
  std::uint32_t used(Location location) const { return log_.segment(log_.segment_of(location)).used; }
};

TEST_F(SegmentLogPages, AreCommittedAheadOfWhatIsAppended) {
  Location last = add("key", 100);
  EXPECT_TRUE(log_.wants_page_work());
  settle();
  EXPECT_FALSE(log_.wants_page_work());
  for (int i = 0; i < 5'000; ++i) {
    const std::uint32_t ahead = committed(last) - used(last);
    const SegmentLog::SegmentNumber segment = log_.segment_of(last);
    last = add("key", 100);
    // Nothing was committed for this record itself.
    if (log_.segment_of(last) == segment) {
      ASSERT_LT(committed(last) - used(last), ahead);
    }
    ASSERT_LE(used(last), committed(last));
    settle();
    ASSERT_TRUE(committed(last) == kSegmentBytes || committed(last) - used(last) >= kSegmentBytes / 16);
    log_.check_invariants();
  }
}

TEST_F(SegmentLogPages, AreCommittedWithTheRecordWhereNobodyDoesItAhead) {
  for (int i = 0; i < 2'000; ++i) {
    const Location last = add("key", 1'000);
    ASSERT_LE(used(last), committed(last));
  }
  EXPECT_LE(log_.committed_bytes(), log_.segments_in_use() * kSegmentBytes);
}

// Where its pages are taken away again, whoever appends to it commits them.
TEST_F(SegmentLogPages, OfTheNextSegmentAreAskedForOnce) {
  Location last = add("key", 100);
  while (used(last) + kSegmentBytes / 8 <= kSegmentBytes) {
    settle();
    last = add("key", 100);
  }
  settle();
  const std::uint64_t with_spare = log_.committed_bytes();
  log_.release_warm();
  EXPECT_LT(log_.committed_bytes(), with_spare);
  add("key", 100);
  EXPECT_FALSE(log_.wants_page_work());
}

TEST_F(SegmentLogPages, OfFreedSegmentsGoBackButThoseOfOne) {
  std::vector<Location> records;
  for (int i = 0; i < 600; ++i) records.push_back(add("key", 1'000));
  settle();
  const std::uint64_t full = log_.committed_bytes();
  for (const Location record : records) kill(record);
  EXPECT_EQ(log_.committed_bytes(), full) << "nothing is given back by whoever kills a record";
  EXPECT_GT(settle(), 1);
  EXPECT_LE(log_.committed_bytes(), (log_.segments_in_use() + 1) * kSegmentBytes);
}

TEST_F(SegmentLogPages, AreNotGivenOutTwice) {
  add("key", 100);
  const std::optional<PageWork> work = log_.begin_page_work();
  ASSERT_TRUE(work);
  EXPECT_FALSE(log_.begin_page_work());
  log_.release_warm();
  log_.check_invariants();
  work->run();
  log_.end_page_work(*work);
  settle();
}

TEST_F(SegmentLogPages, OfASegmentThatIsFilledAndFreedMeanwhileAreItsOwnStill) {
  const Location first = add("key", 100);
  const std::optional<PageWork> work = log_.begin_page_work();
  ASSERT_TRUE(work);
  const SegmentLog::SegmentNumber segment = log_.segment_of(first);
  kill(first);
  log_.seal(segment);
  log_.release_warm();
  log_.check_invariants();
  work->run();
  log_.end_page_work(*work);
  EXPECT_GE(log_.segment(segment).committed, work->bytes);
  log_.check_invariants();
  log_.release_warm();
  EXPECT_EQ(log_.committed_bytes(), 0u);
}

TEST_F(SegmentLogPages, CanBeWorkedOnWhenTheLogIsGone) {
  auto log = std::make_unique<SegmentLog>(kSegmentBytes, 64 * kSegmentBytes);
  const ItemShape shape = shape_of("key", 100, kNoExpiry);
  const Location location = log->append(0, shape.record_bytes(), shape.record_bytes());
  log->item(location).write(shape, "key");
  const std::optional<PageWork> work = log->begin_page_work();
  ASSERT_TRUE(work && log->owns(*work));
  log = std::make_unique<SegmentLog>(kSegmentBytes, 64 * kSegmentBytes);
  work->run();
  EXPECT_FALSE(log->owns(*work));
}

}  // namespace
}  // namespace larder
