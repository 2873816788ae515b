// What a Shard does over many items by hash: walks for SCAN and RANDOMKEY; and flush. Every walk is bounded.
#include <algorithm>
#include <utility>
#include <vector>

#include "larder/store/shard.h"

namespace larder {

namespace {

constexpr int kRandomTries = 32;
// Buckets walked after that. Each leads to ten items somewhere in memory.
constexpr std::size_t kRandomWalk = 128;
// A longer key costs a walk as much as several items.
constexpr std::size_t kKeyBytesPerItem = 512;

}  // namespace

std::optional<std::uint64_t> Shard::scan(std::uint64_t from_position, WorkBudget budget, Op& op,
                                         const std::function<void(const ItemView&)>& visit,
                                         std::size_t* buckets_passed) {
  set_now(op.now_ms);
  std::size_t items = 0;
  std::size_t buckets = 0;
  std::uint64_t position = from_position;
  std::vector<Location> bucket;
  do {
    bucket.clear();
    const HashIndex::Range range =
        index_.visit_bucket(position, [&](Location location) { bucket.push_back(location); });
    for (const Location location : bucket) {
      const KeyHash hash = hash_of(location);
      // The index may have been rebuilt since: the front of this bucket has been visited then.
      const bool visited_before = position_of(hash) < position;
      if (visited_before || reclaim_if_dead(location, hash, op, nullptr) || !is_visible(location)) continue;
      ItemView found = view(location, hash);
      found.idle_ms = idle_ms(location, op.now_ms);
      visit(found);
      // Whoever visits copies the key.
      items += 1 + found.key.size() / kKeyBytesPerItem;
    }
    ++buckets;
    if (buckets_passed != nullptr) *buckets_passed = buckets;
    // Reclaiming may have moved the bounds of buckets, but what is before this one's end has been visited all the same.
    position = range.end;
    if (position == 0) return {};
  } while (items < budget.items_max && buckets < budget.buckets_max);
  return position;
}

std::optional<ItemView> Shard::random_item(Database database, std::uint64_t random, Op& op) {
  if (count(database) == 0) return {};
  SplitMix64 numbers(random);
  std::vector<Location> candidates;
  const auto pick = [&](std::uint64_t position) {
    candidates.clear();
    const HashIndex::Range range = index_.visit_bucket(position, [&](Location location) {
      if (item(location).database() == database && is_visible(location) && fate(location, op.now_ms) == Fate::kLive) {
        candidates.push_back(location);
      }
    });
    return range.end;
  };
  const auto chosen = [&] {
    const Location location = candidates[numbers.below(candidates.size())];
    return view(location, hash_of(location));
  };

  std::uint64_t position = 0;
  for (int tried = 0; tried < kRandomTries; ++tried) {
    position = pick(numbers.next());
    if (!candidates.empty()) return chosen();
  }
  const std::size_t walk = std::min(index_.buckets(), kRandomWalk);
  for (std::size_t walked = 0; walked < walk; ++walked) {
    position = pick(position);
    if (!candidates.empty()) return chosen();
  }
  return {};
}

// For the policy: any item, dead or alive.
Location Shard::random_item(std::uint64_t random) const {
  SplitMix64 numbers(random);
  for (int tried = 0; tried < kRandomTries; ++tried) {
    Location chosen = kNowhere;
    std::uint64_t seen = 0;
    index_.visit_bucket(numbers.next(), [&](Location location) {
      if (is_managed(location) && numbers.below(++seen) == 0) chosen = location;
    });
    if (chosen != kNowhere) return chosen;
  }
  return kNowhere;
}

void Shard::flush(std::optional<Database> database, Op& op) {
  set_now(op.now_ms);
  // An output may not take in what is written after the flush.
  end_compaction();
  flush_sequence_ = log_.seal_all_open();
  const std::size_t first = database ? *database : 0;
  const std::size_t last = database ? *database : databases_.size() - 1;
  for (std::size_t number = first; number <= last; ++number) {
    DatabaseState& state = databases_[number];
    flushed_items_ += state.items;
    stats_.items -= state.items;
    stats_.items_with_expiry -= state.items_with_expiry;
    stats_.data_bytes -= state.data_bytes;
    stats_.dead_bytes += state.used_bytes;
    budget_.give_back({0, state.items});
    state = {.flush_sequence = flush_sequence_};
  }
  // A lease does not say its database; losing one is safe.
  end_all_leases(op);
  emit(EventName::kFlush, database.value_or(kAllDatabases), {}, op);
}

Shard::Empty Shard::make_empty() {
  return {make_log(), make_index()};
}

std::unique_ptr<FlushedContents> Shard::flush_all(Empty&& empty, Op& op) {
  set_now(op.now_ms);
  end_all_leases(op);
  emit(EventName::kFlush, kAllDatabases, {}, op);
  budget_.give_back({0, stats_.items});
  std::swap(log_, empty.log);
  std::swap(index_, empty.index);
  ShardStats charged = std::exchange(stats_, stats_.counters());
  // The shard itself stays where it is, and charged for what is not its policy's.
  budget_.give_back({static_cast<std::size_t>(charged.overhead_bytes), 0});
  charged.overhead_bytes = 0;
  auto flushed = std::make_unique<FlushedContents>(std::move(empty.log), std::move(empty.index), take_policies(),
                                                   charged, budget_);
  std::fill(databases_.begin(), databases_.end(), DatabaseState{});
  flushed_items_ = 0;
  flush_sequence_ = 0;
  earliest_expiry_ms_ = kNever;
  earliest_due_ms_ = kNever;
  urgent_ = {};
  round_ = {};
  tag_pass_ = {};
  compaction_ = {};
  output_ = SegmentLog::kNoSegment;
  begin_empty();
  return flushed;
}

}  // namespace larder
