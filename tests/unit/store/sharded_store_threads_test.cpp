// Several threads on one store; meant for the thread sanitizer as much as for the assertions.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"

namespace larder {
namespace {

constexpr int kThreads = 4;
constexpr TimeMs kStartMs = 1'000'000;

template <class Work>
void in_threads(Work&& work) {
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) threads.emplace_back([&work, number] { work(number); });
  for (std::thread& thread : threads) thread.join();
}

TEST(ShardedStoreThreads, EverythingAtOnceKeepsTheInvariantsAndTheLimit) {
  constexpr std::uint64_t kBytesMax = 1 << 20;
  constexpr int kSteps = 8'000;
  ShardedStore store({.maxmemory_bytes = kBytesMax, .shards = 8, .databases = 2, .hash_seed = 1});
  std::atomic<int> failures{0};
  in_threads([&](int number) {
    SplitMix64 random(static_cast<std::uint64_t>(number));
    for (int step = 0; step < kSteps; ++step) {
      const TimeMs now_ms = kStartMs + step / 8;
      const std::string name = std::to_string(random.below(2'000));
      const Key key = store.key(static_cast<Database>(random.below(2)), name);
      const std::string value(random.below(50) == 0 ? 70'000 : random.below(300), 'v');
      const std::uint64_t choice = random.below(1'000);
      if (choice < 500) {
        const SetOptions options{.expire_at_ms = choice < 100 ? now_ms + 20 : kNoExpiry};
        const StatusCode status = store.run(key, now_ms, [&](Shard& shard, Op& op) {
          return shard.set(key, {value, nullptr}, options, op);
        });
        failures += status != StatusCode::kOk;
      } else if (choice < 900) {
        store.run(key, now_ms, [&](Shard& shard, Op& op) {
          const auto item = shard.get(key, Touch::kYes, op);
          failures += item && item->value.find_first_not_of('v') != std::string_view::npos;
          return StatusCode::kOk;
        });
      } else if (choice < 980) {
        store.run(key, now_ms, [&](Shard& shard, Op& op) {
          shard.erase(key, op);
          return StatusCode::kOk;
        });
      } else if (choice < 990) {
        std::uint64_t cursor = 0;
        do {
          cursor = store.scan(cursor, 500, now_ms, [](const ItemView&) {});
        } while (cursor != 0);
      } else if (choice < 999) {
        store.random_item(0, now_ms, [](const ItemView&) {});
        if (number == 0) store.maintain(now_ms, 1'000);
        if (number == 0) store.maintain_round(now_ms, 1'000);
      } else {
        store.flush(static_cast<Database>(random.below(2)), now_ms);
      }
      failures += store.used_bytes() > kBytesMax;
    }
  });
  EXPECT_EQ(failures.load(), 0);
  EXPECT_LE(store.stats().peak_bytes, kBytesMax);
  EXPECT_GT(store.stats().total.evicted, 0u);
  store.check_invariants();
  EXPECT_EQ(store.used_bytes(), store.stats().total.used_bytes());
}

// While the index grows, shrinks and is exchanged: where a bucket is, is asked without a lock.
TEST(ShardedStoreThreads, LookingAheadDisturbsNobodyWhoRebuildsTheIndex) {
  constexpr int kKeys = 4'000;
  ShardedStore store({.shards = 2, .hash_seed = 1});
  std::atomic<int> writers{2};
  std::atomic<int> failures{0};
  in_threads([&](int number) {
    if (number >= 2) {
      SplitMix64 random(static_cast<std::uint64_t>(number));
      std::array<KeyHash, 16> hashes{};
      while (writers.load() != 0) {
        for (KeyHash& hash : hashes) hash = random.next();
        store.prefetch(hashes);
      }
      return;
    }
    for (int round = 0; round < 6; ++round) {
      for (const bool stores : {true, false}) {
        for (int i = 0; i < kKeys; ++i) {
          const std::string name = std::to_string(number) + ":" + std::to_string(i);
          const Key key = store.key(0, name);
          failures += store.run(key, kStartMs, [&](Shard& shard, Op& op) {
            if (stores) return shard.set(key, {"value", nullptr}, {}, op);
            shard.erase(key, op);
            return StatusCode::kOk;
          }) != StatusCode::kOk;
        }
        if (number == 0) store.maintain(kStartMs, 100'000);
        if (number == 1 && stores && round % 2 == 0) store.flush({}, kStartMs);
      }
    }
    writers.fetch_sub(1);
  });
  EXPECT_EQ(failures.load(), 0);
  store.check_invariants();
}

// Values of which only a few fit: each thread needs nearly all that the others hold, and all the same nobody is
// refused.
TEST(ShardedStoreThreads, WritersOfHugeValuesAllGetRoom) {
  constexpr std::uint64_t kBytesMax = 1 << 20;
  ShardedStore store({.maxmemory_bytes = kBytesMax, .shards = 8, .hash_seed = 1});
  std::atomic<int> failures{0};
  in_threads([&](int number) {
    const std::string value(700'000, 'v');
    for (int step = 0; step < 300; ++step) {
      const std::string name = std::to_string(number) + ":" + std::to_string(step);
      const Key key = store.key(0, name);
      failures += store.run(key, kStartMs, [&](Shard& shard, Op& op) {
        return shard.set(key, {value, nullptr}, {}, op);
      }) != StatusCode::kOk;
      failures += store.used_bytes() > kBytesMax;
    }
  });
  EXPECT_EQ(failures.load(), 0);
  store.check_invariants();
}

// Each multi-key write gives all its keys one value; a reader that locks them all must never see two.
TEST(ShardedStoreThreads, MultiKeyWritesAreAtomicAndNeverDeadlock) {
  constexpr int kNames = 12;
  constexpr int kSteps = 3'000;
  ShardedStore store({.shards = 8, .hash_seed = 1});
  std::vector<std::string> names;
  for (int i = 0; i < kNames; ++i) names.push_back("name:" + std::to_string(i));
  std::atomic<int> torn{0};
  in_threads([&](int number) {
    SplitMix64 random(static_cast<std::uint64_t>(number));
    std::vector<Key> keys;
    for (const std::string& name : names) keys.push_back(store.key(0, name));
    for (int step = 0; step < kSteps; ++step) {
      std::swap(keys[random.below(kNames)], keys[random.below(kNames)]);  // any order of the arguments
      const std::string value = std::to_string(number) + ":" + std::to_string(step);
      store.run_multi(keys, {kNames * Shard::item_bytes_max(10, 20), kNames}, kStartMs,
                      [&](ShardedStore::MultiAccess& access) {
                        std::string first;
                        for (const Key& key : keys) {
                          auto [shard, op] = access(key);
                          const auto item = shard.get(key, Touch::kNo, op);
                          const std::string found(item ? item->value : std::string_view());
                          if (&key == &keys.front()) first = found;
                          torn += found != first;
                          shard.set(key, {value, nullptr}, {}, op);
                        }
                        return StatusCode::kOk;
                      });
    }
  });
  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(store.size(0), static_cast<std::uint64_t>(kNames));
  store.check_invariants();
}

// Sequence numbers order the events of a shard even where threads deliver them out of order: none is lost or given
// twice.
TEST(ShardedStoreThreads, EveryEventIsDeliveredOnceUnderItsOwnNumber) {
  class Counting : public EventListener {
   public:
    EventMask mask() const override { return ~EventMask{0}; }
    void on_events(std::span<const Event> events) override {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = 0; i < events.size(); ++i) {
        sequences[events[i].shard].push_back(events[i].sequence);
        const bool in_order =
            i == 0 || events[i].shard != events[i - 1].shard || events[i].sequence > events[i - 1].sequence;
        out_of_order += !in_order;
      }
    }
    std::map<std::uint32_t, std::vector<std::uint64_t>> sequences;
    int out_of_order = 0;

   private:
    std::mutex mutex_;
  };
  ShardedStore store({.maxitems = 200, .shards = 4, .hash_seed = 1});
  Counting listener;
  store.add_listener(&listener);
  in_threads([&](int number) {
    for (int step = 0; step < 4'000; ++step) {
      const std::string name = std::to_string(number * 1'000 + step % 500);
      const Key key = store.key(0, name);
      store.run(key, kStartMs + step, [&](Shard& shard, Op& op) { return shard.set(key, {"v", nullptr}, {}, op); });
    }
  });
  EXPECT_EQ(listener.out_of_order, 0);
  for (auto& [shard, sequences] : listener.sequences) {
    std::sort(sequences.begin(), sequences.end());
    for (std::size_t i = 0; i < sequences.size(); ++i) ASSERT_EQ(sequences[i], i + 1) << "shard " << shard;
  }
  EXPECT_LE(store.size(0), 200u);
}

}  // namespace
}  // namespace larder
