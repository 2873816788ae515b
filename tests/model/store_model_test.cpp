// A million random operations on a ShardedStore against a plain std::map with the same manual clock. Without limits
// every answer must be equal; with maxitems and one shard an exact LRU list says which keys are left. The seed is
// printed; LARDER_MODEL_SEED=<seed> runs one again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <list>
#include <map>
#include <random>
#include <set>
#include <string>

#include "larder/base/limits.h"
#include "larder/base/text.h"
#include "larder/store/sharded_store.h"

namespace larder {
namespace {

constexpr int kStepsBetweenChecks = 20'000;
constexpr int kDatabases = 3;
constexpr TimeMs kStartMs = 1'700'000'000'000;

std::uint64_t seed_of_run() {
  const char* const given = std::getenv("LARDER_MODEL_SEED");
  if (given != nullptr) {
    if (const auto seed = parse_uint64(given)) return *seed;
  }
  return std::random_device{}();
}

// What the store is compared with. Keeps expired entries until they are reclaimed, as the store does, because they take
// part in the count of items and in the LRU order.
class Model {
 public:
  using Name = std::pair<Database, std::string>;
  struct Entry {
    std::string value;
    TimeMs expire_at_ms = kNoExpiry;
    std::list<Name>::iterator place;
  };

  explicit Model(std::size_t items_max) : items_max_(items_max) {}

  // Null if there is none; reclaims an expired one.
  Entry* find(const Name& name, TimeMs now_ms) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return nullptr;
    if (!expired(found->second, now_ms)) return &found->second;
    erase(name);
    return nullptr;
  }
  void touch(const Name& name) { order_.splice(order_.begin(), order_, entries_.at(name).place); }
  void put(const Name& name, std::string value, TimeMs expire_at_ms) {
    auto found = entries_.find(name);
    if (found == entries_.end()) {
      if (items_max_ != 0 && entries_.size() == items_max_) erase(Name(order_.back()));
      order_.push_front(name);
      found = entries_.emplace(name, Entry{{}, kNoExpiry, order_.begin()}).first;
    }
    found->second.value = std::move(value);
    found->second.expire_at_ms = expire_at_ms;
    touch(name);
  }
  void erase(const Name& name) {
    const auto found = entries_.find(name);
    order_.erase(found->second.place);
    entries_.erase(found);
  }
  template <class Predicate>
  void erase_if(Predicate&& predicate) {
    for (auto at = entries_.begin(); at != entries_.end();) {
      const auto current = at++;
      if (predicate(current->first, current->second)) erase(Name(current->first));
    }
  }
  static bool expired(const Entry& entry, TimeMs now_ms) {
    return entry.expire_at_ms != kNoExpiry && entry.expire_at_ms <= now_ms;
  }
  const std::map<Name, Entry>& entries() const { return entries_; }

 private:
  const std::size_t items_max_;
  std::map<Name, Entry> entries_;
  std::list<Name> order_;  // warmest first
};

struct Scenario {
  std::uint32_t shards;
  std::uint64_t maxitems;
  int steps;
};

class StoreModelTest : public ::testing::TestWithParam<Scenario> {
 protected:
  StoreModelTest()
      : seed_(seed_of_run()),
        random_(seed_),
        store_({.maxitems = GetParam().maxitems,
                .shards = GetParam().shards,
                .databases = kDatabases,
                .hash_seed = seed_}),
        model_(GetParam().maxitems) {}

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  // Mostly few names, so that operations meet; at times many, so that the index grows and shrinks.
  Model::Name random_name() {
    const std::uint64_t universe = one_in(4) ? 30'000 : 300;
    return {static_cast<Database>(below(kDatabases)), "key:" + std::to_string(below(universe))};
  }
  std::string random_value() {
    const std::size_t size = one_in(2'000) ? limits::kBodyBytesMin - 5 + below(10) : below(one_in(10) ? 1'000 : 40);
    return std::string(size, static_cast<char>('a' + below(26)));
  }
  TimeMs random_expiry() { return one_in(2) ? kNoExpiry : now_ms_ + 1 + static_cast<TimeMs>(below(5'000)); }
  Key key(const Model::Name& name) { return store_.key(name.first, name.second); }

  void set() {
    const Model::Name name = random_name();
    const std::string value = random_value();
    const SetOptions options{.expire_at_ms = random_expiry(),
                             .keep_expiry = one_in(5),
                             .condition = static_cast<Condition>(one_in(3) ? below(3) : 0)};
    const Key k = key(name);
    const StatusCode status = store_.run(k, now_ms_, [&](Shard& shard, Op& op) {
      return shard.set(k, {value, nullptr}, options, op);
    });

    Model::Entry* const entry = model_.find(name, now_ms_);
    const bool refused = (options.condition == Condition::kIfAbsent && entry != nullptr) ||
                         (options.condition == Condition::kIfPresent && entry == nullptr);
    ASSERT_EQ(status, refused ? StatusCode::kNotStored : StatusCode::kOk);
    if (refused) return;
    const TimeMs kept = entry != nullptr ? entry->expire_at_ms : options.expire_at_ms;
    model_.put(name, value, options.keep_expiry ? kept : options.expire_at_ms);
  }

  void get() {
    const Model::Name name = random_name();
    const Touch touch = one_in(3) ? Touch::kNo : Touch::kYes;
    const Key k = key(name);
    Model::Entry* const entry = model_.find(name, now_ms_);
    store_.run(k, now_ms_, [&](Shard& shard, Op& op) {
      const auto item = shard.get(k, touch, op);
      EXPECT_EQ(item.has_value(), entry != nullptr) << name.second;
      if (item && entry != nullptr) {
        EXPECT_EQ(item->key, name.second);
        EXPECT_EQ(item->value, entry->value);
        EXPECT_EQ(item->expire_at_ms, entry->expire_at_ms);
      }
      return StatusCode::kOk;
    });
    if (entry != nullptr && touch == Touch::kYes) model_.touch(name);
  }

  void erase() {
    const Model::Name name = random_name();
    const Key k = key(name);
    bool erased = false;
    store_.run(k, now_ms_, [&](Shard& shard, Op& op) {
      erased = shard.erase(k, op);
      return StatusCode::kOk;
    });
    ASSERT_EQ(erased, model_.find(name, now_ms_) != nullptr);
    if (erased) model_.erase(name);
  }

  void set_expiry() {
    const Model::Name name = random_name();
    const TimeMs expire_at_ms = random_expiry();
    const Key k = key(name);
    const StatusCode status =
        store_.run(k, now_ms_, [&](Shard& shard, Op& op) { return shard.set_expiry(k, expire_at_ms, op); });
    Model::Entry* const entry = model_.find(name, now_ms_);
    ASSERT_EQ(status, entry != nullptr ? StatusCode::kOk : StatusCode::kNotFound);
    if (entry == nullptr) return;
    entry->expire_at_ms = expire_at_ms;
    model_.touch(name);
  }

  void flush() {
    std::optional<Database> database;
    if (!one_in(3)) database = static_cast<Database>(below(kDatabases));
    store_.flush(database, now_ms_);
    // A flush sweeps a little, so which expired entries are left is only known once all are gone.
    maintain_all();
    model_.erase_if([&](const Model::Name& name, const Model::Entry&) { return !database || name.first == *database; });
  }

  void maintain_all() {
    while (store_.maintain(now_ms_, 1 + below(5'000))) {
    }
    model_.erase_if([&](const Model::Name&, const Model::Entry& entry) { return Model::expired(entry, now_ms_); });
  }

  // Scans with sweeps in between, which do not change what is alive.
  void scan() {
    std::multiset<Model::Name> seen;
    std::uint64_t cursor = 0;
    do {
      cursor = store_.scan(cursor, 1 + below(500), now_ms_, [&](const ItemView& item) {
        seen.emplace(item.database, item.key);
        const auto entry = model_.entries().find({item.database, std::string(item.key)});
        ASSERT_NE(entry, model_.entries().end()) << item.key;
        EXPECT_EQ(item.value, entry->second.value);
      });
      if (one_in(10)) store_.maintain(now_ms_, below(300));
    } while (cursor != 0);
    maintain_all();
    ASSERT_EQ(seen.size(), model_.entries().size());
    for (const auto& [name, entry] : model_.entries()) ASSERT_EQ(seen.count(name), 1u) << name.second;
  }

  void check() {
    maintain_all();
    store_.check_invariants();
    std::vector<std::uint64_t> counts(kDatabases);
    std::uint64_t data_bytes = 0;
    for (const auto& [name, entry] : model_.entries()) {
      ++counts[name.first];
      data_bytes += name.second.size() + entry.value.size();
    }
    for (Database database = 0; database < kDatabases; ++database) {
      ASSERT_EQ(store_.size(database), counts[database]);
    }
    const StoreStats stats = store_.stats();
    ASSERT_EQ(stats.total.data_bytes, data_bytes);
    ASSERT_EQ(stats.used_bytes, stats.total.used_bytes());
    ASSERT_EQ(store_.budget().used_items(), model_.entries().size());
  }

  void step() {
    const std::uint64_t choice = below(100'000);
    if (choice < 45'000) return set();
    if (choice < 80'000) return get();
    if (choice < 90'000) return erase();
    if (choice < 95'000) return set_expiry();
    if (choice < 99'960) {
      now_ms_ += static_cast<TimeMs>(below(3));
      return;
    }
    if (choice < 99'990) return maintain_all();
    if (choice < 99'997) return scan();
    flush();
  }

  const std::uint64_t seed_;
  SplitMix64 random_;
  TimeMs now_ms_ = kStartMs;
  ShardedStore store_;
  Model model_;
};

TEST_P(StoreModelTest, AnswersAsAPlainMapDoes) {
  SCOPED_TRACE("LARDER_MODEL_SEED=" + std::to_string(seed_));
  std::printf("LARDER_MODEL_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  for (int at = 0; at < GetParam().steps; ++at) {
    step();
    if (at % kStepsBetweenChecks == 0) check();
    ASSERT_FALSE(HasFailure()) << "at step " << at;
  }
  check();
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreModelTest,
                         ::testing::Values(Scenario{.shards = 1, .maxitems = 0, .steps = 1'000'000},
                                           Scenario{.shards = 16, .maxitems = 0, .steps = 1'000'000},
                                           Scenario{.shards = 1, .maxitems = 100, .steps = 500'000},
                                           Scenario{.shards = 1, .maxitems = 5'000, .steps = 500'000}),
                         [](const auto& scenario) {
                           return std::to_string(scenario.param.shards) + "Shards" +
                                  (scenario.param.maxitems == 0 ? std::string("NoLimit")
                                                                : std::to_string(scenario.param.maxitems) + "Items");
                         });

}  // namespace
}  // namespace larder
