// Threads that write, read and erase keys of their own in one ShardedStore, while it evicts, expires, compacts, flushes
// and changes its policy and limits. Afterwards the events, put in order by their numbers, are replayed shard by shard:
// every write must have found what the events before it left, and what is left at the end is what is in the store. So
// no item is lost, or comes back, without exactly one event. The seed is printed; LARDER_MODEL_SEED draws the same
// operations again, though the threads meet otherwise.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"
#include "model/model_run.h"

namespace larder::test {
namespace {

constexpr std::uint32_t kShards = 16;
constexpr std::uint64_t kMaxmemoryBytes = 8 << 20;
constexpr int kThreads = 4;
constexpr std::uint64_t kOperationsPerThread = 15'000;
constexpr std::uint64_t kKeysPerThread = 6'000;
constexpr int kDatabases = 2;
// Written together, always with one value.
constexpr int kTogether = 3;

class Recorder final : public EventListener {
 public:
  EventMask mask() const override { return ~EventMask{0}; }
  void on_events(std::span<const Event> events) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Event& event : events) events_.at(event.shard).push_back(event);
  }
  std::vector<Event>& events(std::uint32_t shard) { return events_.at(shard); }

 private:
  std::mutex mutex_;
  std::vector<std::vector<Event>> events_{kShards};
};

class StoreThreads : public ::testing::Test {
 protected:
  using Name = std::pair<Database, std::string>;
  // What an owner wrote last, by key; whether it is still there, the events tell.
  using Written = std::map<Name, std::string>;

  StoreThreads()
      : seed_(seed_of_run()),
        operations_(operations_of_run(kOperationsPerThread * kThreads) / kThreads),
        store_({.maxmemory_bytes = kMaxmemoryBytes, .shards = kShards, .databases = kDatabases, .hash_seed = seed_}) {
    store_.add_listener(&recorder_);
    std::printf("LARDER_MODEL_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  }

  // One thread and the keys that are its own.
  class Owner {
   public:
    Owner(StoreThreads& test, int number)
        : test_(test), store_(test.store_), number_(number), random_(test.seed_ + static_cast<std::uint64_t>(number)) {}

    void run() {
      for (std::uint64_t i = 0; i < test_.operations_ && !test_.failed_; ++i) step();
    }
    const Written& written() const { return written_; }

   private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    TimeMs now_ms() const { return test_.now_ms_.load(std::memory_order_relaxed); }
    Name name() { return name_of(below(kKeysPerThread)); }
    Name name_of(std::uint64_t key) const {
      return {static_cast<Database>(key % kDatabases), std::to_string(number_) + ":" + std::to_string(key)};
    }
    // Tells its version, and is of any size.
    std::string value() {
      std::string value = std::to_string(number_) + "/" + std::to_string(++version_) + "/";
      const std::uint64_t kind = below(1'000);
      const std::size_t size = kind < 3 ? limits::kBodyBytesMin : kind < 100 ? below(20'000) : below(300);
      value.resize(std::max(value.size(), size), static_cast<char>('a' + version_ % 26));
      return value;
    }
    SetOptions options() {
      return {.expire_at_ms = below(3) == 0 ? now_ms() + 1 + static_cast<TimeMs>(below(2'000)) : kNoExpiry};
    }
    // kSet where nothing was there, kChanged where something was: the replay must agree.
    StatusCode store_value(Shard& shard, Op& op, const Key& key, const std::string& value, const SetOptions& options) {
      const bool present = shard.contains(key, op.now_ms);
      return shard.set(key, {value, nullptr}, options, op, present ? EventName::kAppend : EventName::kSet);
    }

    void step() {
      const std::uint64_t choice = below(1'000);
      if (choice < 450) {
        set();
      } else if (choice < 750) {
        get();
      } else if (choice < 830) {
        erase();
      } else if (choice < 880) {
        set_expiry();
      } else if (choice < 930) {
        write_together();
      } else if (choice < 980) {
        read_together();
      } else if (choice < 997) {
        test_.now_ms_.fetch_add(static_cast<TimeMs>(below(4)), std::memory_order_relaxed);
      } else if (below(5) == 0) {
        change_store();
      }
    }
    void set() {
      const Name name = this->name();
      const Key key = store_.key(name.first, name.second);
      const std::string value = this->value();
      const SetOptions how = options();
      const StatusCode status =
          store_.run(key, now_ms(), [&](Shard& shard, Op& op) { return store_value(shard, op, key, value, how); });
      if (status == StatusCode::kOk) written_[name] = value;
    }
    void get() {
      const Name name = this->name();
      const Key key = store_.key(name.first, name.second);
      static_cast<void>(store_.run(key, now_ms(), [&](Shard& shard, Op& op) {
        const auto item = shard.get(key, Touch::kYes, op);
        const auto mine = written_.find(name);
        if (item && (mine == written_.end() || item->value != mine->second)) test_.fail("not what was written");
        return StatusCode::kOk;
      }));
    }
    void erase() {
      const Name name = this->name();
      const Key key = store_.key(name.first, name.second);
      static_cast<void>(store_.run(key, now_ms(), [&](Shard& shard, Op& op) {
        shard.erase(key, op);
        return StatusCode::kOk;
      }));
      written_.erase(name);
    }
    void set_expiry() {
      const Name name = this->name();
      const Key key = store_.key(name.first, name.second);
      const TimeMs expire_at_ms = options().expire_at_ms;
      static_cast<void>(
          store_.run(key, now_ms(), [&](Shard& shard, Op& op) { return shard.set_expiry(key, expire_at_ms, op); }));
    }

    // Keys of no single owner.
    std::vector<Name> together(std::uint64_t group) const {
      std::vector<Name> names;
      for (int i = 0; i < kTogether; ++i) names.emplace_back(0, "g" + std::to_string(group) + ":" + std::to_string(i));
      return names;
    }
    std::vector<Key> keys_of(const std::vector<Name>& names) const {
      std::vector<Key> keys;
      for (const Name& name : names) keys.push_back(store_.key(name.first, name.second));
      return keys;
    }
    void write_together() {
      const std::vector<Name> names = together(below(100));
      const std::vector<Key> keys = keys_of(names);
      const std::string value = this->value();
      RoomNeeded room{.items = keys.size()};
      for (const Key& key : keys) room.bytes += Shard::item_bytes_max(key.bytes.size(), value.size());
      std::size_t stored = 0;
      const StatusCode status = store_.run_multi(keys, room, now_ms(), [&](ShardedStore::MultiAccess& access) {
        for (const Key& key : keys) {
          const auto [shard, op] = access(key);
          if (const StatusCode one = store_value(shard, op, key, value, {}); one != StatusCode::kOk) return one;
          ++stored;
        }
        return StatusCode::kOk;
      });
      if (status != StatusCode::kOk && stored != 0) test_.fail("several keys were written by half");
    }
    void read_together() {
      const std::vector<Name> names = together(below(100));
      const std::vector<Key> keys = keys_of(names);
      static_cast<void>(store_.run_multi(keys, {}, now_ms(), [&](ShardedStore::MultiAccess& access) {
        std::optional<std::string> first;
        for (const Key& key : keys) {
          const auto [shard, op] = access(key);
          const auto item = shard.get(key, Touch::kYes, op);
          if (!item) continue;
          if (first && *first != item->value) test_.fail("several keys were written one by one");
          first = item->value;
        }
        return StatusCode::kOk;
      }));
    }

    void change_store() {
      switch (below(8)) {
        case 0:
          return store_.flush(static_cast<Database>(below(kDatabases)), now_ms());
        case 1:
        case 2:
          return store_.set_maxmemory(kMaxmemoryBytes / 2 + below(kMaxmemoryBytes));
        case 3:
          return store_.set_maxitems(below(2) == 0 ? 0 : 2'000 + below(10'000));
        default:
          return store_.set_policy(kPolicyKinds[below(kPolicyKinds.size())]);
      }
    }

    StoreThreads& test_;
    ShardedStore& store_;
    const int number_;
    SplitMix64 random_;
    Written written_;
    std::uint64_t version_ = 0;
  };

  void fail(const std::string& what) {
    const std::lock_guard<std::mutex> lock(failure_mutex_);
    failed_ = true;
    failure_ = what;
  }

  // What the events of all shards leave.
  std::map<Name, std::uint32_t> replay() {
    std::map<Name, std::uint32_t> left;
    for (std::uint32_t shard = 0; shard < kShards; ++shard) {
      std::vector<Event>& events = recorder_.events(shard);
      std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.sequence < b.sequence; });
      for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].sequence, i + 1);
        replay(events[i], left);
      }
    }
    return left;
  }
  static void replay(const Event& event, std::map<Name, std::uint32_t>& left) {
    if (event.is_hidden) return;  // a DEL that found nothing
    const Name name{event.database, event.key};
    switch (event.kind) {
      case EventKind::kSet:
        EXPECT_TRUE(left.emplace(name, event.shard).second) << event.key << " was gone without an event";
        return;
      case EventKind::kFlushed:
        std::erase_if(
            left, [&](const auto& item) { return item.second == event.shard && item.first.first == event.database; });
        return;
      case EventKind::kChanged:
      case EventKind::kExpiryChanged:
        EXPECT_TRUE(left.contains(name)) << event.key << " was there after an event that took it";
        return;
      default:
        EXPECT_EQ(left.erase(name), 1u) << event.key << " was lost twice";
    }
  }

  const std::uint64_t seed_;
  const std::uint64_t operations_;
  Recorder recorder_;
  ShardedStore store_;
  std::atomic<TimeMs> now_ms_{1'700'000'000'000};
  std::atomic<bool> failed_{false};
  std::mutex failure_mutex_;
  std::string failure_;
};

TEST_F(StoreThreads, LoseNothingWithoutAnEvent) {
  std::vector<Owner> owners;
  for (int number = 0; number < kThreads; ++number) owners.emplace_back(*this, number);
  std::atomic<bool> stop{false};
  std::thread maintenance([&] {
    while (!stop) {
      store_.maintain_round(now_ms_, 500);
      if (!store_.maintain(now_ms_, 2'000)) std::this_thread::yield();
    }
  });
  std::vector<std::thread> threads;
  for (Owner& owner : owners) threads.emplace_back([&owner] { owner.run(); });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  maintenance.join();
  ASSERT_FALSE(failed_) << failure_;

  while (store_.maintain(now_ms_, 10'000) || store_.maintain_round(now_ms_, 10'000)) {
  }
  store_.check_invariants();
  EXPECT_EQ(store_.budget().reservations(), 0u);
  EXPECT_EQ(store_.used_bytes(), store_.stats().total.used_bytes());
  std::map<Name, std::uint32_t> left = replay();
  EXPECT_EQ(store_.budget().used_items(), left.size());
  std::uint64_t cursor = 0;
  do {
    cursor = store_.scan(cursor, 1'000, now_ms_, [&](const ItemView& item) {
      const Name name{item.database, std::string(item.key)};
      EXPECT_EQ(left.erase(name), 1u) << name.second;
      if (name.second[0] == 'g') return;
      const Written& written = owners[static_cast<std::size_t>(name.second[0] - '0')].written();
      EXPECT_EQ(written.at(name), item.value);
    });
  } while (cursor != 0);
  EXPECT_TRUE(left.empty());
}

}  // namespace
}  // namespace larder::test
