// Routing, the keyspace, background work and sums. Making room is in sharded_store_room.cpp, flushing in
// sharded_store_flush.cpp.
#include "larder/store/sharded_store.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "larder/base/allocation.h"
#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/base/page_arena.h"

namespace larder {

namespace {

constexpr std::uint32_t kShardsMax = 65'536;
// A scan may pass so many empty buckets for each item it was asked for.
constexpr std::size_t kScanBucketsPerItem = 10;
// Of maxmemory, what open segments and those on their way to be free may take at most; see budget_bytes().
constexpr std::uint64_t kOpenSegmentsShare = 32;
constexpr std::uint64_t kOpenSegmentsPerShard = 2;
// What freed blobs may hold for a moment: that part of maxmemory, or that part of what is not in use, which is looked
// at again with each maintain(); without a limit, so many bytes. Fresh pages cost several times what the values' bytes
// do.
constexpr std::uint64_t kWarmShare = 50;
constexpr std::uint64_t kWarmShareOfUnused = 4;
constexpr std::uint64_t kWarmBytesWithoutLimit = 256ULL << 20;
constexpr std::size_t kExcessBytesPerMaintain = std::size_t{64} << 20;
constexpr TimeMs kArenaTrimMs = 1'000;

std::size_t range_bytes_for(std::uint32_t shards) {
  return std::min(SegmentLog::kRangeBytesMax, kAddressSpaceBytes / shards);
}

std::uint64_t beside_open_segments(std::uint64_t maxmemory_bytes, std::uint64_t segment_bytes, std::uint64_t shards) {
  const std::uint64_t open_segments = kOpenSegmentsPerShard * segment_bytes * shards;
  return maxmemory_bytes - std::min(open_segments, maxmemory_bytes / kOpenSegmentsShare);
}

Hasher make_hasher(std::optional<std::uint64_t> seed) {
  return seed ? Hasher(*seed) : Hasher();
}

}  // namespace

std::uint32_t shards_for(std::uint64_t maxmemory_bytes, std::uint64_t maxitems, unsigned threads) {
  constexpr std::uint64_t kItemsForManyShards = 10'000;
  if (maxitems != 0 && maxitems < kItemsForManyShards) return 1;
  constexpr std::uint64_t kBytesPerShardMin = 8ULL << 20;
  constexpr std::uint64_t kShardsPerThread = 8;
  std::uint64_t shards = kShardsPerThread * std::max(threads, 1u);
  if (maxmemory_bytes != 0) shards = std::min(shards, maxmemory_bytes / kBytesPerShardMin);
  // Where several threads share a large store: so many that two seldom want the same. Each takes some 140 KiB for what
  // it has open, and each eviction looks at all of them.
  constexpr std::uint64_t kBytesPerShardOfMany = 256ULL << 20;
  constexpr std::uint64_t kShardsOfMany = 128;
  if (threads > 1) {
    std::uint64_t many = std::min(kShardsOfMany, maxmemory_bytes / kBytesPerShardOfMany);
    if (maxitems != 0) many = std::min(many, maxitems / kItemsForManyShards);
    shards = std::max(shards, many);
  }
  return static_cast<std::uint32_t>(std::bit_floor(std::clamp<std::uint64_t>(shards, 1, kShardsMax)));
}

std::size_t segment_bytes_for(std::uint64_t maxmemory_bytes, std::uint32_t shards) {
  constexpr std::uint64_t kSegmentsPerShard = 64;
  if (maxmemory_bytes == 0) return SegmentLog::kSegmentBytesMax;
  const std::uint64_t share = maxmemory_bytes / shards / kSegmentsPerShard;
  return static_cast<std::size_t>(
      std::bit_floor(std::clamp<std::uint64_t>(share, SegmentLog::kSegmentBytesMin, SegmentLog::kSegmentBytesMax)));
}

std::size_t ShardedStore::address_space_bytes(std::uint32_t shards) {
  const std::size_t of_the_shards = shards * Shard::address_space_bytes(range_bytes_for(shards));
  return kAddressSpaceBytes + (1 + kFlushesWaitingMax) * of_the_shards;
}

ShardedStore::ShardedStore(const StoreOptions& options)
    : hasher_(make_hasher(options.hash_seed)),
      shard_bits_(std::countr_zero(options.shards)),
      databases_(options.databases),
      threads_(options.threads),
      tap_(options.tap),
      hold_clock_(options.hold_clock),
      hold_sample_every_(options.hold_sample_every),
      segment_bytes_(segment_bytes_for(options.maxmemory_bytes, options.shards)),
      maxmemory_bytes_(options.maxmemory_bytes),
      budget_(budget_bytes(options.maxmemory_bytes), options.maxitems),
      tags_(TagTable::bytes_for(options.maxmemory_bytes), budget_),
      coldest_ranks_(std::make_unique<std::atomic<std::int64_t>[]>(options.shards)),
      policy_(options.policy),
      random_state_(hasher_(0, "random")) {
  LARDER_CHECK(std::has_single_bit(options.shards) && options.shards <= kShardsMax);
  LARDER_CHECK(options.databases >= 1 && options.databases <= limits::kDatabasesMax);
  slots_.reserve(options.shards);
  for (std::uint32_t number = 0; number < options.shards; ++number) {
    const Shard::Options shard{.number = number,
                               .shard_bits = shard_bits_,
                               .databases = options.databases,
                               .policy = options.policy,
                               .window = &window_,
                               .hasher = &hasher_,
                               .tags = &tags_,
                               .tap = options.tap,
                               .segment_bytes = segment_bytes_,
                               .range_bytes = range_bytes_for(options.shards)};
    slots_.push_back(std::make_unique<Slot>(shard, budget_));
    coldest_ranks_[number].store(kNoVictim, std::memory_order_relaxed);
  }
  const std::size_t slot_bytes = allocation_bytes(sizeof(Slot)) - sizeof(Shard);  // a Shard counts itself
  overhead_bytes_ = sizeof(ShardedStore) + options.shards * (slot_bytes + sizeof slots_[0] + sizeof coldest_ranks_[0]);
  budget_.take({static_cast<std::size_t>(overhead_bytes_), 0});
  fixed_bytes_ = budget_.used_bytes();
  set_warm_bytes();
}

// Shards give back to the budget and look at the tags.
ShardedStore::~ShardedStore() {
  slots_.clear();
}

// --- Events ---

void ShardedStore::add_listener(EventListener* listener) {
  listeners_.push_back(listener);
  update_wanted_events();
}

void ShardedStore::update_wanted_events() {
  const LockGuard guard(wanted_mutex_);
  EventMask wanted = 0;
  for (const EventListener* listener : listeners_) wanted |= listener->mask();
  wanted_events_.store(wanted, std::memory_order_relaxed);
}

void ShardedStore::deliver_to_listeners(const Events& events) {
  if (HeldShards* const held = HeldShards::of(*this)) return held->keep(events);
  if (lease_listener_ != nullptr) {
    for (const KeyHash key : events.ended_leases()) lease_listener_->on_lease_ended(key);
  }
  if (events.all().empty()) return;
  const std::span<const Event> all = events.all();
  std::vector<Event> wanted;
  for (EventListener* const listener : listeners_) {
    const EventMask mask = listener->mask();
    const auto wants = [mask](const Event& event) { return (mask & event_bit(event.kind)) != 0; };
    if (std::all_of(all.begin(), all.end(), wants)) {
      listener->on_events(all);
      continue;
    }
    wanted.clear();
    std::copy_if(all.begin(), all.end(), std::back_inserter(wanted), wants);
    if (!wanted.empty()) listener->on_events(wanted);
  }
}

// --- Pages ---

void ShardedStore::release_excess_pages() {
  if (HeldShards::of(*this) == nullptr) PageArena::of_process().release_excess(kExcessBytesPerVisit);
}

void ShardedStore::do_page_work(Slot& slot, std::optional<PageWork> work) {
  for (int piece = 0; work; ++piece) {
    work->run();
    // Of a log that is gone it may be the last reference, and goes without the lock.
    const PageWork done = *std::move(work);
    LockGuard lock(slot.mutex);
    slot.shard.end_page_work(done);
    work = piece < kPageWorkMax ? slot.shard.begin_page_work() : std::nullopt;
  }
}

// --- The keyspace ---

// A cursor names a place on one line over all shards: the shard's bits are the highest of the hash.
std::uint64_t ShardedStore::scan_slice(std::uint64_t cursor, WorkBudget& left, TimeMs now_ms,
                                       const std::function<void(const ItemView&)>& visit) {
  if (cursor >> kScanCursorBits != 0) return 0;
  const KeyHash from = cursor_to_hash(cursor);
  std::uint32_t number = hash_shard(from, shard_bits_);
  Slot& slot = *slots_[number];
  std::size_t visited = 0;
  const auto count_and_visit = [&](const ItemView& item) {
    ++visited;
    visit(item);
  };
  std::size_t buckets = 0;
  Events events(wanted_events_);
  std::optional<std::uint64_t> next;
  {
    HoldOnce hold(*this, slot, HoldKind::kKeyspace);
    Op op{now_ms, events, nullptr, {}};
    next = slot.shard.scan(hash_position(from, shard_bits_),
                           {.items_max = std::min(left.items_max, limits::kSweepBucketsPerVisit),
                            .buckets_max = std::min(left.buckets_max, limits::kSweepBucketsPerVisit)},
                           op, count_and_visit, &buckets);
  }
  deliver(events);
  left.items_max -= std::min(left.items_max, visited);
  left.buckets_max -= std::min(left.buckets_max, buckets);
  if (!next && ++number == shards()) return 0;
  const KeyHash shard_base = shard_bits_ == 0 ? 0 : KeyHash{number} << (64 - shard_bits_);
  return hash_to_cursor(shard_base | (next.value_or(0) >> shard_bits_));
}

std::uint64_t ShardedStore::scan(std::uint64_t cursor, std::size_t count, TimeMs now_ms,
                                 const std::function<void(const ItemView&)>& visit) {
  // A slice that only finishes a shard is next to no work, so that a small keyspace is walked in one step over all
  // shards.
  const std::size_t slices_max = shards() + count * kScanBucketsPerItem / limits::kSweepBucketsPerVisit + count;
  for (std::size_t slice = 0; slice < slices_max && count > 0; ++slice) {
    WorkBudget left{.items_max = count, .buckets_max = kScanBucketsPerItem * count};
    cursor = scan_slice(cursor, left, now_ms, visit);
    if (cursor == 0) return 0;
    count = left.items_max;
  }
  return cursor;
}

bool ShardedStore::random_item(Database database, TimeMs now_ms, const std::function<void(const ItemView&)>& use) {
  SplitMix64 numbers(random_state_.fetch_add(0x9e3779b97f4a7c15ULL, std::memory_order_relaxed));
  std::uint64_t total = 0;
  for_each_locked(HoldKind::kKeyspace, [&](Shard& shard) { total += shard.count(database); });
  if (total == 0) return false;

  // Shards weighted by their items. What is not found there (expired, or rare among other databases) is looked for by a
  // walk over everything from a random place on.
  std::uint64_t skip = numbers.below(total);
  bool found = false;
  for_each_locked(HoldKind::kKeyspace, [&](Shard& shard) {
    const std::uint64_t items = shard.count(database);
    const bool chosen = !found && items > skip;
    skip -= std::min(skip, items);
    if (!chosen) return;
    skip = 0;
    Events none(0);
    Op op{now_ms, none, nullptr, {}};
    if (const std::optional<ItemView> item = shard.random_item(database, numbers.next(), op)) {
      use(*item);
      found = true;
    }
  });
  if (found) return true;

  const auto use_first = [&](const ItemView& item) {
    if (found || item.database != database) return;
    use(item);
    found = true;
  };
  std::uint64_t cursor = numbers.next() >> kHashSpareBits;
  for (int round = 0; round < 2 && !found; ++round) {
    do {
      cursor = scan(cursor, kScanBucketsPerItem, now_ms, use_first);
    } while (cursor != 0 && !found);
  }
  return found;
}

DatabaseStats ShardedStore::database_stats(Database database, TimeMs now_ms) {
  DatabaseStats result;
  double ttl_sum_ms = 0;
  for_each_locked(HoldKind::kKeyspace, [&](Shard& shard) {
    const std::uint64_t with_expiry = shard.count_with_expiry(database);
    result.keys += shard.count(database);
    result.keys_with_expiry += with_expiry;
    ttl_sum_ms += static_cast<double>(shard.average_ttl_ms(database, now_ms)) * static_cast<double>(with_expiry);
  });
  if (result.keys_with_expiry > 0) {
    result.average_ttl_ms = static_cast<std::int64_t>(ttl_sum_ms / static_cast<double>(result.keys_with_expiry));
  }
  return result;
}

std::uint64_t ShardedStore::size(Database database) {
  std::uint64_t items = 0;
  for_each_locked(HoldKind::kKeyspace, [&](Shard& shard) { items += shard.count(database); });
  return items;
}

void ShardedStore::delete_tags(Database database, std::span<const std::string_view> names, TimeMs now_ms) {
  Events events(wanted_events_);
  for (const std::string_view name : names) {
    const TagClock clock = tags_.remove(tag(database, name), now_ms);
    if (!events.wants(EventKind::kTagDeleted)) continue;
    events.add({.kind = EventKind::kTagDeleted,
                .database = database,
                .shard = kNoShard,
                .sequence = clock,
                .key = {},
                .name = EventName::kTagDel},
               name);
  }
  deliver(events);
}

// --- Background ---

bool ShardedStore::maintain(TimeMs now_ms, std::size_t work_max) {
  if (now_ms - arena_trimmed_ms_ >= kArenaTrimMs || now_ms < arena_trimmed_ms_) {
    PageArena::of_process().trim();
    arena_trimmed_ms_ = now_ms;
  }
  set_warm_bytes();
  PageArena::of_process().release_excess(kExcessBytesPerMaintain);
  std::size_t work = 0;
  while (work < work_max && free_flushed(limits::kSweepBucketsPerVisit)) work += limits::kSweepBucketsPerVisit;
  const bool all_idle = sweep_shards(work_max, work, now_ms, &Shard::sweep, sweep_next_);
  Events events(wanted_events_);
  const bool excess = settle_excess(limits::kEvictItemsPerVisit + work_max - std::min(work, work_max), now_ms, events);
  deliver(events);
  return excess || !all_idle;
}

bool ShardedStore::maintain_round(TimeMs now_ms, std::size_t work_max) {
  std::size_t work = 0;
  return !sweep_shards(work_max, work, now_ms, &Shard::sweep_round, round_next_);
}

// Visits shards in turn until all are idle or the work is done. True: all are idle.
bool ShardedStore::sweep_shards(std::size_t work_max, std::size_t& work, TimeMs now_ms,
                                WorkDone (Shard::*sweep)(WorkBudget, Op&), std::uint32_t& next) {
  std::uint32_t idle_in_a_row = 0;
  while (work < work_max && idle_in_a_row < shards()) {
    Slot& slot = *slots_[next];
    next = (next + 1) % shards();
    Events events(wanted_events_);
    WorkDone done;
    std::unique_ptr<EvictionPolicy> former;  // freed without the lock
    {
      Hold hold(*this, slot, HoldKind::kMaintenance);
      Op op{now_ms, events, nullptr, {}};
      done = (slot.shard.*sweep)({.items_max = limits::kSweepItemsPerVisit,
                                  .buckets_max = std::min(work_max - work, limits::kSweepBucketsPerVisit)},
                                 op);
      former = slot.shard.take_former_policy();
    }
    deliver(events);
    work += done.items + done.buckets;
    idle_in_a_row = done.more ? 0 : idle_in_a_row + 1;
  }
  return idle_in_a_row >= shards();
}

void ShardedStore::give_back_free_memory() {
  for_each_locked(HoldKind::kMaintenance, [](Shard& shard) { shard.give_back_free_memory(); });
  PageArena::of_process().release_warm();
}

// --- Settings ---

std::uint64_t ShardedStore::budget_bytes(std::uint64_t maxmemory_bytes) const {
  return beside_open_segments(maxmemory_bytes, segment_bytes_, std::uint64_t{1} << shard_bits_);
}

std::uint64_t ShardedStore::budget_bytes_from_start(std::uint64_t maxmemory_bytes) const {
  return beside_open_segments(maxmemory_bytes, segment_bytes_for(maxmemory_bytes, shards()), shards());
}

void ShardedStore::set_warm_bytes() {
  const std::uint64_t limit = maxmemory_bytes_.load(std::memory_order_relaxed);
  const std::uint64_t unused = limit - std::min(limit, budget_.used_bytes());
  PageArena::of_process().set_warm_bytes_max(static_cast<std::size_t>(
      limit == 0 ? kWarmBytesWithoutLimit : std::max(limit / kWarmShare, unused / kWarmShareOfUnused)));
}

void ShardedStore::set_maxmemory(std::uint64_t bytes) {
  maxmemory_bytes_.store(bytes, std::memory_order_relaxed);
  budget_.set_bytes_max(budget_bytes(bytes));
  set_warm_bytes();
}

void ShardedStore::set_maxitems(std::uint64_t items) {
  budget_.set_items_max(items);
}

void ShardedStore::set_policy(PolicyKind policy) {
  policy_.store(policy, std::memory_order_relaxed);
  for (const std::unique_ptr<Slot>& slot : slots_) {
    std::unique_ptr<EvictionPolicy> former;  // freed without the lock
    Hold hold(*this, *slot, HoldKind::kSetting);
    former = slot->shard.set_policy(policy);
  }
}

bool ShardedStore::hands_over() {
  bool found = false;
  for_each_locked(HoldKind::kSetting, [&](Shard& shard) { found |= shard.hands_over(); });
  return found;
}

void ShardedStore::set_active_expiry(bool on) {
  for_each_locked(HoldKind::kSetting, [&](Shard& shard) { shard.set_active_expiry(on); });
}

// --- Sums ---

StoreStats ShardedStore::stats() {
  StoreStats result;
  for_each_locked(HoldKind::kKeyspace, [&](Shard& shard) { result.total += shard.stats(); });
  {
    LockGuard lock(flushed_mutex_);
    for (const std::unique_ptr<FlushedContents>& flushed : flushed_) result.total += flushed->charged();
  }
  result.total.overhead_bytes += overhead_bytes_;
  result.tags = tags_.stats();
  result.total.tag_bytes = result.tags.bytes;
  result.used_bytes = budget_.used_bytes();
  result.peak_bytes = budget_.peak_bytes();
  result.startup_bytes = fixed_bytes_;
  result.warm_bytes = PageArena::of_process().warm_bytes();
  result.pinned_bytes = budget_.pinned_bytes();
  result.receiving_bytes = budget_.receiving_bytes();
  result.maxmemory_bytes = maxmemory_bytes_.load(std::memory_order_relaxed);
  result.maxitems = budget_.items_max();
  return result;
}

HoldReport ShardedStore::holds() const {
  HoldReport report;
  for (const std::unique_ptr<Slot>& slot : slots_) slot->times.add_to(report);
  return report;
}

// A histogram may be read while it is written.
HistogramSnapshot ShardedStore::evicted_ages_ms() const NO_LOCK_ANALYSIS {
  HistogramSnapshot ages;
  for (const std::unique_ptr<Slot>& slot : slots_) slot->shard.evicted_ages_ms().add_to(ages);
  return ages;
}

std::size_t ShardedStore::value_bytes_max() const {
  const std::uint64_t bytes_max = budget_.bytes_max();
  if (bytes_max == 0) return limits::kValueBytesMax;
  // What an item takes beside its value: its record, that of the block, and the block's rounding to pages.
  const std::uint64_t taken = fixed_bytes_ + tags_.stats().bytes +
                              Shard::item_bytes_max(0, SegmentLog::kSegmentBytesMax) - SegmentLog::kSegmentBytesMax +
                              kPageBytes;
  return bytes_max <= taken
             ? 0
             : static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max - taken, limits::kValueBytesMax));
}

bool ShardedStore::pins_too_much() const {
  const std::uint64_t bytes_max = budget_.bytes_max();
  return bytes_max != 0 && budget_.pinned_bytes() > bytes_max / limits::kPinnedShare;
}

void ShardedStore::check_invariants() {
  RoomNeeded held{static_cast<std::size_t>(overhead_bytes_ + tags_.stats().bytes), 0};
  for_each_locked(HoldKind::kKeyspace, [&](Shard& shard) {
    shard.check_invariants();
    held += {static_cast<std::size_t>(shard.stats().used_bytes()), static_cast<std::size_t>(shard.stats().items)};
  });
  // Other threads may hold room that they have not used yet.
  LARDER_CHECK(budget_.used_bytes() >= held.bytes && budget_.used_items() >= held.items);
}

}  // namespace larder
