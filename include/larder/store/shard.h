// WHAT: one shard of the store: an index, the items, their eviction order, their expiry. Single-threaded: the owner
// (ShardedStore) holds the shard's lock around every call. Reads no clock, takes no lock, never evicts on behalf of a write:
// a write for which the budget has no room answers kNeedsRoom, says how much in op.needed, and has changed nothing.
//
// STRUCTURE (this first engine): a table of buckets in hash order (high bits of the hash choose the bucket), each a chain of
// items; every item is one allocation that also carries its links in one exact LRU list. The table doubles step by step:
//
//     old table   [ moved | moved | moved | bucket | bucket | ... ]
//                                          ^ grown_: everything below it lives in the new table
//     new table   [ b b | b b | b b | - - | - - | ... ]
//
// so a hash order walk (SCAN) sees each key exactly once wherever it lives, and no call moves more than a few buckets.
//
// INVARIANTS (check_invariants): every item is in its bucket and in the LRU list exactly once; counts by database and bytes
// by kind equal the sums over the items; the budget's share of this shard equals what it holds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "larder/base/limits.h"
#include "larder/policy/lru_list.h"
#include "larder/policy/policy_kind.h"
#include "larder/store/budget.h"
#include "larder/store/events.h"
#include "larder/store/types.h"

namespace larder {

// Sums and counters of one shard. Bytes; counters since start.
struct ShardStats {
  std::uint64_t items = 0;
  std::uint64_t items_with_expiry = 0;
  std::uint64_t item_bytes = 0;   // items as allocated: header, key, value, rounding
  std::uint64_t data_bytes = 0;   // keys and values alone
  std::uint64_t blob_bytes = 0;   // values in blocks of their own, as allocated
  std::uint64_t index_bytes = 0;  // tables of buckets
  std::uint64_t dead_bytes = 0;   // expired or flushed, not yet reclaimed, as far as known
  std::uint64_t overhead_bytes = 0;
  std::uint64_t evicted = 0;
  std::uint64_t evicted_age_ms_sum = 0;  // ages (now - last use) of the evicted
  std::uint64_t expired = 0;

  ShardStats& operator+=(const ShardStats& other);
  std::uint64_t used_bytes() const { return item_bytes + blob_bytes + index_bytes + overhead_bytes; }
};

// What one visit of background work did.
struct WorkDone {
  std::size_t items = 0;
  std::size_t bytes = 0;
  // False: the whole round is finished, or there is nothing to do.
  bool more = false;
};

class Shard {
 public:
  struct Options {
    std::uint32_t number = 0;
    int shard_bits = 0;
    int databases = 16;
    PolicyKind policy = PolicyKind::kAllKeysLru;
  };

  Shard(const Options& options, Budget& budget);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // --- Items. An expired item is never returned; meeting one reclaims it and emits kExpired. ---

  std::optional<ItemView> get(const Key& key, Touch touch, Op& op);
  // Errors: kNotStored (condition), kNeedsRoom, kTooLarge (larger than maxmemory could ever hold). `previous`, if given, is
  // called with the item that is about to be replaced, or that made the condition fail. `kind` is the event's kind.
  StatusCode set(const Key& key, Value value, const SetOptions& options, Op& op, EventKind kind = EventKind::kSet);
  // kNoExpiry removes the expiry. Errors: kNotFound.
  StatusCode set_expiry(const Key& key, TimeMs expire_at_ms, Op& op);
  bool erase(const Key& key, Op& op);

  // --- The keyspace ---

  // Calls `visit` for every live item whose position is in [from, returned position), in hash order, after at least one
  // bucket and once `items_max` items or `buckets_max` buckets are passed. Returns nothing when the end is reached.
  // Guarantee: an item present from the first to the last call of a walk is visited exactly once, however the table grows.
  // `visit` must not call back into this Shard.
  std::optional<std::uint64_t> scan(std::uint64_t from_position, WorkBudget budget, Op& op,
                                    const std::function<void(const ItemView&)>& visit);
  // A live item of the database, chosen from `random`; nothing if there is none within a bounded walk.
  std::optional<ItemView> random_item(Database database, std::uint64_t random, Op& op);
  // Items of one database, or of all: dead at once, reclaimed by sweep().
  void flush(std::optional<Database> database, Op& op);
  // Items of the database; those expired or flushed may be counted until they are reclaimed (flushed ones are not).
  std::uint64_t count(Database database) const;
  std::uint64_t count_with_expiry(Database database) const;
  // The mean remaining life of the database's items with an expiry, in ms, estimated; 0 if there are none.
  std::int64_t average_ttl_ms(Database database, TimeMs now_ms) const;

  // --- Room and background work; each visit is bounded by its budget ---

  // Evicts up to `budget.items_max` items in the policy's order until `wanted` is freed. Dead items it meets go first.
  WorkDone evict(RoomNeeded wanted, WorkBudget budget, Op& op);
  // The rank of the next victim: the lowest among the shards goes first (LRU: last use, in ms). Nothing: no victim here.
  std::optional<std::int64_t> coldest_rank() const;
  // Reclaims expired and flushed items, a piece of the table a visit; finishes growing the index.
  WorkDone sweep(WorkBudget budget, Op& op);
  void set_policy(PolicyKind policy) { policy_ = policy; }

  const ShardStats& stats() const { return stats_; }
  void reset_counters();
  // An upper bound of what set() will charge for an item, its share of the index's growth aside.
  static std::size_t item_bytes_max(std::size_t key_bytes, std::size_t value_bytes);

  // Stops the process if an invariant does not hold. O(items).
  void check_invariants() const;

 private:
  struct Item;
  // The implementer completes this part.
};

}  // namespace larder
