// Random commands against a plain std::map and a manual clock: every reply must be the model's, byte for byte. The seed
// is printed; LARDER_MODEL_SEED repeats a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "larder/base/text.h"
#include "model/model_run.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

constexpr int kCommands = 200'000;
constexpr int kKeys = 60;
constexpr int kDatabases = 2;
constexpr std::int64_t kTtlMsMax = 400;

using Words = std::vector<std::string>;

struct ModelItem {
  std::string value;
  std::optional<TimeMs> expire_at_ms;
};

// What the store should hold. Every method answers the reply that Redis would give.
class Model {
 public:
  explicit Model(TimeMs now_ms) : now_ms_(now_ms) {}

  void advance_ms(std::int64_t ms) {
    now_ms_ += ms;
    for (auto& items : databases_) {
      std::erase_if(items,
                    [&](const auto& entry) { return entry.second.expire_at_ms.value_or(now_ms_ + 1) <= now_ms_; });
    }
  }
  void select(int database) { selected_ = database; }
  void flush_database() { items().clear(); }
  std::size_t size() const { return databases_[selected_].size(); }
  Words keys() const {
    Words keys;
    for (const auto& [key, item] : databases_[selected_]) keys.push_back(key);
    return keys;
  }

  std::string get(const std::string& key) const {
    const ModelItem* item = find(key);
    return item != nullptr ? bulk(item->value) : std::string(kNull);
  }
  bool exists(const std::string& key) const { return find(key) != nullptr; }

  struct Set {
    char condition = ' ';  // N, X
    bool get = false;
    bool keep_ttl = false;
    std::optional<std::int64_t> ttl_ms = {};
  };
  std::string set(const std::string& key, const std::string& value, const Set& options) {
    const std::string old = get(key);
    const bool stores = options.condition == ' ' || (options.condition == 'X') == exists(key);
    if (stores) {
      const auto kept = options.keep_ttl && exists(key) ? items()[key].expire_at_ms : std::nullopt;
      items()[key] = {value, options.ttl_ms ? std::optional(now_ms_ + *options.ttl_ms) : kept};
    }
    if (options.get) return old;
    return std::string(stores ? kOk : kNull);
  }
  std::string get_and_delete(const std::string& key) {
    const std::string reply = get(key);
    items().erase(key);
    return reply;
  }
  // No time: PERSIST.
  std::string get_and_expire(const std::string& key, std::optional<std::int64_t> ttl_ms) {
    const std::string reply = get(key);
    if (exists(key)) items()[key].expire_at_ms = ttl_ms ? std::optional(now_ms_ + *ttl_ms) : std::nullopt;
    return reply;
  }
  std::string append(const std::string& key, const std::string& part) {
    items()[key].value += part;
    return integer(static_cast<std::int64_t>(items()[key].value.size()));
  }
  std::string add(const std::string& key, std::int64_t delta) {
    const auto old = exists(key) ? parse_int64(items()[key].value) : std::optional<std::int64_t>(0);
    if (!old) return error("ERR value is not an integer or out of range");
    std::int64_t sum = 0;
    if (__builtin_add_overflow(*old, delta, &sum)) return error("ERR increment or decrement would overflow");
    items()[key].value = std::to_string(sum);
    return integer(sum);
  }
  std::string strlen(const std::string& key) const {
    return integer(exists(key) ? static_cast<std::int64_t>(find(key)->value.size()) : 0);
  }
  std::string erase(const Words& keys) {
    std::size_t erased = 0;
    for (const std::string& key : keys) erased += items().erase(key);
    return integer(static_cast<std::int64_t>(erased));
  }
  std::string count(const Words& keys) const {
    return integer(std::count_if(keys.begin(), keys.end(), [&](const std::string& key) { return exists(key); }));
  }
  std::string expire(const std::string& key, std::int64_t ttl_ms, const std::string& condition) {
    if (!exists(key)) return integer(0);
    ModelItem& item = items()[key];
    const TimeMs wanted = now_ms_ + ttl_ms;
    const bool has = item.expire_at_ms.has_value();
    if (condition == "NX" && has) return integer(0);
    if (condition == "XX" && !has) return integer(0);
    if (condition == "GT" && (!has || wanted <= *item.expire_at_ms)) return integer(0);
    if (condition == "LT" && has && wanted >= *item.expire_at_ms) return integer(0);
    item.expire_at_ms = wanted;
    if (ttl_ms <= 0) items().erase(key);
    return integer(1);
  }
  std::string persist(const std::string& key) {
    const bool had = exists(key) && items()[key].expire_at_ms;
    if (had) items()[key].expire_at_ms.reset();
    return integer(had ? 1 : 0);
  }
  std::string pttl(const std::string& key) const {
    const ModelItem* item = find(key);
    if (item == nullptr) return integer(-2);
    return integer(item->expire_at_ms ? *item->expire_at_ms - now_ms_ : -1);
  }

 private:
  std::map<std::string, ModelItem>& items() { return databases_[selected_]; }
  const ModelItem* find(const std::string& key) const {
    const auto found = databases_[selected_].find(key);
    return found != databases_[selected_].end() ? &found->second : nullptr;
  }

  TimeMs now_ms_;
  int selected_ = 0;
  std::array<std::map<std::string, ModelItem>, kDatabases> databases_;
};

// Makes up a command, and asks the runner and the model.
class Comparison {
 public:
  Comparison(std::uint32_t shards, std::uint64_t seed)
      : runner_({.shards = shards, .databases = kDatabases}), model_(runner_.now_ms()), random_(seed) {}

  void step() {
    const std::uint64_t kind = random_.below(100);
    if (kind < 20) {
      step_set();
    } else if (kind < 60) {
      step_value();
    } else if (kind < 75) {
      step_expiry();
    } else if (kind < 90) {
      step_several_keys();
    } else {
      step_surroundings();
    }
  }

  // The whole keyspace at once.
  void compare_keyspace() {
    expect({"DBSIZE"}, (runner_.maintain(), integer(static_cast<std::int64_t>(model_.size()))));
    Words expected = model_.keys();
    std::string cursor = "0";
    Words seen;
    do {
      cursor = scan_step(cursor, seen);
    } while (cursor != "0");
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, expected);
    for (const std::string& key : expected) expect({"GET", key}, model_.get(key));
    runner_.store().check_invariants();
  }

 private:
  std::string key() { return "key:" + std::to_string(random_.below(kKeys)); }
  // Numbers, short texts, and now and then one that is stored in a block of its own.
  std::string value() {
    const std::uint64_t kind = random_.below(100);
    if (kind < 50) return std::to_string(random_.below(1000));
    if (kind < 98) return std::string(random_.below(200), static_cast<char>('a' + random_.below(26)));
    return std::string(60'000 + random_.below(20'000), 'L');
  }
  std::int64_t ttl_ms() { return 1 + static_cast<std::int64_t>(random_.below(kTtlMsMax)); }
  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }

  void expect(const Words& request, const std::string& reply) {
    const std::string answered = runner_.run(request);
    if (answered == reply) return;
    std::string words;
    for (const std::string& word : request) words += printable(word) + " ";
    ADD_FAILURE() << words << "answered " << printable(answered) << " instead of " << printable(reply);
  }

  void step_set() {
    Words request = {"SET", key(), value()};
    Model::Set options;
    if (chance(30)) {
      options.condition = chance(50) ? 'N' : 'X';
      request.push_back(options.condition == 'N' ? "NX" : "XX");
    }
    if (chance(40)) {
      options.ttl_ms = ttl_ms();
      request.insert(request.end(), {"PX", std::to_string(*options.ttl_ms)});
    } else if (chance(30)) {
      options.keep_ttl = true;
      request.push_back("KEEPTTL");
    }
    if (chance(30)) {
      options.get = true;
      request.push_back("GET");
    }
    expect(request, model_.set(request[1], request[2], options));
  }

  void step_value() {
    const std::string k = key();
    switch (random_.below(9)) {
      case 0:
      case 1:
        return expect({"GET", k}, model_.get(k));
      case 2:
        return expect({"GETDEL", k}, model_.get_and_delete(k));
      case 3: {
        const std::int64_t ttl = ttl_ms();
        if (chance(50)) return expect({"GETEX", k, "PERSIST"}, model_.get_and_expire(k, {}));
        return expect({"GETEX", k, "PX", std::to_string(ttl)}, model_.get_and_expire(k, ttl));
      }
      case 4: {
        const std::string part = value();
        return expect({"APPEND", k, part}, model_.append(k, part));
      }
      case 5: {
        const auto delta = static_cast<std::int64_t>(random_.next()) >> random_.below(64);
        return expect({"INCRBY", k, std::to_string(delta)}, model_.add(k, delta));
      }
      case 6:
        return expect({"DECR", k}, model_.add(k, -1));
      case 7: {
        const std::string v = value();
        return expect({"GETSET", k, v}, model_.set(k, v, {.get = true}));
      }
      default:
        return expect({"STRLEN", k}, model_.strlen(k));
    }
  }

  void step_expiry() {
    const std::string k = key();
    switch (random_.below(4)) {
      case 0:
        return expect({"PTTL", k}, model_.pttl(k));
      case 1:
        return expect({"PERSIST", k}, model_.persist(k));
      default: {
        constexpr std::array<const char*, 5> kConditions = {"", "NX", "XX", "GT", "LT"};
        const std::string condition = kConditions[random_.below(kConditions.size())];
        const std::int64_t ttl = chance(5) ? -ttl_ms() : ttl_ms();
        Words request = {"PEXPIRE", k, std::to_string(ttl)};
        if (!condition.empty()) request.push_back(condition);
        return expect(request, model_.expire(k, ttl, condition));
      }
    }
  }

  void step_several_keys() {
    Words keys;
    for (std::uint64_t i = 0; i <= random_.below(5); ++i) keys.push_back(key());
    const auto with_name = [&](const char* name) {
      Words request = {name};
      request.insert(request.end(), keys.begin(), keys.end());
      return request;
    };
    switch (random_.below(5)) {
      case 0:
        return expect(with_name("DEL"), model_.erase(keys));
      case 1:
        return expect(with_name(chance(50) ? "EXISTS" : "TOUCH"), model_.count(keys));
      case 2: {
        Words replies;
        for (const std::string& k : keys) replies.push_back(model_.get(k));
        return expect(with_name("MGET"), array(replies));
      }
      default:
        return step_set_pairs(keys);
    }
  }

  void step_set_pairs(const Words& keys) {
    const bool only_new = chance(50);
    Words request = {only_new ? "MSETNX" : "MSET"};
    const bool stores =
        !only_new || std::none_of(keys.begin(), keys.end(), [&](const std::string& k) { return model_.exists(k); });
    for (const std::string& k : keys) {
      const std::string v = value();
      request.insert(request.end(), {k, v});
      if (stores) model_.set(k, v, {});
    }
    expect(request, only_new ? integer(stores ? 1 : 0) : std::string(kOk));
  }

  void step_surroundings() {
    switch (random_.below(50)) {
      case 0:
        model_.flush_database();
        return expect({"FLUSHDB"}, std::string(kOk));
      case 1:
        return runner_.maintain();
      case 2:
        return compare_keyspace();
      default:
        if (chance(30)) {
          const auto database = static_cast<int>(random_.below(kDatabases));
          model_.select(database);
          return expect({"SELECT", std::to_string(database)}, std::string(kOk));
        }
        const auto ms = static_cast<std::int64_t>(random_.below(30));
        runner_.advance_ms(ms);
        model_.advance_ms(ms);
    }
  }

  // Adds the keys of one step to `seen` and returns the next cursor.
  std::string scan_step(const std::string& cursor, Words& seen) {
    const std::string reply = runner_.run({"SCAN", cursor, "COUNT", std::to_string(1 + random_.below(20))});
    Words strings;
    for (std::size_t at = 0; at < reply.size();) {
      const bool is_bulk = reply[at] == '$';
      const std::size_t length = std::stoul(reply.substr(at + 1));
      at = reply.find("\r\n", at) + 2;
      if (!is_bulk) continue;
      strings.push_back(reply.substr(at, length));
      at += length + 2;
    }
    seen.insert(seen.end(), strings.begin() + 1, strings.end());
    return strings.front();
  }

  CommandRunner runner_;
  Model model_;
  SplitMix64 random_;
};

class CommandsModel : public testing::TestWithParam<std::uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Shards, CommandsModel, testing::Values(1, 16));

TEST_P(CommandsModel, RepliesAreThoseOfAPlainMap) {
  const std::uint64_t seed = seed_of_run();
  std::cout << "LARDER_MODEL_SEED=" << seed << "\n";
  Comparison comparison(GetParam(), seed);
  for (int i = 0; i < kCommands && !HasFailure(); ++i) comparison.step();
  comparison.compare_keyspace();
  EXPECT_FALSE(HasFailure()) << "repeat with LARDER_MODEL_SEED=" << seed;
}

}  // namespace
}  // namespace larder::test
