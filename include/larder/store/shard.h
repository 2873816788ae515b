// WHAT: one shard of the store: an index, the items, their eviction order, their expiry. Single-threaded: the owner
// (ShardedStore) holds the shard's lock around every call. Reads no clock, takes no lock, never evicts on behalf of a
// write: a write for which the budget has no room answers kNeedsRoom, says how much in op.needed, and has changed
// nothing.
//
// STRUCTURE: an index in hash order (hash_index.h) over a log of segments (segment_log.h) in which the items lie
// (item.h), and a policy that orders them (eviction_policy.h); a large value is a block of its own (Blob).
//
//     index   [ bucket | bucket | ... ]       by hash: find, scan, random
//                 |        |
//     log     [ segment | segment | ... ]     records; what is dead in them comes back by compaction
//                 ^        ^
//     policy  the order of eviction           lists through the records, or the order of the log itself
//
// A write that appends pays for compaction with so many bytes moved for each of its own, so what is dead stays a small
// share of what is alive; that share is charged to the budget together with every item. FLUSH remembers which segment
// comes next: items of the database in older segments are dead at once and reclaimed later, by sweep() or by whoever
// meets them. A change of the policy is a walk over the log too: sweep() hands each item of older segments to the new
// one. Items whose tags were deleted (tag_table.h) are dead as expired ones are, and sweep() looks for them where items
// with tags lie that are older than the latest deletion.
//
// INVARIANTS (check_invariants): every live record is in the index once and every entry leads to one; the policy knows
// those of its own segments; counts by database and bytes by kind equal the sums over the items; what the shard has
// taken from the budget is stats().used_bytes(); no segment's tagged items are older than it says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "larder/policy/eviction_policy.h"
#include "larder/policy/policy_kind.h"
#include "larder/stats/histogram.h"
#include "larder/store/access_tap.h"
#include "larder/store/budget.h"
#include "larder/store/events.h"
#include "larder/store/flushed_contents.h"
#include "larder/store/hash_index.h"
#include "larder/store/lease_table.h"
#include "larder/store/segment_log.h"
#include "larder/store/shard_stats.h"
#include "larder/store/tag_table.h"
#include "larder/store/types.h"
#include "larder/store/watch_table.h"

namespace larder {

// What one visit of background work did.
struct WorkDone {
  std::size_t items = 0;    // reclaimed or evicted
  std::size_t bytes = 0;    // freed
  std::size_t buckets = 0;  // of the index, walked or moved; records of the log, walked; 128 bytes copied count as one
  // False: the whole round is finished, or there is nothing to do.
  bool more = false;
};

class Shard final : private PolicyHost {
 public:
  struct Options {
    std::uint32_t number = 0;
    int shard_bits = 0;
    int databases = 16;
    PolicyKind policy = PolicyKind::kAllKeysLru;
    PolicyFactory policy_factory = make_policy;
    // Of all shards. Must outlive the shard and what it leaves behind. Null: the shard is the only one.
    SharedWindow* window = nullptr;
    // What made the keys' hashes. Must outlive the shard.
    const Hasher* hasher = nullptr;
    // When tags were deleted, for all shards. Must outlive the shard. Null: no item has tags.
    const TagTable* tags = nullptr;
    // Told of what is written and removed. Must outlive the shard. Null: nobody is.
    AccessTap* tap = nullptr;
    // A power of two; see SegmentLog.
    std::size_t segment_bytes = SegmentLog::kSegmentBytesMin;
    std::size_t range_bytes = SegmentLog::kRangeBytesMax;
  };

  // What one with such a range reserves of address space.
  static std::size_t address_space_bytes(std::size_t range_bytes);

  Shard(const Options& options, Budget& budget);
  ~Shard() override;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // --- Items. An expired item is never returned; meeting one reclaims it and emits kExpired. One with a deleted tag
  // likewise: kInvalidated. A negative item is found by fetch() alone: to everything else here it is no item, though a
  // write or erase() takes it away. ---

  std::optional<ItemView> get(const Key& key, Touch touch, Op& op);
  // `value` may view the item that it replaces. `name` is the event's. Errors: kNotStored (a condition; no such
  // lease, or a tag was deleted since it was granted), kNeedsRoom, kTooLarge (more than the whole of maxmemory),
  // kOutOfMemory (the system has none).
  StatusCode set(const Key& key, Value value, const SetOptions& options, Op& op, EventName name = EventName::kSet);
  // kNoExpiry removes the expiry. Errors: kNotFound.
  StatusCode set_expiry(const Key& key, TimeMs expire_at_ms, Op& op);
  bool erase(const Key& key, Op& op);
  // The same, and `taken` gets the reference to the value's block that the store had, if it is in one: for whoever goes
  // on with it under another key. What is freed goes to op.reservation.
  bool take_out(const Key& key, BlobRef& taken, Op& op);
  // Writes `bytes` over a part of the value, which keeps its length and its expiry. False, and nothing has changed, if
  // there is no such part, or somebody still reads the block that it is in. `name` is the event's. Counts as no use.
  bool write_part(const Key& key, std::size_t at, std::string_view bytes, Op& op,
                  EventName name = EventName::kSetRange);
  // What a cache's client has to know of the key; grants it a lease, if it wants one, there is nothing or it is stale,
  // and nobody else has one.
  Fetched fetch(const Key& key, const FetchOptions& options, Op& op);
  // What the item that get() has just found has beside its value, for whoever stores that under another key. Nothing if
  // there is none. Reclaims and touches nothing.
  KeptExtras extras(const Key& key) const;
  // Whether a live item has the key. Reclaims and touches nothing.
  bool contains(const Key& key, TimeMs now_ms) const;
  // What is known of the live item with the key. Reclaims and touches nothing.
  std::optional<ItemReport> inspect(const Key& key, TimeMs now_ms) const;

  // What an operation on the key will look at is asked for ahead of it: first the bucket, and once that is there, the
  // item; true: another bucket first, and once that is there, prefetch_spilled_item(). All change nothing; the
  // first may be called without the shard's lock.
  void prefetch_bucket(KeyHash hash) const { index_.prefetch(position_of(hash)); }
  bool prefetch_item(KeyHash hash) const;
  void prefetch_spilled_item(KeyHash hash) const;

  // --- Watched keys: everything that changes one is noted where its event is emitted ---

  // The key is watched, until unwatch(), by one more; what it was like then is returned.
  WatchMark watch(const Key& key, Op& op);
  // REQUIRES: as often as watch().
  void unwatch(const Key& key);
  // Whether the key was written, deleted, evicted, flushed, or has expired since. REQUIRES: it is watched still.
  bool has_changed(const Key& key, const WatchMark& mark, TimeMs now_ms) const;
  std::size_t watched_keys() const { return watches_.size(); }

  // --- The keyspace ---

  // Calls `visit` for every live item whose position is in [from, returned position), in hash order, after at least one
  // bucket and once `items_max` items or `buckets_max` buckets are passed. Returns nothing when the end is reached.
  // `buckets_passed`: is told how many those were, which bounds the dead items that were met as well; may be null.
  // Guarantee: an item present from the first to the last call of a walk is visited exactly once, however the table
  // grows. `visit` must not call back into this Shard.
  std::optional<std::uint64_t> scan(std::uint64_t from_position, WorkBudget budget, Op& op,
                                    const std::function<void(const ItemView&)>& visit,
                                    std::size_t* buckets_passed = nullptr);
  // A live item of the database, chosen from `random`; nothing if there is none within a bounded walk.
  std::optional<ItemView> random_item(Database database, std::uint64_t random, Op& op);
  // Items of one database, or of all: dead at once, reclaimed by sweep().
  void flush(std::optional<Database> database, Op& op);
  // What a shard begins with. Two of them are nothing but address space, so they are made without the shard's lock.
  struct Empty {
    SegmentLog log;
    HashIndex index;
  };
  // Reads only what never changes.
  Empty make_empty();
  // All items of all databases: the shard goes on with `empty`, and the caller frees what is returned, without the
  // shard's lock. It stays charged to the budget until then.
  std::unique_ptr<FlushedContents> flush_all(Empty&& empty, Op& op);
  // Items of the database; those expired or flushed may be counted until they are reclaimed (flushed ones are not).
  std::uint64_t count(Database database) const;
  std::uint64_t count_with_expiry(Database database) const;
  // The mean remaining life of the database's items with an expiry, in ms, estimated; 0 if there are none.
  std::int64_t average_ttl_ms(Database database, TimeMs now_ms) const;

  // --- Room and background work; each visit is bounded by its budget ---

  // Evicts up to `budget.items_max` items until `wanted` is freed: flushed ones first, then expired ones, which it
  // looks for in up to `budget.buckets_max` records, then in the policy's order. It looks for all the expired there are
  // before anything live goes, unless that costs more than kLooksPerEviction for each item that had to go. With
  // op.reservation set, what is freed goes there instead of to the budget, so that nobody else can take it. Under
  // noeviction only flushed items go.
  WorkDone evict(RoomNeeded wanted, WorkBudget budget, Op& op);
  // The rank of the next victim: the lowest among the shards goes first (LRU: last use, in ms; kFlushedRank while there
  // are flushed items). Nothing: no victim here.
  static constexpr std::int64_t kFlushedRank = std::numeric_limits<std::int64_t>::min();
  std::optional<std::int64_t> coldest_rank() const;
  // What should not wait: reclaims flushed items, and expired ones where an eighth of a segment is likely to have
  // expired; shrinks an index that has become sparse, compacts the log, hands items to a new policy. Costs nothing when
  // there is nothing to do.
  WorkDone sweep(WorkBudget budget, Op& op);
  // What can wait: walks on through the segments where anything has expired. Costs nothing where nothing has.
  WorkDone sweep_round(WorkBudget budget, Op& op);
  // Counts at once for what is written; sweep() hands over what was there. Items that have not been handed over go
  // first. Returns a policy that is not wanted any more, if there is one: its tables may take long to free, and not
  // under the shard's lock.
  std::unique_ptr<EvictionPolicy> set_policy(PolicyKind policy);
  // Whether it has not handed over everything yet.
  bool hands_over() const { return log_.aside_items() > 0; }
  // The same policy, once sweep() has handed over everything; null before, and after it was taken.
  std::unique_ptr<EvictionPolicy> take_former_policy();
  // Off: sweep() leaves expired items to whoever meets them.
  void set_active_expiry(bool on) { active_expiry_ = on; }

  // Gives the pages of free segments back to the system that wait for their next use.
  void give_back_free_memory();
  // Pages to be committed ahead or given back, which is best done while the shard is not locked: whoever takes the work
  // runs it, and reports its end under the lock. Costs nothing where there is none.
  bool wants_page_work() const { return log_.wants_page_work() || index_.wants_page_work(); }
  std::optional<PageWork> begin_page_work();
  void end_page_work(const PageWork& work);

  const ShardStats& stats() const { return stats_; }
  // Milliseconds since their last use, of the items that were evicted; of those of whom the policy knows it. Read by
  // anyone.
  const Histogram& evicted_ages_ms() const { return evicted_ages_ms_; }
  // An upper bound of what set() will charge for an item with so many tags, its share of the index's growth aside.
  static std::size_t item_bytes_max(std::size_t key_bytes, std::size_t value_bytes, std::uint8_t tags = 0);
  // An upper bound of what the index takes more while `inserts` new items come.
  std::size_t growth_bytes_max(std::size_t inserts) const { return index_.growth_bytes_max(inserts); }

  // Stops the process if an invariant does not hold. O(items).
  void check_invariants() const;

 private:
  using SegmentNumber = SegmentLog::SegmentNumber;

  struct DatabaseState {
    std::uint64_t items = 0;
    std::uint64_t items_with_expiry = 0;
    std::uint64_t used_bytes = 0;  // records and blobs
    std::uint64_t data_bytes = 0;
    // Expiries as distances from expiry_base_ms_.
    std::int64_t expiry_sum_ms = 0;
    // Items in segments that were begun before this one are flushed.
    std::uint64_t flush_sequence = 0;
  };
  enum class Fate : std::uint8_t { kLive, kExpired, kInvalidated, kFlushed };
  // A place in a walk over the log.
  struct Cursor {
    SegmentNumber segment = SegmentLog::kNoSegment;
    std::uint64_t sequence = 0;
    std::uint32_t offset = 0;
  };
  // An item on its way from one place to another.
  struct Move {
    Location from;
    KeyHash hash;
  };

  // Neighbours in the log that compaction takes together.
  struct Run {
    SegmentNumber first = SegmentLog::kNoSegment;
    std::size_t segments = 0;
    std::uint64_t live_bytes = 0;
    std::uint64_t dead_bytes = 0;
  };

  static constexpr TimeMs kNever = SegmentLog::kNever;
  // From this part of a segment on, a value is a block of its own.
  static constexpr std::size_t kInlineShare = 8;
  static constexpr std::size_t kMovesPerBatch = 16;
  // What an eviction pays for the search for expired items, in records looked at.
  static constexpr std::size_t kLooksPerEviction = 64;
  // What that search may cost in advance.
  static constexpr std::size_t kLooksOwedMax = 16 * 1024;

  // --- PolicyHost ---
  std::uint64_t capacity() const override;
  std::uint64_t stream_weight(StreamId stream) const override;
  std::uint64_t stream_items(StreamId stream) const override { return log_.stream_items(stream); }
  Location oldest(StreamId stream) const override { return log_.oldest(stream); }
  KeyHash hash_of(Location location) const override;
  Location random_item(std::uint64_t random) const override;

  // Writes only what changes: reads then leave the shard's cache lines to all cores.
  void set_now(TimeMs now_ms) {
    if (now_ms_ != now_ms) now_ms_ = now_ms;
  }

  // --- Items (shard_items.cpp) ---
  std::uint64_t position_of(KeyHash hash) const { return hash_position(hash, shard_bits_); }
  // kNowhere if the key has no live item; a dead one is reclaimed.
  Location find(const Key& key) const;
  Location find_live(const Key& key, Op& op);
  Fate fate(Location location, TimeMs now_ms) const;
  ItemView view(Location location, KeyHash hash) const;
  // Milliseconds since the last use, 0 at least; nothing where the policy does not know.
  std::optional<std::int64_t> idle_ms(Location location, TimeMs now_ms) const;
  // Whether the policy has been told of the item.
  bool is_managed(Location location) const { return !log_.is_aside(log_.segment_of(location)); }
  void touch(Location location, KeyHash hash, TimeMs now_ms) {
    if (is_managed(location)) policy_->on_hit(location, hash, now_ms);
  }
  // Whether everybody may see it: it is not negative.
  bool is_visible(Location location) const { return location != kNowhere && !item(location).is_negative(); }
  // `extras` may be null, here and in what follows.
  ItemShape shape_for(const Key& key, const Value& value, bool has_expiry, const ItemExtras* extras) const;
  // `old`: the key's item, or kNowhere.
  StatusCode store(Location old, const Key& key, const Value& value, const SetOptions& options,
                   const ItemExtras* extras, Op& op);
  StatusCode insert(const Key& key, const Value& value, const SetOptions& options, const ItemExtras* extras, Op& op);
  StatusCode overwrite(Location old, const Key& key, const Value& value, const SetOptions& options,
                       const ItemExtras* extras, Op& op);
  StatusCode overwrite_in_place(Location location, const Key& key, const Value& value, TimeMs expire_at_ms,
                                const ItemExtras* extras, Op& op);
  StatusCode overwrite_elsewhere(Location old, const Key& key, const Value& value, const ItemShape& shape,
                                 TimeMs expire_at_ms, const ItemExtras* extras, Op& op);
  StreamId stream_for_rewrite(Location old, KeyHash hash) const;
  // A record with everything but its value's bytes, not yet indexed; kNowhere if there is no address space.
  Location append_record(const Key& key, const ItemShape& shape, TimeMs expire_at_ms, StreamId stream);
  // The item at `from` in another shape, which takes over its blob and its place in the sums: the old record is to be
  // retired. kNowhere, and nothing has changed, if there is no address space.
  Location append_copy(Location from, const Key& key, const ItemShape& shape, TimeMs expire_at_ms, StreamId stream,
                       TimeMs now_ms);
  // Gives the store's reference to the blob up (null: nothing). A pinned one stays charged.
  void drop_blob(Blob* blob, bool pinned);
  // The record at `to` takes the place of the one at `from`, which dies; whoever is to have its blob has it already.
  // Counts as a use.
  void replace(Location from, Location to, KeyHash hash, TimeMs now_ms);
  void change_expiry(Location location, TimeMs expire_at_ms, TimeMs now_ms);
  // The item gets a record with a field for its expiry. False: there is no address space.
  bool add_expiry(Location old, const Key& key, TimeMs expire_at_ms, Op& op);
  void note_expiry(Location location, TimeMs expire_at_ms, TimeMs now_ms);
  // As Event's.
  struct Particulars {
    bool is_new = false;
    bool sets_expiry = false;
    bool is_hidden = false;
  };
  void emit(EventName name, Database database, std::string_view key, Op& op) { emit(name, database, key, op, {}); }
  void emit(EventName name, Database database, std::string_view key, Op& op, Particulars particulars) {
    ++sequence_;
    const EventKind kind = event_kind(name);
    if (!watches_.empty() && !particulars.is_hidden) [[unlikely]]
      note_watched(kind, database, key);
    if (!op.events.wants(kind)) return;
    op.events.add({.kind = kind,
                   .database = database,
                   .shard = number_,
                   .sequence = sequence_,
                   .key = {},
                   .name = name,
                   .is_new = particulars.is_new,
                   .sets_expiry = particulars.sets_expiry,
                   .is_hidden = particulars.is_hidden},
                  key);
  }
  // Of the item that goes.
  void emit_end(EventName name, Location location, Op& op) {
    const ItemRef gone = item(location);
    emit(name, gone.database(), gone.key(), op, {.is_hidden = gone.is_negative()});
  }
  void note_watched(EventKind kind, Database database, std::string_view key);
  bool is_tapped(KeyHash hash) const { return tap_ != nullptr && tap_->wants(hash); }
  // After the key's item was written, or has got another expiry. REQUIRES: is_tapped().
  void tell_write(const Key& key);
  // Takes the item out of everything. REQUIRES: what is wanted of its bytes has been read.
  void remove(Location location, KeyHash hash, Removal why, Reservation* to, BlobRef* taken = nullptr);
  // Removes it if it is dead.
  bool reclaim_if_dead(Location location, KeyHash hash, Op& op, Reservation* to);

  // --- Looking ahead (shard_prefetch.cpp) ---
  void prefetch_record(Location location) const;
  // For it; now and then.
  void note_record_length();

  // --- Soft expiry, tags, leases (shard_caching.cpp) ---
  // Whether what is stored takes more than a value and an expiry.
  bool needs_extras(Location old, const SetOptions& options) const {
    return options.extras != nullptr ||
           ((options.keep_expiry || options.keep_tags) && old != kNowhere && item(old).fields() != 0);
  }
  // set(), where needs_extras() or with a lease.
  StatusCode set_with_extras(Location old, const Key& key, const Value& value, const SetOptions& options, Op& op);
  // What the new item has of what is said and of what is kept. May view the old one.
  ItemExtras extras_for(Location old, const SetOptions& options, const Lease* lease) const;
  void write_extras(Location location, const ItemExtras& extras);
  // After a record with an extension has come to lie there.
  void note_tags(Location location);
  void end_lease(const Key& key, Op& op) {
    if (!leases_.empty()) [[unlikely]]
      end_lease(key.hash, op);
  }
  void end_lease(KeyHash hash, Op& op);
  void end_all_leases(Op& op);
  // How many places of the table were looked at.
  std::size_t drop_ended_leases(TimeMs now_ms);
  // Takes or gives what the table of leases has grown or shrunk by.
  void settle_leases();
  bool tags_are_due(TimeMs now_ms) const;
  void begin_tag_pass(TimeMs now_ms);

  // --- Life, sums and room (shard.cpp) ---
  SegmentLog make_log() const;
  HashIndex make_index();
  // With an empty log and index: a new policy, and what is taken for them. REQUIRES: nothing is charged.
  void begin_empty();
  std::int64_t expiry_share_ms(TimeMs expire_at_ms) const;
  void account(ItemRef item);
  void unaccount(ItemRef item);
  void unaccount_flushed(ItemRef item);
  static std::size_t cost(const ItemShape& shape);
  bool acquire(RoomNeeded room, Op& op);
  void release(RoomNeeded room, Reservation* to);
  // After the index has changed: takes or gives what it has grown or shrunk by. `held`: taken for it beforehand.
  void settle_index(std::size_t held_bytes, Reservation* to);
  // What the policies have allocated.
  std::size_t metadata_bytes() const;
  // As settle_index(), for that.
  void settle_metadata();
  FlushedContents::Policies take_policies() { return {std::move(policy_), std::move(former_policy_)}; }

  // --- Walks over the log for what is dead (shard_sweep.cpp) ---
  // A walk over all segments, which stops at those that `urgency` says.
  enum class Urgency : std::uint8_t { kDue, kAny, kTagged };
  struct Pass {
    bool active = false;
    Cursor at;  // in the segment being walked, or, no longer current, where it was
    // The earliest of what was passed by, and of what was written since it began.
    TimeMs earliest_ms = kNever;
    TimeMs due_ms = kNever;
    // The same for the segment being walked, and the oldest of its items with tags.
    TimeMs segment_earliest_ms = kNever;
    TimeMs segment_due_ms = kNever;
    TagClock segment_tag_clock = kNoTagClock;
  };
  bool is_current(const Cursor& cursor) const {
    return cursor.sequence != 0 && log_.segment(cursor.segment).sequence == cursor.sequence;
  }
  Cursor cursor_at(SegmentNumber number) const { return {number, log_.segment(number).sequence, 0}; }
  bool sweep_is_due(TimeMs now_ms) const {
    return flushed_items_ > 0 || (active_expiry_ && earliest_due_ms_ <= now_ms);
  }
  bool round_is_due(TimeMs now_ms) const { return active_expiry_ && earliest_expiry_ms_ <= now_ms; }
  bool wants_walk(SegmentNumber number, Urgency urgency, TimeMs now_ms) const;
  void walk(Pass& pass, Urgency urgency, WorkBudget budget, Op& op, Reservation* to, WorkDone& done);
  // On to the next segment to be walked. False: the budget is spent, or there is none.
  bool advance(Pass& pass, Urgency urgency, WorkBudget budget, TimeMs now_ms, WorkDone& done);
  void walk_segment(Pass& pass, WorkBudget budget, Op& op, Reservation* to, WorkDone& done);
  void finish_segment(Pass& pass);
  void finish(Pass& pass);
  void note_in(Pass& pass, Location location, TimeMs expire_at_ms, bool is_sample);
  void reclaim_before_eviction(WorkBudget budget, Op& op, WorkDone& done);
  // Whether nothing expired is left to be found first.
  bool may_evict_live(TimeMs now_ms) const { return !round_is_due(now_ms) || looks_owed_ >= kLooksOwedMax; }

  // --- Eviction, and other walks over the log (shard_log.cpp) ---
  void compact_some(WorkBudget budget, WorkDone& done);
  void shrink_index(WorkBudget budget, WorkDone& done);
  // What the policy before knew of an item that the policy does not know yet.
  Standing former_standing(Location aside, KeyHash hash) const;
  // Gives items that the policy does not know to it.
  void hand_over(WorkBudget budget, Op& op, WorkDone& done);
  // Takes the room that it needs more. False: there is no address space.
  bool hand_over_item(Location from, Op& op);
  bool may_evict(Location location) const;
  void prefetch_next_victim() const;
  // One step of eviction. False: there is no victim.
  bool evict_step(Op& op);
  void evict_item(Location location, Op& op);
  void promote(Location from, StreamId stream, Op& op);

  // --- Compaction (shard_compaction.cpp) ---
  // So many bytes were appended or have died: moves some in return, if there is something to win.
  void pay_for(std::size_t bytes);
  std::size_t dead_bytes_allowed() const;
  std::size_t dead_bytes_for_share(std::size_t share) const;
  bool wants_compaction() const { return log_.dead_bytes() > dead_bytes_allowed(); }
  // Moves about so many bytes, less if there is nothing to win. Returns how many records it has looked at.
  std::size_t compact(std::size_t bytes_max);
  bool may_compact(SegmentNumber number) const;
  Run emptiest_segment();
  Run cheapest_run();
  void shorten(Run& run) const;
  std::uint64_t winnable_bytes(SegmentNumber number) const;
  bool begin_compaction();
  void end_compaction();
  // Where the next records to move are: in the segment chosen, or in the next one of its run.
  bool advance_compaction();
  // A queue's output is full: another follows it, and the walk goes on from the record that had no room.
  bool continue_output(Location from);
  // Records of `bytes_max` together, and what the last of them is longer.
  std::size_t gather_moves(std::array<Move, kMovesPerBatch>& moves, std::size_t bytes_max, std::size_t& looked_at);
  // What moving or removing it will look at.
  void prefetch_for(const Move& move) const;
  // False: the output is full.
  bool move_survivor(const Move& move);
  // The item's record at `to`, which has just been appended, takes over from the one at `from`.
  void relocate(Location from, Location to, std::uint64_t position);

  const std::uint32_t number_;
  const int shard_bits_;
  const Hasher& hasher_;
  const TagTable* const tags_;
  AccessTap* const tap_;
  Budget& budget_;
  const std::size_t segment_bytes_;
  const std::size_t range_bytes_;
  bool active_expiry_ = true;

  SegmentLog log_;
  HashIndex index_;
  const PolicyFactory policy_factory_;
  PolicyKind policy_kind_;
  std::unique_ptr<EvictionPolicy> policy_;
  std::unique_ptr<EvictionPolicy> former_policy_;  // is asked what it knows of each item that is handed over
  bool former_knew_all_ = true;                    // otherwise it is not asked
  ItemForm form_;
  bool queues_;
  std::vector<DatabaseState> databases_;
  ShardStats stats_;
  WatchTable watches_;
  std::uint64_t sequence_ = 0;
  std::uint64_t flushed_items_ = 0;
  std::uint64_t flush_sequence_ = 0;  // the latest of all databases'
  Histogram evicted_ages_ms_;
  std::uint64_t promoted_bytes_ = 0;  // copied to the end of another queue, since start
  std::uint64_t pinned_bytes_ = 0;    // left charged by blobs that were still read, since start
  // Of the last operation, for coldest_rank().
  TimeMs now_ms_ = 0;
  // The time of the first write with an expiry.
  TimeMs expiry_base_ms_ = 0;

  // No item expires before this, and no segment is due before that. A pass works out the next values.
  TimeMs earliest_expiry_ms_ = kNever;
  TimeMs earliest_due_ms_ = kNever;
  Pass urgent_;
  Pass round_;
  // The pass for what tags have taken: the clock that it looks for, since when; and that of the last one that was done.
  Pass tag_pass_;
  TagClock tag_pass_clock_ = 0;
  bool tag_pass_again_ = false;  // something dead was moved to where the pass has been
  TimeMs tag_pass_began_ms_ = 0;
  TagClock tags_swept_clock_ = 0;
  LeaseTable leases_;
  // What looking for expired items before evictions has cost, in records, and what evictions have not paid yet.
  std::size_t looks_owed_ = 0;
  std::size_t prefetched_lines_ = 2;   // of an item that is about to be used
  SegmentNumber compaction_look_ = 0;  // where the last search for something to compact ended
  Cursor compaction_;
  SegmentNumber output_ = SegmentLog::kNoSegment;  // in a queue: where its compaction writes to
  std::size_t run_left_ = 0;                       // in a queue: segments that follow in the run
  // There was nothing worth moving: writes look for it again when they have appended so many bytes.
  std::size_t compaction_pause_bytes_ = 0;
  std::size_t compaction_owed_bytes_ = 0;  // to be moved for what was appended
  // How much lay dead when the compaction under way began; and when one came to an end that had won nothing: as long as
  // that stays so, another would win nothing either.
  std::uint64_t dead_bytes_before_ = 0;
  std::optional<std::uint64_t> fruitless_at_dead_bytes_;
};

}  // namespace larder
