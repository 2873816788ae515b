#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "larder/base/limits.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

using ::testing::ElementsAre;

class ShardItems : public ShardFixture {};

TEST_F(ShardItems, StoresAnyBytesUnderAnyBytes) {
  const std::string binary("\0\r\n\xff", 4);
  EXPECT_EQ(set(binary, binary), StatusCode::kOk);
  EXPECT_EQ(set("", ""), StatusCode::kOk);
  EXPECT_EQ(set(std::string(limits::kKeyBytesMax, 'k'), "long"), StatusCode::kOk);
  EXPECT_EQ(get(binary), binary);
  EXPECT_EQ(get(""), "");
  EXPECT_EQ(get(std::string(limits::kKeyBytesMax, 'k')), "long");
  EXPECT_EQ(get("other"), std::nullopt);
}

TEST_F(ShardItems, DatabasesAreApart) {
  set("k", "zero");
  set("k", "three", {}, 3);
  EXPECT_EQ(get("k"), "zero");
  EXPECT_EQ(get("k", Touch::kYes, 3), "three");
  EXPECT_EQ(get("k", Touch::kYes, 1), std::nullopt);
  EXPECT_EQ(shard_.count(0), 1u);
  EXPECT_EQ(shard_.count(3), 1u);
}

TEST_F(ShardItems, ReportTellsTheValueAndWhatTheItemTakes) {
  const std::uint64_t empty_bytes = shard_.stats().used_bytes();
  constexpr std::uint64_t kItems = 100'000;
  for (std::uint64_t i = 0; i < kItems; ++i) set("key:" + std::to_string(i), std::string(100, 'v'));
  const std::string large(100'000, 'v');
  set("large", large);
  const auto large_report = shard_.inspect(key("large"), now_ms_);
  ASSERT_TRUE(large_report);
  EXPECT_EQ(large_report->value, large);
  EXPECT_GT(large_report->used_bytes, large.size());
  EXPECT_LT(large_report->used_bytes, large.size() + large.size() / 8);
  std::uint64_t sum = large_report->used_bytes;
  for (std::uint64_t i = 0; i < kItems; ++i) {
    const auto report = shard_.inspect(key("key:" + std::to_string(i)), now_ms_);
    ASSERT_TRUE(report);
    sum += report->used_bytes;
  }
  const std::uint64_t stored = shard_.stats().used_bytes() - empty_bytes;
  EXPECT_NEAR(static_cast<double>(sum), static_cast<double>(stored), static_cast<double>(stored) / 100);
}

TEST_F(ShardItems, ReportIsNoneForWhatIsNotThere) {
  EXPECT_FALSE(shard_.inspect(key("k"), now_ms_));
  set("k", "v", {.expire_at_ms = now_ms_ + 10});
  EXPECT_TRUE(shard_.inspect(key("k"), now_ms_));
  EXPECT_FALSE(shard_.inspect(key("k"), now_ms_ + 10));
  EXPECT_EQ(shard_.stats().items, 1u);  // it only looks
  set("l", "v");
  flush(std::nullopt);
  EXPECT_FALSE(shard_.inspect(key("l"), now_ms_));
}

TEST_F(ShardItems, FreeSegmentsAreGivenBackWhenAsked) {
  for (int i = 0; i < 5'000; ++i) set(std::to_string(i), std::string(100, 'v'));
  for (int i = 0; i < 5'000; ++i) erase(std::to_string(i));
  sweep_all();
  const std::uint64_t before = shard_.stats().log_bytes;
  shard_.give_back_free_memory();
  EXPECT_LT(shard_.stats().log_bytes, before);
  EXPECT_EQ(set("k", "v"), StatusCode::kOk);
  EXPECT_EQ(get("k"), "v");
}

TEST_F(ShardItems, ConditionsRefuseAndChangeNothing) {
  EXPECT_EQ(set("k", "1", {.condition = Condition::kIfPresent}), StatusCode::kNotStored);
  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_EQ(set("k", "1", {.condition = Condition::kIfAbsent}), StatusCode::kOk);
  EXPECT_EQ(set("k", "2", {.expire_at_ms = now_ms_ + 5, .condition = Condition::kIfAbsent}), StatusCode::kNotStored);
  EXPECT_EQ(get("k"), "1");
  EXPECT_EQ(item("k")->expire_at_ms, kNoExpiry);
  EXPECT_EQ(set("k", "3", {.condition = Condition::kIfPresent}), StatusCode::kOk);
  EXPECT_EQ(get("k"), "3");
}

TEST_F(ShardItems, OverwritesWithValuesOfEverySize) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{10}, std::size_t{9}, std::size_t{1'000}, std::size_t{0}, limits::kBodyBytesMin - 1,
        limits::kBodyBytesMin, limits::kBodyBytesMin + 1, std::size_t{3}, std::size_t{300'000}, std::size_t{200'000}}) {
    const std::string value(size, static_cast<char>('a' + size % 26));
    ASSERT_EQ(set("k", value), StatusCode::kOk);
    ASSERT_EQ(get("k"), value);
    ASSERT_EQ(shard_.stats().data_bytes, size + 1);
    shard_.check_invariants();
  }
  EXPECT_EQ(shard_.count(0), 1u);
}

TEST_F(ShardItems, AValueMayViewTheItemThatItReplaces) {
  set("k", "0123456789");
  set("k", item("k")->value.substr(3));
  EXPECT_EQ(get("k"), "3456789");
  set("big", std::string(100'000, 'a') + std::string(100'000, 'b'));
  set("big", item("big")->value.substr(50'000));
  EXPECT_EQ(get("big"), std::string(50'000, 'a') + std::string(100'000, 'b'));
  set("big", item("big")->value.substr(49'998, 5));
  EXPECT_EQ(get("big"), "aabbb");
}

TEST_F(ShardItems, PartsAreWrittenInPlace) {
  set("k", "0123456789", {.expire_at_ms = now_ms_ + 1'000});
  set("big", std::string(200'000, 'a'));
  const char* const block = item("big")->value.data();
  Op call = op();
  EXPECT_TRUE(shard_.write_part(key("k"), 8, "xy", call));
  EXPECT_TRUE(shard_.write_part(key("big"), 199'999, "z", call));
  EXPECT_EQ(get("k"), "01234567xy");
  EXPECT_EQ(item("k")->expire_at_ms, now_ms_ + 1'000);
  EXPECT_EQ(get("big"), std::string(199'999, 'a') + "z");
  EXPECT_EQ(item("big")->value.data(), block);
  EXPECT_FALSE(shard_.write_part(key("k"), 9, "xy", call));
  EXPECT_FALSE(shard_.write_part(key("k"), std::size_t(-1), "xy", call));
  EXPECT_FALSE(shard_.write_part(key("none"), 0, "", call));
}

TEST_F(ShardItems, WhatIsBeingReadIsNotWrittenInPlace) {
  set("big", std::string(200'000, 'a'));
  BlobRef reader = BlobRef::share(item("big")->blob);
  Op call = op();
  EXPECT_FALSE(shard_.write_part(key("big"), 0, "z", call));
  EXPECT_EQ(reader->view(), std::string(200'000, 'a'));
  reader = {};
  EXPECT_TRUE(shard_.write_part(key("big"), 0, "z", call));
}

TEST_F(ShardItems, ABlockThatIsTakenOutIsNobodysCharge) {
  const std::uint64_t before = budget_.used_bytes();
  set("big", std::string(200'000, 'a'));
  const std::uint64_t used = budget_.used_bytes();
  BlobRef taken;
  Op call = op();
  EXPECT_FALSE(shard_.take_out(key("none"), taken, call));
  EXPECT_TRUE(shard_.take_out(key("big"), taken, call));
  EXPECT_EQ(get("big"), std::nullopt);
  EXPECT_EQ(taken->view(), std::string(200'000, 'a'));
  EXPECT_LT(budget_.used_bytes(), before + 10'000);
  ASSERT_EQ(shard_.set(key("other"), {taken->view(), taken.get()}, {}, call), StatusCode::kOk);
  taken = {};
  EXPECT_NEAR(static_cast<double>(budget_.used_bytes()), static_cast<double>(used), 1'000);
  set("small", "v");
  EXPECT_TRUE(shard_.take_out(key("small"), taken, call));
  EXPECT_FALSE(taken);
}

TEST_F(ShardItems, LargeBlobsAreSharedAndOutliveTheirKey) {
  BlobRef blob = Blob::allocate(limits::kBodyBytesMin);
  std::fill_n(blob->data(), blob->size(), 'x');
  Op call = op();
  ASSERT_EQ(shard_.set(key("k"), {blob->view(), blob.get()}, {}, call), StatusCode::kOk);
  EXPECT_EQ(item("k")->blob, blob.get());
  BlobRef reader = BlobRef::share(item("k")->blob);
  blob = BlobRef();
  EXPECT_TRUE(erase("k"));
  EXPECT_EQ(reader->view(), std::string(limits::kBodyBytesMin, 'x'));
  EXPECT_EQ(shard_.stats().blob_bytes, 0u);
}

TEST_F(ShardItems, SmallBlobsAreCopiedIntoTheItem) {
  BlobRef blob = Blob::allocate(3);
  std::fill_n(blob->data(), 3, 'x');
  Op call = op();
  ASSERT_EQ(shard_.set(key("k"), {blob->view(), blob.get()}, {}, call), StatusCode::kOk);
  EXPECT_EQ(item("k")->blob, nullptr);
  EXPECT_EQ(get("k"), "xxx");
}

TEST_F(ShardItems, AnExpiredItemIsNeverReturnedAndReclaimedWhenMet) {
  set("k", "v", {.expire_at_ms = now_ms_ + 10});
  now_ms_ += 9;
  EXPECT_EQ(get("k"), "v");
  now_ms_ += 1;
  EXPECT_FALSE(shard_.contains(key("k"), now_ms_));
  EXPECT_EQ(shard_.count(0), 1u);
  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_EQ(shard_.count(0), 0u);
  EXPECT_EQ(shard_.stats().expired, 1u);
  EXPECT_THAT(events(), ElementsAre("set k", "expired k"));
}

TEST_F(ShardItems, EveryCallTakesAnExpiredItemForAbsent) {
  const auto expire = [&] {
    set("k", "v", {.expire_at_ms = now_ms_ + 1});
    now_ms_ += 1;
  };
  expire();
  EXPECT_FALSE(erase("k"));
  expire();
  Op call = op();
  EXPECT_EQ(shard_.set_expiry(key("k"), kNoExpiry, call), StatusCode::kNotFound);
  expire();
  EXPECT_EQ(set("k", "w", {.condition = Condition::kIfPresent}), StatusCode::kNotStored);
  expire();
  EXPECT_EQ(set("k", "w", {.keep_expiry = true, .condition = Condition::kIfAbsent}), StatusCode::kOk);
  EXPECT_EQ(item("k")->expire_at_ms, kNoExpiry);
  EXPECT_EQ(shard_.stats().expired, 4u);
}

TEST_F(ShardItems, AWriteReplacesTheExpiryUnlessToldToKeepIt) {
  set("k", "1", {.expire_at_ms = now_ms_ + 100});
  set("k", "2", {.expire_at_ms = now_ms_ + 900, .keep_expiry = true});
  EXPECT_EQ(item("k")->expire_at_ms, now_ms_ + 100);
  EXPECT_EQ(shard_.count_with_expiry(0), 1u);
  set("k", "3");
  EXPECT_EQ(item("k")->expire_at_ms, kNoExpiry);
  EXPECT_EQ(shard_.count_with_expiry(0), 0u);
}

TEST_F(ShardItems, SetExpiryChangesTheExpiryAlone) {
  set("k", "v");
  Op call = op();
  EXPECT_EQ(shard_.set_expiry(key("k"), now_ms_ + 5, call), StatusCode::kOk);
  EXPECT_EQ(item("k")->expire_at_ms, now_ms_ + 5);
  EXPECT_EQ(shard_.set_expiry(key("k"), kNoExpiry, call), StatusCode::kOk);
  EXPECT_EQ(item("k")->expire_at_ms, kNoExpiry);
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(shard_.set_expiry(key("none"), now_ms_ + 5, call), StatusCode::kNotFound);
}

TEST_F(ShardItems, IdleTimeCountsFromTheLastTouch) {
  set("k", "v");
  now_ms_ += 30;
  const auto idle_ms = [this] { return shard_.inspect(key("k"), now_ms_)->idle_ms; };
  EXPECT_EQ(idle_ms(), 30);
  get("k", Touch::kNo);
  EXPECT_EQ(idle_ms(), 30);
  get("k", Touch::kYes);
  EXPECT_EQ(idle_ms(), 0);
}

TEST_F(ShardItems, AverageTtlIsTheMeanOfWhatIsLeft) {
  EXPECT_EQ(shard_.average_ttl_ms(0, now_ms_), 0);
  set("a", "", {.expire_at_ms = now_ms_ + 1'000});
  set("b", "", {.expire_at_ms = now_ms_ + 3'000});
  set("c", "");
  EXPECT_EQ(shard_.average_ttl_ms(0, now_ms_), 2'000);
  EXPECT_EQ(shard_.average_ttl_ms(0, now_ms_ + 500), 1'500);
  EXPECT_EQ(shard_.average_ttl_ms(0, now_ms_ + 9'000), 0);
  EXPECT_EQ(shard_.average_ttl_ms(1, now_ms_), 0);
}

TEST_F(ShardItems, EventsTellWhatHappenedInOrder) {
  set("k", "1");
  Op call = op();
  shard_.set(key("k"), {"2", nullptr}, {}, call, EventName::kAppend);
  shard_.set_expiry(key("k"), now_ms_ + 50, call);
  erase("k");
  erase("k");
  set("k", "3", {.condition = Condition::kIfPresent});
  flush(0);
  EXPECT_THAT(events(), ElementsAre("set k", "changed k", "expiry k", "deleted k", "hidden deleted k", "flushed"));
}

TEST_F(ShardItems, EventsNobodyWantsAreNotCollected) {
  Events quiet(event_bit(EventKind::kDeleted));
  Op call{now_ms_, quiet, nullptr, {}};
  shard_.set(key("k"), {"1", nullptr}, {}, call);
  shard_.erase(key("k"), call);
  ASSERT_EQ(quiet.all().size(), 1u);
  EXPECT_EQ(quiet.all()[0].kind, EventKind::kDeleted);
  EXPECT_EQ(quiet.all()[0].sequence, 2u);
}

TEST_F(ShardItems, StatisticsAreTheSumsOfWhatIsThere) {
  const std::uint64_t empty_bytes = shard_.stats().used_bytes();
  set("abc", std::string(100, 'v'));
  set("large", std::string(100'000, 'v'), {.expire_at_ms = now_ms_ + 1});
  const ShardStats& stats = shard_.stats();
  EXPECT_EQ(stats.items, 2u);
  EXPECT_EQ(stats.items_with_expiry, 1u);
  EXPECT_EQ(stats.data_bytes, 103u + 100'005u);
  EXPECT_EQ(stats.blob_bytes, Blob::footprint_bytes(100'000));
  EXPECT_EQ(stats.item_bytes, (8u + 12 + 3 + 100 + 5) + (8u + 12 + 8 + 5 + 8 + 7));  // both rounded up to eight
  EXPECT_LE(stats.used_bytes() - empty_bytes, Shard::item_bytes_max(3, 100) + Shard::item_bytes_max(5, 100'000));
  erase("abc");
  erase("large");
  EXPECT_EQ(shard_.stats().used_bytes(), empty_bytes);
  EXPECT_EQ(shard_.stats().data_bytes, 0u);
}

}  // namespace
}  // namespace larder
