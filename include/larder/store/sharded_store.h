// The store as commands see it: shards by key hash, a lock each, one memory budget. Thread-safe. Makes room before it
// takes a lock: run() executes `body` under the shard's lock; if the Shard answers kNeedsRoom the lock is released,
// room is made by evicting from whichever shard is coldest (one lock at a time), reserved, and `body` is called again
// with it. So `body` must be repeatable until the Shard accepts its write.
//
// TRANSACTIONS: run_exclusive() holds the shards of many keys, or all of them, while a function runs that calls the
// others here as anyone does; HeldShards tells them that their locks are there already.
//
// LOCK ORDER: shard locks in ascending shard number; nothing else is ever locked under one (but for a moment the page
// arena).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/base/check.h"
#include "larder/base/hash.h"
#include "larder/base/mutex.h"
#include "larder/base/page_arena.h"
#include "larder/policy/policy_kind.h"
#include "larder/policy/shared_window.h"
#include "larder/store/access_tap.h"
#include "larder/store/budget.h"
#include "larder/store/events.h"
#include "larder/store/flushed_contents.h"
#include "larder/store/held_shards.h"
#include "larder/store/hold_times.h"
#include "larder/store/shard.h"
#include "larder/store/tag_table.h"
#include "larder/store/types.h"

namespace larder {

struct StoreOptions {
  std::uint64_t maxmemory_bytes = 0;  // 0: no limit
  std::uint64_t maxitems = 0;         // 0: no limit
  PolicyKind policy = PolicyKind::kAllKeysLru;
  // A power of two, 1..65536.
  std::uint32_t shards = 1;
  // How many threads execute operations; 0: any number. One need not share: see KeptLock::take_all().
  unsigned threads = 0;
  int databases = 16;
  // What holds of shards are measured with; null: not at all. Of the operations on one key, one in so many.
  HoldClock hold_clock = nullptr;
  std::uint32_t hold_sample_every = 64;
  // Told of a sample of what happens to keys. Must outlive the store. Null: nobody is.
  AccessTap* tap = nullptr;
  // Set: the same hashes in every run.
  std::optional<std::uint64_t> hash_seed = {};
};

// The number of shards for `--shards auto`: the largest power of two up to maxmemory / 8 MiB, at most 8 a thread; with
// several threads up to 128 where each then has 256 MiB of maxmemory and 10,000 of maxitems; one below 10,000 maxitems.
std::uint32_t shards_for(std::uint64_t maxmemory_bytes, std::uint64_t maxitems, unsigned threads);

// The size of a shard's segments: a 64th of its share of maxmemory, or a little less, within SegmentLog's bounds.
std::size_t segment_bytes_for(std::uint64_t maxmemory_bytes, std::uint32_t shards);

struct StoreStats {
  ShardStats total;
  std::uint64_t used_bytes = 0;  // everything that counts towards maxmemory
  std::uint64_t peak_bytes = 0;
  std::uint64_t startup_bytes = 0;    // the part of it that an empty store takes
  std::uint64_t warm_bytes = 0;       // of freed large values, kept for the next for a moment; not part of it
  std::uint64_t receiving_bytes = 0;  // of them, held for values that are still arriving
  std::uint64_t pinned_bytes = 0;     // of them, of values that are gone and still being sent
  std::uint64_t maxmemory_bytes = 0;
  std::uint64_t maxitems = 0;
  TagStats tags;
};

struct DatabaseStats {
  std::uint64_t keys = 0;
  std::uint64_t keys_with_expiry = 0;
  std::int64_t average_ttl_ms = 0;
};

class ShardedStore {
 public:
  // The address space, memory or not, that one of so many shards takes at most, large values and what FLUSHALL has left
  // to be freed included.
  static std::size_t address_space_bytes(std::uint32_t shards);

  explicit ShardedStore(const StoreOptions& options);
  ~ShardedStore();

  // --- Setup, before other threads use the store. Listeners must outlive it. ---
  void add_listener(EventListener* listener);
  // Null: nobody waits for leases.
  void set_lease_listener(LeaseListener* listener) { lease_listener_ = listener; }

  // A client has looked the key up, whatever that did to the item: for the tap.
  void note_lookup(KeyHash hash, bool found) {
    if (tap_ == nullptr || !tap_->wants(hash)) [[likely]]
      return;
    tap_->put({.hash = hash, .kind = found ? AccessEvent::Kind::kHit : AccessEvent::Kind::kMiss});
  }

  // After a listener's mask() has changed. Any thread.
  void update_wanted_events();

  // Hashes once. The result views `bytes`.
  Key key(Database database, std::string_view bytes) const { return {bytes, hasher_(database, bytes), database}; }

  // Brings what operations on keys with these hashes will look at into the processor's caches: all of it at once
  // instead of one after the other, which is most of what they take. Changes nothing; the items of a shard that is
  // locked are passed over. Worth its while from two keys on. REQUIRES: at most kPrefetchMax.
  static constexpr std::size_t kPrefetchMax = 64;
  void prefetch(std::span<const KeyHash> hashes);

  // `body(Shard&, Op&) -> StatusCode`, under the lock of the key's shard. Returns what `body` returned last, or
  // kOutOfMemory where room could not be made (noeviction, or larger than everything that may be evicted). What is
  // written draws on `room` first, if there is any; what it does not need of it stays there.
  class KeptLock;
  template <class Body>
  StatusCode run(const Key& key, TimeMs now_ms, Body&& body, Reservation* room = nullptr);
  // The same, with the lock that `kept` may hold already. It holds it afterwards.
  template <class Body>
  StatusCode run(const Key& key, TimeMs now_ms, Body&& body, Reservation* room, KeptLock& kept);

  // `body(access) -> StatusCode`, where access(key) -> pair<Shard&, Op&>, under the locks of all the keys' shards,
  // atomically. `room` (the sum of what the writes may need, each key counted as a new item; keys that exist are then
  // taken off the items) is made and reserved before; a shortfall overdraws, bounded, and is settled after. Errors:
  // kOutOfMemory before anything changed. What `held` has counts towards the room; nothing is left in it.
  class MultiAccess;
  StatusCode run_multi(std::span<const Key> keys, RoomNeeded room, TimeMs now_ms,
                       const std::function<StatusCode(MultiAccess&)>& body, Reservation* held = nullptr);

  // `body` while this thread holds the shards of all `keys`, or all shards there are: nobody else comes between the
  // operations that it does, and what is called here for one of these keys, or with all shards for the keyspace, finds
  // its locks held. `body` may take no lock that somebody holds while waiting for a shard, and calls nothing of the
  // sections "Background" and "Settings". The room is made before, as by run_multi(): of `room` what is not held
  // yet, the keys of `stored`, each named once, counted as new items if they do not exist, the length of what the
  // keys of `copied` have, and, beside which their new values are made, the greatest length of what those of
  // `rewritten` have and `room_bytes` again, by which it may have grown. An operation that needs more overdraws,
  // bounded; one that needs more than that answers kOutOfMemory. Errors: kOutOfMemory before `body` was called.
  struct Exclusive {
    std::span<const Key> keys = {};
    bool all_shards = false;
    // `body` will call flush() for all databases. Where it is not said, or it does so a second time, the items are
    // marked as those of one database are.
    bool flushes_all = false;
    std::span<const Key> stored = {};  // among `keys`, as `copied` is
    std::span<const Key> copied = {};
    std::span<const Key> rewritten = {};  // likewise
    std::size_t room_bytes = 0;
  };
  StatusCode run_exclusive(const Exclusive& needs, TimeMs now_ms, const std::function<void()>& body);

  // --- Room for a value that is made of others, which stay there meanwhile ---
  // Sees to it that `reservation` holds what is wanted, for a value that is then given to run() or run_multi() with it:
  // made as for a write, taken from the transaction's where this thread is in one. `beside`: what cannot go meanwhile.
  // False: it is not to be had; where both together never fit, nothing was evicted.
  bool reserve(Reservation& reservation, RoomNeeded wanted, RoomNeeded beside, TimeMs now_ms);

  // --- Room for a value that is still arriving, a little at a time, so that nobody waits while it is made ---
  // An empty reservation, to be given to run() or run_multi() when all is there. The store must outlive it.
  std::unique_ptr<Reservation> open_reservation();
  enum class RoomStep : std::uint8_t {
    kReady,    // `reservation` holds what is wanted
    kMore,     // some was made; call again after others had their turn
    kBlocked,  // nothing is left to evict: others hold room that they have not used yet; call again later
    kNever,  // nothing is left to evict and nobody holds room, or nothing may be evicted, or it is more than everything
  };
  // Evicts at most limits::kRoomItemsPerTurn items.
  RoomStep extend(Reservation& reservation, RoomNeeded wanted, TimeMs now_ms);

  // --- The keyspace ---
  // One step of SCAN: visits at least `count` items of all databases' (or some buckets' worth) from `cursor` on and
  // returns the next cursor, 0 at the end. Locks one shard at a time, in slices.
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, TimeMs now_ms,
                     const std::function<void(const ItemView&)>& visit);
  // A shorter step, bounded by what is dead too: holds one shard once, for limits::kSweepBucketsPerVisit buckets at
  // most, and takes the items it has visited and the buckets it has passed off `left`. REQUIRES: some of both is left.
  std::uint64_t scan_slice(std::uint64_t cursor, WorkBudget& left, TimeMs now_ms,
                           const std::function<void(const ItemView&)>& visit);
  // Calls `use` under the lock with a random live item of the database. False if it is empty.
  bool random_item(Database database, TimeMs now_ms, const std::function<void(const ItemView&)>& use);
  // All databases: each shard goes on with an empty log and index; maintain(), and writers who need room, free the old
  // ones. One database: its items are dead at once, and reclaimed in the same places.
  void flush(std::optional<Database> database, TimeMs now_ms);
  DatabaseStats database_stats(Database database, TimeMs now_ms);
  std::uint64_t size(Database database);

  // --- Tags: by the hashes of their names, which belong to a database ---
  TagHash tag(Database database, std::string_view name) const { return hasher_(database, name); }
  // Everything that was stored with one of the tags before is dead from now on, and reclaimed as expired items are.
  // O(1) for each tag.
  void delete_tags(Database database, std::span<const std::string_view> names, TimeMs now_ms);
  const TagTable& tags() const { return tags_; }
  // While on, what a deleted tag has made dead is looked for after a tenth of a second instead of five, which tells
  // those who listen of it.
  void set_tags_watched(bool on) { tags_.set_watched(on); }

  // --- Background: called by the maintenance thread every tick. Frees what was flushed, expires, hands over to a new
  // policy, compacts and settles an excess over the limits within `work_max` steps (a record walked, an item reclaimed:
  // 10 to 100 ns each; nothing here reads a clock); returns whether work is left, which should not wait. One caller at
  // a time. ---
  bool maintain(TimeMs now_ms, std::size_t work_max);
  // Goes on with a round through the segments in which something has expired, but too little for maintain(). What is
  // left of it can wait.
  bool maintain_round(TimeMs now_ms, std::size_t work_max);
  // Gives free memory back to the system that waits for its next use. Any thread.
  void give_back_free_memory();

  // --- Settings at run time ---
  void set_maxmemory(std::uint64_t bytes);
  // What items and all that counts beside them might take in a store that has begun with so much maxmemory.
  std::uint64_t budget_bytes_from_start(std::uint64_t maxmemory_bytes) const;
  void set_maxitems(std::uint64_t items);
  void set_policy(PolicyKind policy);
  // Whether there are items that maintain() has not given to the policy yet.
  bool hands_over();
  PolicyKind policy() const { return policy_.load(std::memory_order_relaxed); }
  void set_active_expiry(bool on);

  StoreStats stats();
  // Since start.
  HoldReport holds() const;
  // Likewise: see Shard.
  HistogramSnapshot evicted_ages_ms() const;
  std::uint64_t used_bytes() const { return budget_.used_bytes(); }
  const Budget& budget() const { return budget_; }
  // Whether values that are gone and still being sent take more of maxmemory than they should.
  bool pins_too_much() const;
  int databases() const { return databases_; }
  std::uint32_t shards() const { return static_cast<std::uint32_t>(slots_.size()); }
  // The largest value that can ever be stored under today's maxmemory, at most limits::kValueBytesMax.
  std::size_t value_bytes_max() const;

  // O(items); stops the process if an invariant does not hold. For tests.
  void check_invariants();

 private:
  // What one shard's lock guards, on cache lines of its own.
  struct alignas(64) Slot {
    Slot(const Shard::Options& options, Budget& budget) : shard(options, budget), number(options.number) {}

    SpinMutex mutex;
    HoldTimes times;  // written under the lock; what every hold writes is beside it
    Shard shard GUARDED_BY(mutex);
    const std::uint32_t number;
  };
  // Holds a shard's lock; at the end it tells the other threads the rank of the shard's next victim, and how long it
  // was. After it, what the shard wants of the system's pages is done.
  class SCOPED_CAPABILITY Hold {
   public:
    Hold(ShardedStore& store, Slot& slot, HoldKind kind) ACQUIRES_LOCK(slot.mutex)
        : store_(store), slot_(slot), kind_(kind) {
      slot_.mutex.lock();
      begin_ns_ = store_.begin_hold(slot_, kind_);
    }
    ~Hold() RELEASES_LOCK() {
      store_.publish(slot_);
      store_.end_hold(slot_, kind_, begin_ns_);
      std::optional<PageWork> pages;
      if (slot_.shard.wants_page_work()) [[unlikely]]
        pages = slot_.shard.begin_page_work();
      slot_.mutex.unlock();
      if (pages) [[unlikely]]
        do_page_work(slot_, std::move(pages));
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    ShardedStore& store_;
    Slot& slot_;
    const HoldKind kind_;
    std::int64_t begin_ns_;
  };
  // The same, unless this thread's transaction holds the shard.
  class SCOPED_CAPABILITY HoldOnce {
   public:
    HoldOnce(ShardedStore& store, Slot& slot, HoldKind kind) ACQUIRES_LOCK(slot.mutex) NO_LOCK_ANALYSIS {
      const HeldShards* const held = HeldShards::of(store);
      if (held == nullptr) {
        hold_.emplace(store, slot, kind);
      } else {
        LARDER_CHECK(held->has(slot.number));
      }
    }
    ~HoldOnce() RELEASES_LOCK() NO_LOCK_ANALYSIS {}

   private:
    std::optional<Hold> hold_;
  };
  static constexpr std::int64_t kNotTimed = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kNoVictim = std::numeric_limits<std::int64_t>::max();
  // What one operation gives back of the pages that freed blobs have left; some 50 us.
  static constexpr std::size_t kExcessBytesPerVisit = 1 << 20;
  // What one operation does for the pages of a shard, in pieces: some 30 us each.
  static constexpr int kPageWorkMax = 4;
  // A write that is refused room again each time it comes back with more gives up after so many times.
  static constexpr int kRoomAttemptsMax = 16;

  Slot& slot_of(KeyHash hash) { return *slots_[hash_shard(hash, shard_bits_)]; }
  template <class Body>
  StatusCode run_locked(Slot& slot, Op& op, Body& body) {
    Hold hold(*this, slot, HoldKind::kOperation);
    return body(slot.shard, op);
  }
  // In a transaction of this thread.
  template <class Body>
  static StatusCode run_held(HeldShards& held, Slot& slot, TimeMs now_ms, Body& body, Reservation* room);
  // After the shard has answered kNeedsRoom: makes it and repeats.
  template <class Body>
  StatusCode run_with_room(Slot& slot, Op op, Body& body, Reservation* room);
  // Calls `visit(shard)` under each shard's lock in turn.
  template <class Visit>
  void for_each_locked(HoldKind kind, Visit&& visit) {
    for (const std::unique_ptr<Slot>& slot : slots_) {
      HoldOnce hold(*this, *slot, kind);
      visit(slot->shard);
    }
  }
  std::int64_t begin_hold(Slot& slot, HoldKind kind) REQUIRES_LOCK(slot.mutex) {
    return hold_clock_ != nullptr && slot.times.wants(kind, hold_sample_every_) ? hold_clock_() : kNotTimed;
  }
  void end_hold(Slot& slot, HoldKind kind, std::int64_t begin_ns) REQUIRES_LOCK(slot.mutex) {
    if (begin_ns != kNotTimed) [[unlikely]]
      slot.times.record(kind, hold_clock_() - begin_ns, hold_sample_every_);
  }
  // That, and what comes after it, a few pieces at most. REQUIRES: the shard is not locked.
  static void do_page_work(Slot& slot, std::optional<PageWork> work);
  // Tells the other threads the rank of the shard's next victim.
  void publish(Slot& slot) REQUIRES_LOCK(slot.mutex) {
    const std::int64_t rank = slot.shard.coldest_rank().value_or(kNoVictim);
    std::atomic<std::int64_t>& published = coldest_ranks_[slot.number];
    if (published.load(std::memory_order_relaxed) != rank) published.store(rank, std::memory_order_relaxed);
  }
  // After the shard's lock is released: pages that the operation has left over, and its events.
  void deliver(const Events& events) {
    PageArena& arena = PageArena::of_process();
    if (arena.has_excess()) [[unlikely]]
      release_excess_pages();
    if (!events.empty()) deliver_to_listeners(events);
  }
  // Some of them; none while this thread holds shards for a transaction.
  void release_excess_pages();
  void deliver_to_listeners(const Events& events);

  bool sweep_shards(std::size_t work_max, std::size_t& work, TimeMs now_ms, WorkDone (Shard::*sweep)(WorkBudget, Op&),
                    std::uint32_t& next);
  bool flush_all(TimeMs now_ms);
  // Inside a transaction. False: nothing is prepared for it.
  bool flush_all_held(HeldShards& held, TimeMs now_ms);
  // Each FLUSHALL takes the address space of a whole store until what it flushed is free: at most so many do. False: as
  // many do already.
  static constexpr std::size_t kFlushesWaitingMax = 4;
  bool begin_flush_all();
  void end_flush_all();
  std::vector<Shard::Empty> empty_for_all();
  static Shard::Empty empty_for(Slot& slot);
  // Frees a small one, leaves a large one for later; `large`: how many of those there have been.
  void keep_flushed(std::unique_ptr<FlushedContents> flushed, int& large);
  void keep_flushed(PreparedFlush& flush);
  // Frees a slice of what FLUSHALL has left behind. False: there is nothing left.
  bool free_flushed(std::size_t work_max);

  // Evicts until `reservation` holds `missing` more than now. False: there is not that much to evict.
  bool make_room(RoomNeeded missing, Reservation& reservation, TimeMs now_ms, Events& events);
  bool make_room_alone(Reservation& reservation, RoomNeeded wanted, TimeMs now_ms, Events& events);
  bool evict_into(Reservation& reservation, RoomNeeded wanted, TimeMs now_ms, Events& events);
  RoomStep extend_a_little(Reservation& reservation, RoomNeeded wanted, TimeMs now_ms, Events& events);
  // One visit to the shard that has the coldest item of all, to free up to `wanted`; `into` gets it, or the budget if
  // that is null. Returns the work done, in items; 0 if no shard has a victim.
  std::size_t evict_coldest(RoomNeeded wanted, Reservation* into, TimeMs now_ms, Events& events);
  // Evicts there what is no warmer than `rank_max`. Returns the work done, in items; 0 if nothing is.
  static std::size_t evict_from(Slot& slot, RoomNeeded wanted, std::int64_t rank_max, Op op) REQUIRES_LOCK(slot.mutex);
  bool could_ever_fit(RoomNeeded room) const;
  // What the budget has of maxmemory: the rest is for segments that are open or on their way to be free.
  std::uint64_t budget_bytes(std::uint64_t maxmemory_bytes) const;
  void set_warm_bytes();
  // Evicts what is above the limits, so many items at most or a visit's more. Returns whether there is more to evict.
  bool settle_excess(std::size_t items_max, TimeMs now_ms, Events& events);

  // For run_multi() and run_exclusive(): the shards concerned, ascending; their locks; how many of the keys exist
  // (under those locks).
  using ShardNumbers = std::vector<std::uint32_t>;
  ShardNumbers shards_of(std::span<const Key> keys) const;
  ShardNumbers all_shards() const;
  // Returns when the hold began.
  std::int64_t lock_all(const ShardNumbers& ascending, HoldKind kind);
  void unlock_all(const ShardNumbers& ascending, HoldKind kind, std::int64_t begin_ns);
  // Makes the room that `wanted()` names, asked under the locks, and calls `body` when it is there. What `flush` has
  // then is kept to be freed once the locks are released; it may be null.
  StatusCode run_locked_all(const ShardNumbers& ascending, HoldKind kind, TimeMs now_ms, Reservation* held,
                            const std::function<RoomNeeded()>& wanted, const std::function<StatusCode(Op&)>& body,
                            PreparedFlush* flush = nullptr);
  // What `room` comes to where the keys are stored, under their locks.
  RoomNeeded room_for(std::span<const Key> stored, const ShardNumbers& numbers, RoomNeeded room, TimeMs now_ms);
  std::size_t existing(std::span<const Key> keys, TimeMs now_ms);
  std::size_t index_growth_bytes_max(std::span<const Key> keys, const ShardNumbers& numbers);
  // What the keys' values take, all of them together and the largest.
  struct ValueBytes {
    std::size_t sum = 0;
    std::size_t max = 0;
  };
  ValueBytes value_bytes_of(std::span<const Key> keys, TimeMs now_ms);

  const Hasher hasher_;
  SharedWindow window_;  // outlives every policy
  const int shard_bits_;
  const int databases_;
  const unsigned threads_;
  AccessTap* const tap_;
  const HoldClock hold_clock_;
  const std::uint32_t hold_sample_every_;
  std::vector<std::unique_ptr<Slot>> slots_;  // the vector and the places are constant; a Slot guards itself
  std::vector<EventListener*> listeners_;     // constant after setup
  LeaseListener* lease_listener_ = nullptr;   // likewise
  std::atomic<EventMask> wanted_events_{0};   // what any of them wants
  Mutex wanted_mutex_;                        // one at a time works it out; nothing is locked under it
  std::uint64_t overhead_bytes_ = 0;          // the store's own, taken from the budget for good
  std::uint64_t fixed_bytes_ = 0;             // what an empty store takes

  const std::size_t segment_bytes_;
  std::atomic<std::uint64_t> maxmemory_bytes_;
  Budget budget_;
  TagTable tags_;
  std::unique_ptr<std::atomic<std::int64_t>[]> coldest_ranks_;
  std::atomic<PolicyKind> policy_;
  std::atomic<std::uint64_t> random_state_;
  // Background work alone: which shard is next, and when the arena was last looked after.
  std::uint32_t sweep_next_ = 0;
  std::uint32_t round_next_ = 0;
  TimeMs arena_trimmed_ms_ = 0;
  // What FLUSHALL has left behind. Locked with no shard locked.
  Mutex flushed_mutex_;
  std::vector<std::unique_ptr<FlushedContents>> flushed_ GUARDED_BY(flushed_mutex_);
  std::size_t flushes_begun_ GUARDED_BY(flushed_mutex_) = 0;  // between begin_flush_all() and end_flush_all()
  std::atomic<bool> has_flushed_{false};
  // Writers who found no victim left make room one at a time, holding this; how many do or wait to. Locked before any
  // shard.
  Mutex last_resort_;
  std::atomic<std::uint32_t> last_resort_writers_{0};
};

// What the body of run_multi() works with: each key's shard, all locked, and the one operation.
class ShardedStore::MultiAccess {
 public:
  // REQUIRES: `key` is one of the keys given to run_multi(), or in the shard of one.
  std::pair<Shard&, Op&> operator()(const Key& key) NO_LOCK_ANALYSIS { return {store_.slot_of(key.hash).shard, op_}; }
  // As ShardedStore::prefetch(), for keys that the operator may be asked for. A window of them at a time.
  void prefetch(std::span<const Key> keys) const;

 private:
  friend class ShardedStore;
  MultiAccess(ShardedStore& store, Op& op) : store_(store), op_(op) {}

  ShardedStore& store_;
  Op& op_;
};

}  // namespace larder

#include "larder/store/sharded_store_run.h"
