// Asking the memory for what a batch of operations is going to look at.
#include <array>
#include <cstdint>

#include "larder/base/check.h"
#include "larder/base/prefetch.h"
#include "larder/store/sharded_store.h"

namespace larder {

namespace {

// The hashes of a batch by shard, so that each shard is locked once: chains through their numbers, one for each of up
// to 64 remainders of the shards' numbers.
class ByShard {
 public:
  ByShard(std::span<const KeyHash> hashes, int shard_bits) {
    heads_.fill(kEnd);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      const std::size_t chain = hash_shard(hashes[i], shard_bits) % kChains;
      next_[i] = heads_[chain];
      heads_[chain] = static_cast<std::uint8_t>(i);
      used_ |= std::uint64_t{1} << chain;
    }
  }

  template <class Visit>
  void each(Visit&& visit) const {
    for (std::uint64_t chains = used_; chains != 0; chains &= chains - 1) {
      for (std::uint8_t i = heads_[static_cast<std::size_t>(__builtin_ctzll(chains))]; i != kEnd; i = next_[i])
        visit(i);
    }
  }

 private:
  static constexpr std::size_t kChains = 64;
  static constexpr std::uint8_t kEnd = 0xff;

  std::array<std::uint8_t, kChains> heads_;
  std::array<std::uint8_t, ShardedStore::kPrefetchMax> next_;
  std::uint64_t used_ = 0;
};

}  // namespace

// The index may be rebuilt by any thread, so it is looked at under the shard's lock; the log is read only by whoever
// executes the operation.
void ShardedStore::prefetch(std::span<const KeyHash> hashes) NO_LOCK_ANALYSIS {
  LARDER_DCHECK(hashes.size() <= kPrefetchMax);
  // What other threads have locked last comes from their cores, all of it at once.
  for (const KeyHash hash : hashes) prefetch_to_write(&slot_of(hash).mutex);
  const ByShard by_shard(hashes, shard_bits_);
  const auto each_locked = [&](auto&& look) NO_LOCK_ANALYSIS {
    Slot* locked = nullptr;
    by_shard.each([&](std::size_t i) NO_LOCK_ANALYSIS {
      Slot& slot = slot_of(hashes[i]);
      if (&slot != locked) {
        if (locked != nullptr) locked->mutex.unlock();
        locked = slot.mutex.try_lock() ? &slot : nullptr;
      }
      if (locked != nullptr) look(slot.shard, hashes[i]);
    });
    if (locked != nullptr) locked->mutex.unlock();
  };
  each_locked([](const Shard& shard, KeyHash hash) { shard.prefetch_bucket(hash); });
  each_locked([](const Shard& shard, KeyHash hash) { shard.prefetch_item(hash); });
}

void ShardedStore::MultiAccess::prefetch(std::span<const Key> keys) const NO_LOCK_ANALYSIS {
  for (const Key& key : keys) store_.slot_of(key.hash).shard.prefetch_bucket(key.hash);
  for (const Key& key : keys) store_.slot_of(key.hash).shard.prefetch_item(key.hash);
}

}  // namespace larder
