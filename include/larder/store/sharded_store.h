// The store as commands see it: shards by key hash, a lock each, one memory budget. Thread-safe. Makes room before it takes a
// lock: run() executes `body` under the shard's lock; if the Shard answers kNeedsRoom the lock is released, room is made by
// evicting from whichever shard is coldest (one lock at a time), reserved, and `body` is called again with it. So `body` must
// be repeatable until the Shard accepts its write.
//
// LOCK ORDER: shard locks in ascending shard number; nothing else is ever locked under one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/mutex.h"
#include "larder/policy/policy_kind.h"
#include "larder/store/budget.h"
#include "larder/store/events.h"
#include "larder/store/shard.h"
#include "larder/store/types.h"

namespace larder {

struct StoreOptions {
  std::uint64_t maxmemory_bytes = 0;  // 0: no limit
  std::uint64_t maxitems = 0;         // 0: no limit
  PolicyKind policy = PolicyKind::kAllKeysLru;
  // A power of two, 1..65536.
  std::uint32_t shards = 1;
  int databases = 16;
  // Set: the same hashes in every run.
  std::optional<std::uint64_t> hash_seed;
};

// The number of shards for `--shards auto`: the largest power of two up to maxmemory / 8 MiB, at most 8 a thread; one below
// 10,000 maxitems.
std::uint32_t shards_for(std::uint64_t maxmemory_bytes, std::uint64_t maxitems, unsigned threads);

struct StoreStats {
  ShardStats total;
  std::uint64_t used_bytes = 0;  // everything that counts towards maxmemory
  std::uint64_t peak_bytes = 0;
  std::uint64_t maxmemory_bytes = 0;
  std::uint64_t maxitems = 0;
};

struct DatabaseStats {
  std::uint64_t keys = 0;
  std::uint64_t keys_with_expiry = 0;
  std::int64_t average_ttl_ms = 0;
};

class ShardedStore {
 public:
  explicit ShardedStore(const StoreOptions& options);
  ~ShardedStore();

  // --- Setup, before other threads use the store. Listeners must outlive it. ---
  void add_listener(EventListener* listener);

  // Hashes once. The result views `bytes`.
  Key key(Database database, std::string_view bytes) const { return {bytes, hasher_(database, bytes), database}; }

  // `body(Shard&, Op&) -> StatusCode`, under the lock of the key's shard. Returns what `body` returned last, or kOutOfMemory
  // where room could not be made (noeviction, or larger than everything that may be evicted).
  template <class Body>
  StatusCode run(const Key& key, TimeMs now_ms, Body&& body);

  // `body(access) -> StatusCode`, where access(key) -> pair<Shard&, Op&>, under the locks of all the keys' shards, atomically.
  // `room` (the sum of what the writes may need) is made and reserved before; a shortfall overdraws, bounded, and is settled
  // after. Errors: kOutOfMemory before anything changed.
  class MultiAccess;
  StatusCode run_multi(std::span<const Key> keys, RoomNeeded room, TimeMs now_ms,
                       const std::function<StatusCode(MultiAccess&)>& body);

  // --- The keyspace ---
  // One step of SCAN: visits at least `count` items of all databases' (or some buckets' worth) from `cursor` on and returns
  // the next cursor, 0 at the end. Locks one shard at a time, in slices.
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, TimeMs now_ms,
                     const std::function<void(const ItemView&)>& visit);
  // Calls `use` under the lock with a random live item of the database. False if it is empty.
  bool random_item(Database database, TimeMs now_ms, const std::function<void(const ItemView&)>& use);
  void flush(std::optional<Database> database, TimeMs now_ms);
  DatabaseStats database_stats(Database database, TimeMs now_ms);
  std::uint64_t size(Database database);

  // --- Background: called by the maintenance thread every tick. Expires, reclaims and settles an excess over the limits
  // within `cpu_us`; returns whether work is left. ---
  bool maintain(TimeMs now_ms, std::int64_t cpu_us);

  // --- Settings at run time ---
  void set_maxmemory(std::uint64_t bytes);
  void set_maxitems(std::uint64_t items);
  void set_policy(PolicyKind policy);
  PolicyKind policy() const { return policy_.load(std::memory_order_relaxed); }
  void set_active_expiry(bool on);

  StoreStats stats();
  void reset_counters();
  std::uint64_t used_bytes() const { return budget_.used_bytes(); }
  const Budget& budget() const { return budget_; }
  int databases() const { return databases_; }
  std::uint32_t shards() const { return static_cast<std::uint32_t>(slots_.size()); }
  // The largest value that can ever be stored under today's maxmemory, at most limits::kValueBytesMax.
  std::size_t value_bytes_max() const;

  // O(items); stops the process if an invariant does not hold. For tests.
  void check_invariants();

 private:
  // The implementer completes this part.
  struct Slot;
  Hasher hasher_;
  Budget budget_;
  int databases_;
  std::atomic<PolicyKind> policy_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace larder
