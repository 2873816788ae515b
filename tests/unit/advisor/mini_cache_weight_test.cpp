// A miniature cache beside a store of the same policy: it holds as many items for its size, whatever policy the store
// had from which its size was worked out.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "advisor/item_weigher.h"
#include "advisor/mini_cache.h"
#include "larder/store/sharded_store.h"
#include "unit/advisor/exact_lru.h"

namespace larder {
namespace {

using test::hash_of_key;

constexpr TimeMs kNow = 1'700'000'000'000;
constexpr std::uint64_t kMaxmemory = 4 << 20;
constexpr int kKeyBytes = 8;
constexpr std::uint64_t kScale = 8;  // so much smaller is the miniature

TimeMs expiry_under(PolicyKind policy) {
  return evicts_volatile_only(policy) ? kNow + 1'000'000 : kNoExpiry;
}

using Requests = std::vector<std::uint64_t>;

// Some keys are asked for again and again, among many that are not.
Requests requests_for(std::uint64_t item_bytes) {
  const auto keys = static_cast<std::size_t>(2 * kMaxmemory / item_bytes);
  return test::zipf_requests(2 * keys, keys, 0.6, 5);
}

// A store under one of its policies after reads and, where they miss, writes of items of one size.
class FilledStore {
 public:
  FilledStore(PolicyKind policy, std::uint32_t plain_bytes, const Requests& requests)
      : store_({.maxmemory_bytes = kMaxmemory, .policy = policy, .databases = 1, .hash_seed = 1}) {
    const TimeMs expire_at_ms = expiry_under(policy);
    const std::size_t beside = 8 + kKeyBytes + (expire_at_ms != kNoExpiry ? sizeof(TimeMs) : 0);
    const std::string value(plain_bytes - beside, 'v');
    for (const std::uint64_t number : requests) {
      std::array<char, 24> name;
      std::snprintf(name.data(), name.size(), "%0*d", kKeyBytes, static_cast<int>(number));
      const Key key = store_.key(0, {name.data(), kKeyBytes});
      const auto read = [&](Shard& shard, Op& op) {
        return shard.get(key, Touch::kYes, op) ? StatusCode::kOk : StatusCode::kNotFound;
      };
      if (store_.run(key, kNow, read) == StatusCode::kOk) continue;
      store_.run(key, kNow, [&](Shard& shard, Op& op) {
        return shard.set(key, {value, nullptr}, {.expire_at_ms = expire_at_ms}, op);
      });
    }
  }

  std::uint64_t items() { return store_.stats().total.items; }
  // As the advisor works it out.
  double capacity() {
    const StoreStats stats = store_.stats();
    const double weight = static_cast<double>(stats.total.item_bytes + stats.total.slack_bytes +
                                              stats.total.policy_bytes + stats.total.items * ItemWeigher::kIndexBytes);
    return static_cast<double>(store_.budget().bytes_max() - stats.startup_bytes) * weight /
           static_cast<double>(stats.used_bytes - stats.startup_bytes);
  }

 private:
  ShardedStore store_;
};

std::uint64_t items_in_miniature(PolicyKind policy, std::uint32_t plain_bytes, const Requests& requests,
                                 double capacity) {
  MiniCache cache({.policy = policy, .counts_items = false});
  cache.set_capacity(static_cast<std::uint64_t>(capacity / kScale));
  for (const std::uint64_t number : requests) {
    const KeyHash hash = hash_of_key(number);
    if (!is_sampled(hash, kAllKeys / kScale) || cache.use(hash, kNow)) continue;
    cache.put(hash, ItemSize::of(plain_bytes), expiry_under(policy), kNow);
  }
  cache.check_invariants();
  return cache.size();
}

class MiniatureOfAStore : public testing::TestWithParam<std::uint32_t> {};

TEST_P(MiniatureOfAStore, HoldsAsManyItemsUnderEveryPolicy) {
  const std::array kinds = {PolicyKind::kAllKeysLru,    PolicyKind::kAllKeysLfu,     PolicyKind::kAllKeysRandom,
                            PolicyKind::kAllKeysS3Fifo, PolicyKind::kAllKeysTinyLfu, PolicyKind::kVolatileLru,
                            PolicyKind::kVolatileLfu,   PolicyKind::kVolatileRandom, PolicyKind::kVolatileTtl};
  // An index of another size is not equally full: a byte an item.
  const double tolerance = GetParam() < 32 ? 0.03 : 0.02;
  std::map<PolicyKind, std::pair<double, double>> stores;  // items, capacity
  const Requests requests = requests_for(GetParam());
  for (const PolicyKind kind : kinds) {
    FilledStore store(kind, GetParam(), requests);
    stores[kind] = {static_cast<double>(store.items()), store.capacity()};
  }
  for (const auto& [kind, real] : stores) {
    for (const PolicyKind now : {PolicyKind::kAllKeysLru, PolicyKind::kAllKeysS3Fifo, PolicyKind::kVolatileTtl}) {
      if (evicts_volatile_only(now) != evicts_volatile_only(kind)) continue;
      const auto items =
          static_cast<double>(kScale * items_in_miniature(kind, GetParam(), requests, stores.at(now).second));
      EXPECT_NEAR(items / real.first, 1, tolerance) << policy_name(kind) << " while it is " << policy_name(now);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(PlainBytes, MiniatureOfAStore, testing::Values(24u, 40u, 104u, 2'000u));

}  // namespace
}  // namespace larder
