// Shard under each policy: hits, misses, overwrites, and new keys that have to evict, over items that stay in the
// core's cache and over a million, asked for at random. Keys come with their hashes; no lock and no protocol is in it.
//
// What is prepared for one benchmark is a shard of up to a million items, so each runs a fixed number of operations
// instead of being tried with more and more of them.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "larder/store/shard.h"
#include "micro.h"

namespace larder {
namespace {

constexpr std::int64_t kOperations = 2'000'000;
constexpr std::uint64_t kFewItems = 1'000;
constexpr std::uint64_t kManyItems = 1'000'000;
constexpr TimeMs kStartMs = 1'000'000;
constexpr TimeMs kLifeMs = 86'400'000;

constexpr PolicyKind kPolicies[] = {PolicyKind::kAllKeysLru,     PolicyKind::kAllKeysLfu,    PolicyKind::kAllKeysS3Fifo,
                                    PolicyKind::kAllKeysTinyLfu, PolicyKind::kAllKeysRandom, PolicyKind::kVolatileTtl};

// A shard with the items 0 to `items` - 1, and what an operation on it needs.
class FilledShard {
 public:
  FilledShard(PolicyKind policy, std::uint64_t items)
      : budget_(0, 0),
        options_{.expire_at_ms = evicts_volatile_only(policy) ? kStartMs + kLifeMs : kNoExpiry},
        shard_({.policy = policy, .hasher = &hasher_, .segment_bytes = SegmentLog::kSegmentBytesMax}, budget_) {
    for (std::uint64_t number = 0; number < items; ++number) set(draw_of(number));
  }

  // A key that is about to be used; they lie one after the other, so that looking at them costs nothing.
  struct Draw {
    MicroKey key;
    KeyHash hash;
  };
  Draw draw_of(std::uint64_t number) const {
    const MicroKey key = micro_key(number);
    return {key, hasher_(0, key.view())};
  }
  std::vector<Draw> draws(std::uint64_t first, std::uint64_t keys) const {
    SplitMix64 random(1);
    std::vector<Draw> result;
    for (std::int64_t i = 0; i < kOperations; ++i) result.push_back(draw_of(first + random.below(keys)));
    return result;
  }

  bool get(const Draw& draw) {
    Op op{now_ms_, events_};
    const std::optional<ItemView> item = shard_.get(key(draw), Touch::kYes, op);
    if (item) benchmark::DoNotOptimize(item->value.back());
    return item.has_value();
  }
  // Evicts where it has to, as ShardedStore does.
  void set(const Draw& draw) {
    Op op{now_ms_, events_};
    while (shard_.set(key(draw), {value_, nullptr}, options_, op) == StatusCode::kNeedsRoom) {
      Op eviction{now_ms_, events_};
      shard_.evict(op.needed, {.items_max = 64, .buckets_max = 64}, eviction);
      op.needed = {};
    }
  }
  // From now on there is no more room than what is used.
  void close_budget() { budget_.set_bytes_max(budget_.used_bytes()); }
  // So that one use of an item is later than another.
  void advance_time() { ++now_ms_; }
  std::uint64_t items() const { return shard_.stats().items; }
  std::uint64_t evicted() const { return shard_.stats().evicted; }

 private:
  static Key key(const Draw& draw) { return {draw.key.view(), draw.hash, 0}; }

  const Hasher hasher_{1};
  const std::string value_ = std::string(kMicroValueBytes, 'v');
  Budget budget_;
  const SetOptions options_;
  Events events_{0};
  TimeMs now_ms_ = kStartMs;
  Shard shard_;
};

// A hundred operations a millisecond.
constexpr std::size_t kOperationsPerMs = 100;

template <class Use>
void use_draws(benchmark::State& state, FilledShard& shard, const std::vector<FilledShard::Draw>& draws, Use&& use) {
  std::size_t at = 0;
  for (auto _ : state) {
    if (at % kOperationsPerMs == 0) shard.advance_time();
    use(draws[at++]);
  }
}

void shard_get(benchmark::State& state, PolicyKind policy, std::uint64_t items, bool hit) {
  FilledShard shard(policy, items);
  const auto draws = shard.draws(hit ? 0 : items, items);
  use_draws(state, shard, draws, [&](const FilledShard::Draw& draw) {
    if (shard.get(draw) != hit) std::abort();
  });
}

void shard_overwrite(benchmark::State& state, PolicyKind policy, std::uint64_t items) {
  FilledShard shard(policy, items);
  const auto draws = shard.draws(0, items);
  use_draws(state, shard, draws, [&](const FilledShard::Draw& draw) { shard.set(draw); });
  if (shard.items() != items) std::abort();
}

// Of twice as many keys as fit, at random: half of the writes are of a new key.
void shard_set_evicting(benchmark::State& state, PolicyKind policy, std::uint64_t items) {
  FilledShard shard(policy, items);
  shard.close_budget();
  const auto draws = shard.draws(0, 2 * items);
  use_draws(state, shard, draws, [&](const FilledShard::Draw& draw) { shard.set(draw); });
  if (shard.evicted() == 0) std::abort();
  state.counters["evicted"] =
      benchmark::Counter(static_cast<double>(shard.evicted()), benchmark::Counter::kAvgIterations);
}

template <class Run>
void add(const std::string& what, PolicyKind policy, std::uint64_t items, Run&& run) {
  const std::string name = what + "/" + std::string(policy_name(policy)) + "/" + std::to_string(items);
  benchmark::RegisterBenchmark(name.c_str(), run)->Iterations(kOperations);
}

void add_all() {
  for (const PolicyKind policy : kPolicies) {
    for (const std::uint64_t items : {kFewItems, kManyItems}) {
      add("shard_get_hit", policy, items, [=](benchmark::State& state) { shard_get(state, policy, items, true); });
      add("shard_get_miss", policy, items, [=](benchmark::State& state) { shard_get(state, policy, items, false); });
      add("shard_overwrite", policy, items, [=](benchmark::State& state) { shard_overwrite(state, policy, items); });
    }
    add("shard_set_evicting", policy, kManyItems,
        [=](benchmark::State& state) { shard_set_evicting(state, policy, kManyItems); });
  }
}

[[maybe_unused]] const bool kAdded = (add_all(), true);

}  // namespace
}  // namespace larder
