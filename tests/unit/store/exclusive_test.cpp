// Transactions as the store sees them: run_exclusive(), and what is called inside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "larder/base/memory_range.h"
#include "larder/store/sharded_store.h"

namespace larder {
namespace {

constexpr TimeMs kNowMs = 1'000;

struct ProcessMemory {
  std::uint64_t address_bytes = 0;
  std::uint64_t resident_bytes = 0;
};
ProcessMemory process_memory() {
  std::ifstream statm("/proc/self/statm");
  ProcessMemory pages;
  EXPECT_TRUE(statm >> pages.address_bytes >> pages.resident_bytes);
  return {pages.address_bytes * kPageBytes, pages.resident_bytes * kPageBytes};
}

class CountingListener : public EventListener {
 public:
  EventMask mask() const override { return ~EventMask{0}; }
  void on_events(std::span<const Event> events) override {
    for (const Event& event : events) {
      if (event.kind != EventKind::kEvicted) seen.push_back(event.kind);
    }
  }
  std::vector<EventKind> seen;
};

class ExclusiveTest : public ::testing::Test {
 protected:
  explicit ExclusiveTest(const StoreOptions& options = {.policy = PolicyKind::kAllKeysLru,
                                                        .shards = 8,
                                                        .hash_seed = 42})
      : store_(options) {
    store_.add_listener(&listener_);
  }
  ~ExclusiveTest() override { store_.check_invariants(); }

  Key key(const std::string& name) const { return store_.key(0, name); }
  StatusCode set(const std::string& name, std::string_view value) {
    return store_.run(key(name), kNowMs, [&](Shard& shard, Op& op) { return shard.set(key(name), {value}, {}, op); });
  }
  std::string get(const std::string& name) {
    std::string found = "(none)";
    store_.run(key(name), kNowMs, [&](Shard& shard, Op& op) {
      if (const auto item = shard.get(key(name), Touch::kNo, op)) found = item->value;
      return StatusCode::kOk;
    });
    return found;
  }
  std::vector<Key> keys(const std::vector<std::string>& names) const {
    std::vector<Key> result;
    for (const std::string& name : names) result.push_back(key(name));
    return result;
  }

  ShardedStore store_;
  CountingListener listener_;
};

TEST_F(ExclusiveTest, OperationsInsideFindTheirShardsHeld) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
  const auto held = keys(names);
  const StatusCode status = store_.run_exclusive({.keys = held, .stored = held}, kNowMs, [&] {
    for (const std::string& name : names) EXPECT_EQ(set(name, name), StatusCode::kOk);
    EXPECT_EQ(get("e"), "e");
    const StatusCode both = store_.run_multi(keys({"a", "b"}), {}, kNowMs, [&](ShardedStore::MultiAccess& access) {
      const auto [shard, op] = access(key("a"));
      return shard.erase(key("a"), op) ? StatusCode::kOk : StatusCode::kNotFound;
    });
    EXPECT_EQ(both, StatusCode::kOk);
    EXPECT_EQ(get("a"), "(none)");
  });
  EXPECT_EQ(status, StatusCode::kOk);
  EXPECT_EQ(get("b"), "b");
}

TEST_F(ExclusiveTest, EventsAreDeliveredOnceTheLocksAreReleased) {
  const auto held = keys({"a"});
  store_.run_exclusive({.keys = held, .all_shards = true}, kNowMs, [&] {
    set("a", "1");
    store_.flush({}, kNowMs);
    EXPECT_TRUE(listener_.seen.empty());
  });
  ASSERT_EQ(listener_.seen.size(), 1 + store_.shards());
  EXPECT_EQ(listener_.seen.front(), EventKind::kSet);
  EXPECT_EQ(listener_.seen.back(), EventKind::kFlushed);
}

TEST_F(ExclusiveTest, WithAllShardsTheKeyspaceIsThere) {
  for (int i = 0; i < 100; ++i) set("k" + std::to_string(i), "v");
  store_.run_exclusive({.all_shards = true}, kNowMs, [&] {
    EXPECT_EQ(store_.size(0), 100u);
    std::size_t visited = 0;
    std::uint64_t cursor = 0;
    do {
      cursor = store_.scan(cursor, 10, kNowMs, [&](const ItemView&) { ++visited; });
    } while (cursor != 0);
    EXPECT_EQ(visited, 100u);
    EXPECT_TRUE(store_.random_item(0, kNowMs, [](const ItemView&) {}));
    EXPECT_EQ(store_.database_stats(0, kNowMs).keys, 100u);
    EXPECT_EQ(store_.stats().total.items, 100u);
    store_.flush(Database{0}, kNowMs);
    EXPECT_EQ(store_.size(0), 0u);
    set("new", "v");
    store_.flush({}, kNowMs);
    EXPECT_EQ(get("new"), "(none)");
  });
}

// What the system does for memory takes milliseconds now and then.
TEST_F(ExclusiveTest, AFlushInsideAsksTheSystemForNothing) {
  constexpr std::uint64_t kSlackBytes = 1 << 20;
  const std::string value(1'000, 'v');
  for (int i = 0; i < 30'000; ++i) set("k" + std::to_string(i), value);
  set("large", std::string(1 << 20, 'l'));
  const std::uint64_t full_bytes = store_.used_bytes();
  store_.run_exclusive({.all_shards = true, .flushes_all = true}, kNowMs, [&] {
    const ProcessMemory before = process_memory();
    store_.flush({}, kNowMs);
    const ProcessMemory after = process_memory();
    EXPECT_LT(after.address_bytes, before.address_bytes + kSlackBytes);
    EXPECT_GT(after.address_bytes + kSlackBytes, before.address_bytes);
    EXPECT_GT(after.resident_bytes + kSlackBytes, before.resident_bytes);
    EXPECT_EQ(store_.size(0), 0u);
    set("new", "v");
    store_.flush({}, kNowMs);
    EXPECT_EQ(get("new"), "(none)") << "and so does a second one";
    set("newer", "v");
  });
  while (store_.maintain(kNowMs, 1'000)) {
  }
  EXPECT_LT(store_.used_bytes(), full_bytes / 4);
  EXPECT_EQ(get("newer"), "v");
  EXPECT_EQ(store_.size(0), 1u);
}

TEST_F(ExclusiveTest, WhatWasPreparedForAFlushThatDoesNotComeIsGivenBack) {
  const ProcessMemory before = process_memory();
  store_.run_exclusive({.all_shards = true, .flushes_all = true}, kNowMs, [&] { set("k", "v"); });
  EXPECT_LT(process_memory().address_bytes, before.address_bytes + (1 << 20));
  EXPECT_EQ(get("k"), "v");
}

TEST_F(ExclusiveTest, OthersComeBeforeOrAfterButNotBetween) {
  constexpr int kRounds = 2'000;
  std::atomic<bool> done{false};
  set("x", "0");
  set("y", "0");
  std::thread writer([&] {
    for (int i = 1; i <= kRounds; ++i) {
      // In turn, so that two of them would wait for each other if the order of the keys were the order of the locks.
      const auto held = i % 2 == 0 ? keys({"x", "y"}) : keys({"y", "x"});
      store_.run_exclusive({.keys = held}, kNowMs, [&] {
        set("x", std::to_string(i));
        set("y", std::to_string(i));
      });
    }
    done = true;
  });
  while (!done) {
    const auto held = keys({"y", "x"});
    store_.run_exclusive({.keys = held}, kNowMs, [&] { EXPECT_EQ(get("x"), get("y")); });
  }
  writer.join();
}

TEST_F(ExclusiveTest, AnotherStoreOfTheSameThreadIsNotMeant) {
  ShardedStore other({.shards = 8, .hash_seed = 42});
  const auto held = keys({"a"});
  store_.run_exclusive({.keys = held}, kNowMs, [&] {
    for (int i = 0; i < 20; ++i) {
      const std::string name = "k" + std::to_string(i);
      const Key there = other.key(0, name);
      EXPECT_EQ(other.run(there, kNowMs, [&](Shard& shard, Op& op) { return shard.set(there, {"v"}, {}, op); }),
                StatusCode::kOk);
    }
  });
  EXPECT_EQ(other.size(0), 20u);
}

class FullExclusiveTest : public ExclusiveTest {
 protected:
  explicit FullExclusiveTest(PolicyKind policy = PolicyKind::kAllKeysLru)
      : ExclusiveTest({.maxmemory_bytes = kMaxmemory, .policy = policy, .shards = 4, .hash_seed = 42}) {
    for (int i = 0; set("old" + std::to_string(i), std::string(1'000, 'o')) == StatusCode::kOk && i < 20'000; ++i) {
    }
  }
  static constexpr std::uint64_t kMaxmemory = 16 << 20;
};

TEST_F(FullExclusiveTest, TheRoomIsMadeBeforeAndNothingIsEvictedInside) {
  std::vector<std::string> names;
  for (int i = 0; i < 2'000; ++i) names.push_back("new" + std::to_string(i));
  const auto held = keys(names);
  const std::string value(2'000, 'n');
  const std::size_t room = names.size() * Shard::item_bytes_max(8, value.size());
  const StatusCode status = store_.run_exclusive({.keys = held, .stored = held, .room_bytes = room}, kNowMs, [&] {
    const std::uint64_t evicted = store_.budget().used_items();
    for (const std::string& name : names) EXPECT_EQ(set(name, value), StatusCode::kOk);
    EXPECT_EQ(store_.budget().used_items(), evicted);
  });
  EXPECT_EQ(status, StatusCode::kOk);
  EXPECT_LE(store_.used_bytes(), kMaxmemory);
  EXPECT_EQ(get("new1999"), value);
}

TEST_F(FullExclusiveTest, WhatWasNotForeseenIsOverdrawnWithinBoundsAndSettledAfterwards) {
  const auto held = keys({"a"});
  std::vector<StatusCode> statuses;
  store_.run_exclusive({.keys = held}, kNowMs, [&] {
    for (int i = 0; i < 4; ++i) statuses.push_back(set("a", std::string(400'000 * (i + 1), 'a')));
  });
  EXPECT_EQ(statuses[0], StatusCode::kOk);
  EXPECT_EQ(statuses[1], StatusCode::kOk);
  EXPECT_EQ(statuses[3], StatusCode::kOutOfMemory);
  EXPECT_LE(store_.used_bytes(), kMaxmemory);
}

TEST_F(FullExclusiveTest, WhatIsCopiedIsMadeRoomForToo) {
  const std::string large(3'000'000, 'l');
  ASSERT_EQ(set("large", large), StatusCode::kOk);
  const auto held = keys({"large", "copy"});
  const auto stored = keys({"copy"});
  StatusCode copied = StatusCode::kNotFound;
  const StatusCode status = store_.run_exclusive({.keys = held, .stored = stored, .copied = keys({"large"})}, kNowMs,
                                                 [&] { copied = set("copy", large); });
  EXPECT_EQ(status, StatusCode::kOk);
  EXPECT_EQ(copied, StatusCode::kOk);
}

class NoEvictionExclusiveTest : public FullExclusiveTest {
 protected:
  NoEvictionExclusiveTest() : FullExclusiveTest(PolicyKind::kNoEviction) {}
};

TEST_F(NoEvictionExclusiveTest, WithoutRoomNothingIsBegun) {
  const auto held = keys({"a"});
  bool called = false;
  EXPECT_EQ(store_.run_exclusive({.keys = held, .stored = held, .room_bytes = 100'000}, kNowMs, [&] { called = true; }),
            StatusCode::kOutOfMemory);
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace larder
