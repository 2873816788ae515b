// FLUSHDB and FLUSHALL over all shards. A FLUSHALL swaps what is in a shard for an empty log and index; those are
// mapped before its lock is taken, and what was there is freed in slices once it is released.
#include <utility>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"

namespace larder {

namespace {

// After so many shards that one visit does not free, the others are not begun with.
constexpr int kLargeShardsAtOnce = 2;

}  // namespace

void ShardedStore::flush(std::optional<Database> database, TimeMs now_ms) {
  HeldShards* const held = HeldShards::of(*this);
  // Of one database's items each tells when it is reclaimed.
  if (!database && tap_ != nullptr && tap_->threshold() != 0) tap_->put({.kind = AccessEvent::Kind::kClear});
  if (!database && (held == nullptr ? flush_all(now_ms) : flush_all_held(*held, now_ms))) return;
  Events events(wanted_events_);
  for_each_locked(HoldKind::kFlush, [&](Shard& shard) {
    Op op{now_ms, events, nullptr, {}};
    shard.flush(database, op);
    // A small store is clean at once; of a large one maintain() takes the rest. Inside EXEC nothing is swept, since
    // that may evict.
    if (held == nullptr)
      shard.sweep({.items_max = limits::kEvictItemsPerVisit, .buckets_max = limits::kSweepBucketsPerVisit}, op);
  });
  deliver(events);
}

bool ShardedStore::flush_all(TimeMs now_ms) {
  if (!begin_flush_all()) return false;
  Events events(wanted_events_);
  int large = 0;
  for (const std::unique_ptr<Slot>& slot : slots_) {
    Shard::Empty empty = empty_for(*slot);
    std::unique_ptr<FlushedContents> flushed;
    {
      Hold hold(*this, *slot, HoldKind::kFlush);
      Op op{now_ms, events, nullptr, {}};
      flushed = slot->shard.flush_all(std::move(empty), op);
    }
    keep_flushed(std::move(flushed), large);
  }
  end_flush_all();
  deliver(events);
  return true;
}

bool ShardedStore::begin_flush_all() {
  LockGuard lock(flushed_mutex_);
  if (flushed_.size() + flushes_begun_ * slots_.size() > (kFlushesWaitingMax - 1) * slots_.size()) return false;
  ++flushes_begun_;
  return true;
}

void ShardedStore::end_flush_all() {
  LockGuard lock(flushed_mutex_);
  --flushes_begun_;
}

// A small store is clean at once. Of a large one maintain() takes the rest, so that the caller is not held up.
void ShardedStore::keep_flushed(std::unique_ptr<FlushedContents> flushed, int& large) {
  if (large < kLargeShardsAtOnce && !flushed->free_some(limits::kSweepBucketsPerVisit)) return;
  ++large;
  LockGuard lock(flushed_mutex_);
  flushed_.push_back(std::move(flushed));
  has_flushed_.store(true, std::memory_order_release);
}

// --- FLUSHALL inside a transaction: a swap, as elsewhere, and all that is asked of the system before and after it ---

std::vector<Shard::Empty> ShardedStore::empty_for_all() {
  std::vector<Shard::Empty> empty;
  empty.reserve(slots_.size());
  for (const std::unique_ptr<Slot>& slot : slots_) empty.push_back(empty_for(*slot));
  return empty;
}

bool ShardedStore::flush_all_held(HeldShards& held, TimeMs now_ms) NO_LOCK_ANALYSIS {
  PreparedFlush& prepared = held.prepared_flush();
  if (prepared.empty.empty()) return false;
  Op op = held.operation(now_ms);
  for (const std::unique_ptr<Slot>& slot : slots_) {
    LARDER_CHECK(held.has(slot->number));
    prepared.flushed.push_back(slot->shard.flush_all(std::move(prepared.empty[slot->number]), op));
  }
  prepared.empty.clear();
  return true;
}

void ShardedStore::keep_flushed(PreparedFlush& flush) {
  int large = 0;
  for (std::unique_ptr<FlushedContents>& flushed : flush.flushed) keep_flushed(std::move(flushed), large);
  flush.flushed.clear();
}

// Reads only what never changes in a shard.
Shard::Empty ShardedStore::empty_for(Slot& slot) NO_LOCK_ANALYSIS {
  return slot.shard.make_empty();
}

bool ShardedStore::free_flushed(std::size_t work_max) {
  if (!has_flushed_.load(std::memory_order_acquire)) return false;
  std::unique_ptr<FlushedContents> done;  // its address space goes back without the lock
  LockGuard lock(flushed_mutex_);
  if (flushed_.empty()) return false;
  if (!flushed_.back()->free_some(work_max)) {
    done = std::move(flushed_.back());
    flushed_.pop_back();
    has_flushed_.store(!flushed_.empty(), std::memory_order_release);
  }
  return true;
}

}  // namespace larder
