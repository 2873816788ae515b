// Asking the memory for what a batch of operations is going to look at.
#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "larder/base/check.h"
#include "larder/base/prefetch.h"
#include "larder/store/sharded_store.h"

namespace larder {

namespace {

// The hashes of a batch by shard, so that each shard is locked once (nearly, beyond 64 of them): chains through their
// numbers, one for each of up to 64 remainders of the shards' numbers.
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

// Those that are not in the bucket where they would be at home.
class SpilledKeys {
 public:
  void add_if(bool is_spilled, KeyHash hash) {
    hashes_[count_] = hash;
    count_ += is_spilled && count_ + 1 < hashes_.size() ? 1 : 0;
  }
  std::span<const KeyHash> keys() const { return std::span(hashes_).first(count_); }

 private:
  std::array<KeyHash, ShardedStore::kPrefetchMax + 1> hashes_;
  std::size_t count_ = 0;
};

// After the buckets. `each(look)` calls look(shard, hash) for every key whose shard is locked; `each_of(keys, look)`
// for these alone.
template <class Each, class EachOf>
void prefetch_items(Each&& each, EachOf&& each_of) {
  SpilledKeys spilled;
  each([&](const Shard& shard, KeyHash hash) { spilled.add_if(shard.prefetch_item(hash), hash); });
  if (!spilled.keys().empty()) {
    each_of(spilled.keys(), [](const Shard& shard, KeyHash hash) { shard.prefetch_spilled_item(hash); });
  }
}

}  // namespace

// Where a bucket is may be asked without the shard's lock; what is in it is looked at under the lock, since any thread
// may rebuild the index. The log is read only by whoever executes the operation.
void ShardedStore::prefetch(std::span<const KeyHash> hashes) NO_LOCK_ANALYSIS {
  LARDER_DCHECK(hashes.size() <= kPrefetchMax);
  // What other threads have locked last comes from their cores, all of it at once.
  for (const KeyHash hash : hashes) prefetch_to_write(&slot_of(hash).mutex);
  for (const KeyHash hash : hashes) slot_of(hash).shard.prefetch_bucket(hash);
  const auto each_locked = [this](std::span<const KeyHash> keys, const ByShard& by_shard, auto&& look)
                               NO_LOCK_ANALYSIS {
                                 Slot* locked = nullptr;
                                 by_shard.each([&](std::size_t i) NO_LOCK_ANALYSIS {
                                   Slot& slot = slot_of(keys[i]);
                                   if (&slot != locked) {
                                     if (locked != nullptr) locked->mutex.unlock();
                                     locked = slot.mutex.try_lock() ? &slot : nullptr;
                                   }
                                   if (locked != nullptr) look(slot.shard, keys[i]);
                                 });
                                 if (locked != nullptr) locked->mutex.unlock();
                               };
  const ByShard by_shard(hashes, shard_bits_);
  prefetch_items(
      [&](auto&& look) { each_locked(hashes, by_shard, look); },
      [&](std::span<const KeyHash> keys, auto&& look) { each_locked(keys, ByShard(keys, shard_bits_), look); });
}

bool ShardedStore::KeptLock::take_all(std::span<const KeyHash> hashes) NO_LOCK_ANALYSIS {
  LARDER_DCHECK(hashes.size() <= kPrefetchMax && held_ == 0 && only_ == kNone);
  if (store_.threads_ != 1 || store_.shards() > kTakenMax) return false;
  std::uint32_t wanted = 0;
  for (const KeyHash hash : hashes) wanted |= 1u << hash_shard(hash, store_.shard_bits_);
  for (std::uint32_t left = wanted; left != 0; left &= left - 1) {
    const auto number = static_cast<std::size_t>(std::countr_zero(left));
    Slot& slot = *store_.slots_[number];
    if (!slot.mutex.try_lock()) continue;
    held_ |= 1u << number;
    begin_ns_.at(number) = store_.begin_hold(slot, HoldKind::kOperation);
  }
  const auto each_held = [&](std::span<const KeyHash> keys, auto&& look) NO_LOCK_ANALYSIS {
    for (const KeyHash hash : keys) {
      const std::uint32_t number = hash_shard(hash, store_.shard_bits_);
      if ((held_ >> number & 1) != 0) look(store_.slots_[number]->shard, hash);
    }
  };
  for (const KeyHash hash : hashes) store_.slot_of(hash).shard.prefetch_bucket(hash);
  prefetch_items([&](auto&& look) { each_held(hashes, look); }, each_held);
  return true;
}

// What is wanted of pages is done when no shard is locked any more.
void ShardedStore::KeptLock::release_all() NO_LOCK_ANALYSIS {
  std::uint32_t wanting = 0;
  for (std::uint32_t left = std::exchange(held_, 0); left != 0; left &= left - 1) {
    const auto number = static_cast<std::size_t>(std::countr_zero(left));
    Slot& slot = *store_.slots_[number];
    store_.publish(slot);
    store_.end_hold(slot, HoldKind::kOperation, begin_ns_.at(number));
    if (slot.shard.wants_page_work()) [[unlikely]]
      wanting |= 1u << number;
    slot.mutex.unlock();
  }
  for (; wanting != 0; wanting &= wanting - 1) {
    Slot& slot = *store_.slots_[static_cast<std::size_t>(std::countr_zero(wanting))];
    std::optional<PageWork> pages;
    {
      const LockGuard lock(slot.mutex);
      pages = slot.shard.begin_page_work();
    }
    do_page_work(slot, std::move(pages));
  }
}

void ShardedStore::MultiAccess::prefetch(std::span<const Key> keys) const NO_LOCK_ANALYSIS {
  for (const Key& key : keys) store_.slot_of(key.hash).shard.prefetch_bucket(key.hash);
  prefetch_items(
      [&](auto&& look) NO_LOCK_ANALYSIS {
        for (const Key& key : keys) look(store_.slot_of(key.hash).shard, key.hash);
      },
      [&](std::span<const KeyHash> spilled, auto&& look) NO_LOCK_ANALYSIS {
        for (const KeyHash hash : spilled) look(store_.slot_of(hash).shard, hash);
      });
}

}  // namespace larder
