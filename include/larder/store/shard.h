// WHAT: one shard of the store: an index, the items, their eviction order, their expiry. Single-threaded: the owner
// (ShardedStore) holds the shard's lock around every call. Reads no clock, takes no lock, never evicts on behalf of a
// write: a write for which the budget has no room answers kNeedsRoom, says how much in op.needed, and has changed
// nothing.
//
// STRUCTURE (this first engine): an index in hash order (shard_index.h) over items, each one allocation that also
// carries its links in one exact LRU list; a large value is a block of its own (Blob). FLUSH gives the database a new
// epoch: items of an older one are dead at once and reclaimed later, by sweep() or by whoever meets them.
//
//     index   [ bucket | bucket | bucket | ... ]        by hash: find, scan, sweep
//                 |        |
//               item -> item ...                        header, key, value
//                 ^ LruNode: warmest <-> ... <-> coldest   by last use: evict
//
// INVARIANTS (check_invariants): every item is in its bucket and in the LRU list exactly once; counts by database and
// bytes by kind equal the sums over the items; what the shard has taken from the budget is stats().used_bytes().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "larder/policy/lru_list.h"
#include "larder/policy/policy_kind.h"
#include "larder/store/budget.h"
#include "larder/store/events.h"
#include "larder/store/shard_index.h"
#include "larder/store/types.h"

namespace larder {

// Sums and counters of one shard. Bytes; counters since start.
struct ShardStats {
  std::uint64_t items = 0;  // flushed ones not counted, expired ones until they are reclaimed
  std::uint64_t items_with_expiry = 0;
  std::uint64_t item_bytes = 0;   // items as allocated: header, key, value, rounding
  std::uint64_t data_bytes = 0;   // keys and values alone
  std::uint64_t blob_bytes = 0;   // values in blocks of their own, as allocated
  std::uint64_t index_bytes = 0;  // tables of buckets
  std::uint64_t dead_bytes = 0;   // flushed, not yet reclaimed; part of the above
  std::uint64_t overhead_bytes = 0;
  std::uint64_t evicted = 0;
  std::uint64_t evicted_age_ms_sum = 0;  // ages (now - last use) of the evicted
  std::uint64_t expired = 0;

  ShardStats& operator+=(const ShardStats& other);
  std::uint64_t used_bytes() const { return item_bytes + blob_bytes + index_bytes + overhead_bytes; }
};

// What one visit of background work did.
struct WorkDone {
  std::size_t items = 0;    // reclaimed or evicted
  std::size_t bytes = 0;    // freed
  std::size_t buckets = 0;  // walked or moved
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
  // `value` may view the item that it replaces. `kind` is the event's kind. Errors: kNotStored (condition), kNeedsRoom,
  // kTooLarge (more than the whole of maxmemory), kOutOfMemory (the system has none).
  StatusCode set(const Key& key, Value value, const SetOptions& options, Op& op, EventKind kind = EventKind::kSet);
  // kNoExpiry removes the expiry. Errors: kNotFound.
  StatusCode set_expiry(const Key& key, TimeMs expire_at_ms, Op& op);
  bool erase(const Key& key, Op& op);
  // Whether a live item has the key. Reclaims and touches nothing.
  bool contains(const Key& key, TimeMs now_ms) const;

  // --- The keyspace ---

  // Calls `visit` for every live item whose position is in [from, returned position), in hash order, after at least one
  // bucket and once `items_max` items or `buckets_max` buckets are passed. Returns nothing when the end is reached.
  // Guarantee: an item present from the first to the last call of a walk is visited exactly once, however the table
  // grows. `visit` must not call back into this Shard.
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

  // Evicts up to `budget.items_max` items in the policy's order until `wanted` is freed; flushed items go first, then
  // whatever is coldest, which counts as expired if it is. With op.reservation set, what is freed goes there instead of
  // to the budget, so that nobody else can take it. Under noeviction only flushed items go.
  WorkDone evict(RoomNeeded wanted, WorkBudget budget, Op& op);
  // The rank of the next victim: the lowest among the shards goes first (LRU: last use, in ms; kFlushedRank while there
  // are flushed items). Nothing: no victim here.
  static constexpr std::int64_t kFlushedRank = std::numeric_limits<std::int64_t>::min();
  std::optional<std::int64_t> coldest_rank() const;
  // Reclaims expired and flushed items, a piece of the table a visit, at most `budget.items_max` items (and the rest of
  // their bucket); shrinks an index that has become sparse. Costs nothing when nothing can have expired.
  WorkDone sweep(WorkBudget budget, Op& op);
  void set_policy(PolicyKind policy) { policy_ = policy; }
  // Off: sweep() leaves expired items to whoever meets them.
  void set_active_expiry(bool on) { active_expiry_ = on; }

  const ShardStats& stats() const { return stats_; }
  // An upper bound of what set() will charge for an item, its share of the index's growth aside.
  static std::size_t item_bytes_max(std::size_t key_bytes, std::size_t value_bytes);

  // An upper bound of what the index takes more while `inserts` new items come.
  std::size_t growth_bytes_max(std::size_t inserts) const { return index_.growth_bytes_max(inserts, lru_.size()); }

  // Stops the process if an invariant does not hold. O(items).
  void check_invariants() const;

 private:
  enum class Fate : std::uint8_t { kLive, kExpired, kFlushed };
  // What set() is going to allocate.
  struct Footprint {
    std::size_t item_bytes = 0;
    std::size_t blob_bytes = 0;
    std::size_t total() const { return item_bytes + blob_bytes; }
  };
  struct DatabaseState {
    std::uint64_t items = 0;
    std::uint64_t items_with_expiry = 0;
    std::uint64_t used_bytes = 0;
    std::uint64_t data_bytes = 0;
    // Of (expiry - expiry_base_ms_), each cut to a range in which the sum cannot overflow.
    std::int64_t expiry_sum_ms = 0;
    // Items of another epoch were flushed.
    std::uint32_t epoch = 0;
  };

  static Footprint footprint(std::size_t key_bytes, std::size_t value_bytes);
  Fate fate(const Item& item, TimeMs now_ms) const;
  ItemView view(const Item& item, TimeMs now_ms) const;
  std::int64_t expiry_share_ms(TimeMs expire_at_ms) const;
  void emit(EventKind kind, Database database, std::string_view key, Op& op) {
    op.events.emit(kind, number_, ++sequence_, database, key);
  }

  // Room: from the reservation first, then from the budget; false leaves both as they were and sets op.needed.
  bool acquire(RoomNeeded room, Op& op);
  void release(RoomNeeded room, Reservation* to);

  // The link that leads to the live item of that key, or null. Reclaims a dead one.
  Item** find_live(const Key& key, Op& op);
  StatusCode insert(const Key& key, Value value, const SetOptions& options, Op& op);
  StatusCode overwrite(Item** link, Value value, const SetOptions& options, Op& op);
  // The item with the new value, in the same allocation or in another; null, and nothing changed, without memory.
  static Item* rewrite(Item& item, Value value);
  Item* replace(Item** link, Value value, const Footprint& cost);
  // An item that is in no list and no count yet; null if the system has no memory.
  Item* make_item(std::string_view key, KeyHash hash, Database database, Value value, const Footprint& footprint);
  static void free_item(Item& item);
  void touch(Item& item, TimeMs now_ms);
  void note_expiry(TimeMs expire_at_ms, TimeMs now_ms);
  // Adds the item to the sums, or takes it out of them.
  void account(const Item& item);
  void unaccount(const Item& item);

  // Takes the item out of everything and frees it; `*link` is then its successor.
  void remove(Item** link, Reservation* to);
  // Removes it if it is dead; then `*link` is its successor.
  bool reclaim_if_dead(Item** link, Op& op, Reservation* to);
  bool sweep_is_due(TimeMs now_ms) const;
  void sweep_buckets(WorkBudget budget, Op& op, Reservation* to, WorkDone& done);
  void shrink_index(WorkBudget budget, WorkDone& done);
  void evict_coldest(Op& op);

  static constexpr TimeMs kNever = std::numeric_limits<TimeMs>::max();

  const std::uint32_t number_;
  const int shard_bits_;
  Budget& budget_;
  PolicyKind policy_;
  bool active_expiry_ = true;

  ShardIndex index_;
  LruList lru_;
  std::vector<DatabaseState> databases_;
  ShardStats stats_;
  std::uint64_t sequence_ = 0;
  std::uint64_t flushed_items_ = 0;
  // The time of the first write with an expiry.
  TimeMs expiry_base_ms_ = 0;

  // No item expires before this. The pass under way works out the next value.
  TimeMs earliest_expiry_ms_ = kNever;
  TimeMs pass_earliest_expiry_ms_ = kNever;
  std::uint64_t sweep_position_ = 0;
  bool in_pass_ = false;
};

}  // namespace larder
