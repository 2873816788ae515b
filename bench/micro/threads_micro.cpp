// One and two threads on one ShardedStore: uniform keys, as batches of sessions read them (hashed and prefetched
// together, locks kept from one key to the next), and one hot key that all threads want. What two threads do together,
// by what one does, is the ratio of the items a second.
//
// `apart` is the control: each thread has a store of its own, so nothing is shared but the machine. Two hardware
// threads of one core, or two virtual processors on it, do little more together than one alone.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "larder/store/sharded_store.h"
#include "micro.h"

namespace larder {
namespace {

constexpr std::uint64_t kItems = 1'000'000;
constexpr std::size_t kBatch = 16;
constexpr TimeMs kNowMs = 1'000'000;
constexpr unsigned kThreadsMax = 2;
// Keys that a thread draws beforehand.
constexpr std::size_t kDraws = 1 << 18;

// One of a few, filled for the policy.
ShardedStore& filled_store(PolicyKind policy, std::size_t which = 0) {
  static std::array<std::unique_ptr<ShardedStore>, kThreadsMax> stores;
  std::unique_ptr<ShardedStore>& store = stores[which];
  if (store && store->policy() == policy) return *store;
  store = std::make_unique<ShardedStore>(
      StoreOptions{.policy = policy, .shards = shards_for(std::uint64_t{32} << 30, 0, kThreadsMax)});
  const std::string value(100, 'v');
  for (std::uint64_t number = 0; number < kItems; ++number) {
    const MicroKey name = micro_key(number);
    const Key key = store->key(0, name.view());
    store->run(key, kNowMs, [&](Shard& shard, Op& op) { return shard.set(key, {value, nullptr}, {}, op); });
  }
  return *store;
}

enum class Stores { kOne, kApart };

// `keys`: how many different ones are asked for.
void read_batches(benchmark::State& state, PolicyKind policy, std::uint64_t keys, Stores stores = Stores::kOne) {
  static std::array<ShardedStore*, kThreadsMax> of_thread{};
  if (state.thread_index() == 0) {
    for (int thread = 0; thread < state.threads(); ++thread) {
      of_thread[static_cast<std::size_t>(thread)] =
          &filled_store(policy, stores == Stores::kApart ? static_cast<std::size_t>(thread) : 0);
    }
  }
  SplitMix64 random(static_cast<std::uint64_t>(state.thread_index()) + 1);
  std::vector<MicroKey> names;
  for (std::size_t i = 0; i < kDraws; ++i) names.push_back(micro_key(random.below(keys)));
  std::size_t next = 0;
  std::array<Key, kBatch> batch;
  std::array<KeyHash, kBatch> hashes;
  for (auto _ : state) {
    ShardedStore& store = *of_thread[static_cast<std::size_t>(state.thread_index())];
    for (std::size_t i = 0; i < kBatch; ++i) {
      batch[i] = store.key(0, names[next++ % kDraws].view());
      hashes[i] = batch[i].hash;
    }
    store.prefetch(hashes);
    ShardedStore::KeptLock kept(store);
    for (const Key& key : batch) {
      if (!kept.holds(key)) kept.release();
      store.run(
          key, kNowMs,
          [&](Shard& shard, Op& op) {
            const auto item = shard.get(key, Touch::kYes, op);
            benchmark::DoNotOptimize(item->value.back());
            return StatusCode::kOk;
          },
          nullptr, kept);
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBatch));
}

#define LARDER_READ_BATCHES(name, ...) \
  BENCHMARK_CAPTURE(read_batches, name, __VA_ARGS__)->ThreadRange(1, kThreadsMax)->UseRealTime()

LARDER_READ_BATCHES(lru_uniform, PolicyKind::kAllKeysLru, kItems);
LARDER_READ_BATCHES(lru_uniform_apart, PolicyKind::kAllKeysLru, kItems, Stores::kApart);
LARDER_READ_BATCHES(lru_hot_key, PolicyKind::kAllKeysLru, 1);
LARDER_READ_BATCHES(lru_hot_key_apart, PolicyKind::kAllKeysLru, 1, Stores::kApart);
LARDER_READ_BATCHES(s3fifo_uniform, PolicyKind::kAllKeysS3Fifo, kItems);
LARDER_READ_BATCHES(s3fifo_uniform_apart, PolicyKind::kAllKeysS3Fifo, kItems, Stores::kApart);
LARDER_READ_BATCHES(s3fifo_hot_key, PolicyKind::kAllKeysS3Fifo, 1);
LARDER_READ_BATCHES(s3fifo_hot_key_apart, PolicyKind::kAllKeysS3Fifo, 1, Stores::kApart);

}  // namespace
}  // namespace larder
