// Every victim of the policies with an exact order, one by one, against a search through a plain list of all items:
// while items are rewritten at other sizes, get and lose expiries, and compaction moves what is left.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "larder/base/hash.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

// What a policy may look at. `used` counts the uses of all items, so no two are equal.
struct Seen {
  std::uint64_t uses = 0;
  std::uint64_t used = 0;
  TimeMs expire_at_ms = kNoExpiry;
};

// The lower goes first.
std::tuple<std::uint64_t, std::uint64_t> coldness(PolicyKind policy, const Seen& seen) {
  switch (policy) {
    case PolicyKind::kAllKeysLfu:
    case PolicyKind::kVolatileLfu:
      return {seen.uses, seen.used};
    case PolicyKind::kVolatileTtl:
      return {static_cast<std::uint64_t>(seen.expire_at_ms), 0};
    default:
      return {seen.used, 0};
  }
}

class ShardVictims : public ShardFixture, public testing::WithParamInterface<PolicyKind> {
 protected:
  static constexpr std::uint64_t kItemsMax = 600;
  // Fewer uses than those after which an unused item of LFU ages.
  static constexpr int kSteps = 8'000;

  ShardVictims() : ShardFixture(0, kItemsMax, GetParam()) {}

  std::string name() { return std::to_string(random_.below(random_.below(2) == 0 ? 200 : 1'500)); }
  // Far away, and no two the same.
  TimeMs expiry() {
    if (random_.below(4) == 0) return kNoExpiry;
    return now_ms_ + 1'000'000 + static_cast<TimeMs>(random_.below(1'000'000)) * kSteps + ++expiries_;
  }
  // Empty if nothing may go.
  std::string expected_victim() const {
    const std::pair<const std::string, Seen>* coldest = nullptr;
    for (const auto& item : items_) {
      if (evicts_volatile_only(GetParam()) && item.second.expire_at_ms == kNoExpiry) continue;
      if (coldest == nullptr || coldness(GetParam(), item.second) < coldness(GetParam(), coldest->second)) {
        coldest = &item;
      }
    }
    return coldest == nullptr ? std::string() : coldest->first;
  }
  void use(Seen& seen) {
    ++seen.uses;
    seen.used = ++uses_;
  }
  // Whoever becomes volatile is new to a policy that looks at those alone.
  void change_expiry(Seen& seen, TimeMs expire_at_ms) {
    const bool enters = seen.expire_at_ms == kNoExpiry && expire_at_ms != kNoExpiry;
    if (evicts_volatile_only(GetParam()) && enters) seen.uses = 1;
    seen.expire_at_ms = expire_at_ms;
  }

  void read() {
    const std::string key = name();
    const auto item = items_.find(key);
    ASSERT_EQ(get(key).has_value(), item != items_.end()) << key;
    if (item != items_.end()) use(item->second);
  }
  void write() {
    const std::string key = name();
    const TimeMs expire_at_ms = expiry();
    std::string victim;
    if (!items_.contains(key) && items_.size() == kItemsMax) {
      victim = expected_victim();
      if (!victim.empty()) items_.erase(victim);
    }
    events();
    const StatusCode status = set_evicting(key, std::string(random_.below(2'500), 'v'), {.expire_at_ms = expire_at_ms});
    std::vector<std::string> happened = events();
    std::erase(happened, "set " + key);
    ASSERT_EQ(happened, victim.empty() ? std::vector<std::string>() : std::vector{"evicted " + victim});
    const bool has_room = items_.contains(key) || items_.size() < kItemsMax;
    ASSERT_EQ(status == StatusCode::kOk, has_room);
    if (!has_room) return;
    victims_ += !victim.empty();
    const bool is_new = !items_.contains(key);
    Seen& seen = items_[key];
    change_expiry(seen, expire_at_ms);
    if (is_new) seen.uses = 0;
    use(seen);
  }
  void change_expiry() {
    const std::string key = name();
    const TimeMs expire_at_ms = expiry();
    Op call = op();
    const StatusCode status = shard_.set_expiry(this->key(key), expire_at_ms, call);
    ASSERT_EQ(status == StatusCode::kOk, items_.contains(key));
    if (!items_.contains(key)) return;
    change_expiry(items_.at(key), expire_at_ms);
    use(items_.at(key));
  }
  void remove() {
    const std::string key = name();
    ASSERT_EQ(erase(key), items_.erase(key) == 1);
  }
  void step() {
    const std::uint64_t choice = random_.below(100);
    if (choice < 45) return read();
    if (choice < 85) return write();
    if (choice < 93) return change_expiry();
    if (choice < 96) return remove();
    Op call = op();
    shard_.sweep({.items_max = 64, .buckets_max = 200}, call);
  }

  SplitMix64 random_{23};
  std::map<std::string, Seen> items_;
  std::uint64_t uses_ = 0;
  TimeMs expiries_ = 0;
  std::uint64_t victims_ = 0;
};

TEST_P(ShardVictims, AreThoseThatAPlainSearchFinds) {
  for (int at = 0; at < kSteps; ++at) ASSERT_NO_FATAL_FAILURE(step()) << "at step " << at;
  EXPECT_GT(victims_, 500u);
  EXPECT_GT(shard_.stats().moved_bytes, 500'000u);
}

INSTANTIATE_TEST_SUITE_P(ExactPolicies, ShardVictims,
                         testing::Values(PolicyKind::kAllKeysLru, PolicyKind::kAllKeysLfu, PolicyKind::kVolatileLru,
                                         PolicyKind::kVolatileLfu, PolicyKind::kVolatileTtl),
                         [](const auto& tested) {
                           std::string name(policy_name(tested.param));
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace larder
