// What the tests of a Shard share: a shard with a budget and a clock of its own, calls in one line, the events so far,
// and the invariants checked at the end of every test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/page_work.h"
#include "larder/store/shard.h"

namespace larder {

inline constexpr EventMask kAllEvents = ~EventMask{0};

class ShardFixture : public ::testing::Test {
 protected:
  ShardFixture() : ShardFixture(0, 0) {}
  ShardFixture(std::uint64_t bytes_max, std::uint64_t items_max, PolicyKind policy = PolicyKind::kAllKeysLru,
               PolicyFactory policy_factory = make_policy)
      : budget_(bytes_max, items_max),
        shard_({.number = 5,
                .shard_bits = 0,
                .databases = 4,
                .policy = policy,
                .policy_factory = policy_factory,
                .hasher = &hasher_,
                .tags = &tags_},
               budget_) {}
  ~ShardFixture() override {
    shard_.check_invariants();
    EXPECT_EQ(budget_.used_bytes(), shard_.stats().used_bytes());
    EXPECT_EQ(budget_.used_items(), shard_.stats().items);
  }

  Key key(std::string_view bytes, Database database = 0) const { return {bytes, hasher_(database, bytes), database}; }
  Op op(Reservation* reservation = nullptr) { return {now_ms_, events_, reservation, {}}; }

  StatusCode set(std::string_view name, std::string_view value, const SetOptions& options = {}, Database database = 0) {
    Op call = op();
    const StatusCode status = shard_.set(key(name, database), {value, nullptr}, options, call);
    needed_ = call.needed;
    settle_pages();
    return status;
  }
  // What ShardedStore does once it has released the shard.
  void settle_pages() {
    while (const std::optional<PageWork> work = shard_.begin_page_work()) {
      work->run();
      shard_.end_page_work(*work);
    }
  }
  // As ShardedStore does: makes room and repeats.
  StatusCode set_evicting(std::string_view name, std::string_view value, const SetOptions& options = {}) {
    StatusCode status = set(name, value, options);
    for (int attempt = 0; attempt < 4 && status == StatusCode::kNeedsRoom; ++attempt) {
      const std::uint64_t bytes_max = budget_.bytes_max();
      // What was taken without room may have passed the limit.
      const std::uint64_t wanted = budget_.used_bytes() + needed_.bytes;
      Op call = op();
      shard_.evict({bytes_max != 0 && wanted > bytes_max ? wanted - bytes_max : 0, needed_.items},
                   {.items_max = 64, .buckets_max = 64}, call);
      status = set(name, value, options);
    }
    return status;
  }
  std::optional<std::string> get(std::string_view name, Touch touch = Touch::kYes, Database database = 0) {
    Op call = op();
    const std::optional<ItemView> item = shard_.get(key(name, database), touch, call);
    if (!item) return {};
    return std::string(item->value);
  }
  std::optional<ItemView> item(std::string_view name) {
    Op call = op();
    return shard_.get(key(name), Touch::kNo, call);
  }
  bool erase(std::string_view name) {
    Op call = op();
    const bool erased = shard_.erase(key(name), call);
    settle_pages();
    return erased;
  }
  void flush(std::optional<Database> database) {
    Op call = op();
    shard_.flush(database, call);
  }
  void sweep_all() {
    Op call = op();
    while (shard_.sweep({.items_max = 16, .buckets_max = 16}, call).more) settle_pages();
    while (shard_.sweep_round({.items_max = 16, .buckets_max = 16}, call).more) settle_pages();
    settle_pages();
  }
  std::multiset<std::string> scan_all() {
    std::multiset<std::string> seen;
    std::optional<std::uint64_t> position = 0;
    while (position) {
      Op call = op();
      position = shard_.scan(*position, {.items_max = 10, .buckets_max = 100}, call,
                             [&](const ItemView& found) { seen.emplace(found.key); });
    }
    return seen;
  }
  // The events since the last call, as "kind key" words; before them "hidden" of one that is no change.
  std::vector<std::string> events() {
    static constexpr const char* kNames[] = {"set",     "changed", "expiry",  "deleted",
                                             "expired", "evicted", "flushed", "invalidated"};
    std::vector<std::string> result;
    for (const Event& event : events_.all()) {
      EXPECT_EQ(event.shard, 5u);
      EXPECT_GT(event.sequence, last_sequence_);
      last_sequence_ = event.sequence;
      std::string text = (event.is_hidden ? "hidden " : "") + std::string(kNames[static_cast<std::size_t>(event.kind)]);
      if (!event.key.empty()) text += " " + event.key;
      result.push_back(text);
    }
    events_.clear();
    return result;
  }

  const Hasher hasher_{42};
  TimeMs now_ms_ = 1'000'000;
  Budget budget_;
  Budget tag_budget_{0, 0};
  TagTable tags_{TagTable::bytes_for(1), tag_budget_};
  Events events_{kAllEvents};
  std::uint64_t last_sequence_ = 0;
  RoomNeeded needed_;
  Shard shard_;
};

}  // namespace larder
