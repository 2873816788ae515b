// What a Shard does over many items: walks for SCAN and RANDOMKEY, flush, eviction, sweeping. Every walk is bounded.
#include <algorithm>

#include "larder/base/limits.h"
#include "larder/store/shard.h"
#include "store/item.h"

namespace larder {

namespace {

constexpr int kRandomTries = 32;

}  // namespace

std::optional<std::uint64_t> Shard::scan(std::uint64_t from_position, WorkBudget budget, Op& op,
                                         const std::function<void(const ItemView&)>& visit) {
  std::size_t items = 0;
  std::size_t buckets = 0;
  std::uint64_t position = from_position;
  do {
    const ShardIndex::Bucket bucket = index_.bucket_at(position);
    for (Item** link = bucket.head; *link != nullptr;) {
      // The index may have shrunk since: the front of this bucket has been visited then.
      const bool visited_before = index_.position_of(**link) < position;
      if (!visited_before) {
        if (reclaim_if_dead(link, op, nullptr)) continue;
        visit(view(**link, op.now_ms));
        ++items;
      }
      link = &(*link)->next;
    }
    ++buckets;
    position = bucket.end;
    if (position == 0) return {};
  } while (items < budget.items_max && buckets < budget.buckets_max);
  return position;
}

std::optional<ItemView> Shard::random_item(Database database, std::uint64_t random, Op& op) {
  if (count(database) == 0) return {};
  SplitMix64 numbers(random);
  const auto pick = [&](std::uint64_t position) -> const Item* {
    const auto fits = [&](const Item& item) {
      return item.database == database && fate(item, op.now_ms) == Fate::kLive;
    };
    Item* const chain = *index_.bucket_at(position).head;
    std::uint64_t candidates = 0;
    for (const Item* item = chain; item != nullptr; item = item->next) candidates += fits(*item);
    if (candidates == 0) return nullptr;
    std::uint64_t skip = numbers.below(candidates);
    const Item* item = chain;
    while (item != nullptr && (!fits(*item) || skip-- != 0)) item = item->next;
    return item;
  };

  std::uint64_t position = 0;
  for (int tried = 0; tried < kRandomTries; ++tried) {
    position = numbers.next();
    if (const Item* item = pick(position)) return view(*item, op.now_ms);
  }
  const std::size_t walk = std::min(index_.buckets(), limits::kSweepBucketsPerVisit);
  for (std::size_t walked = 0; walked < walk; ++walked) {
    position = index_.bucket_at(position).end;
    if (const Item* item = pick(position)) return view(*item, op.now_ms);
  }
  return {};
}

void Shard::flush(std::optional<Database> database, Op& op) {
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
    state = {.epoch = state.epoch + 1};
  }
  emit(EventKind::kFlushed, database.value_or(kAllDatabases), {}, op);
}

std::optional<std::int64_t> Shard::coldest_rank() const {
  if (flushed_items_ > 0) return kFlushedRank;
  if (policy_ == PolicyKind::kNoEviction) return {};
  const LruNode* const coldest = lru_.coldest();
  if (coldest == nullptr) return {};
  return static_cast<const Item*>(coldest)->last_use_ms;
}

WorkDone Shard::evict(RoomNeeded wanted, WorkBudget budget, Op& op) {
  const std::uint64_t bytes_before = stats_.used_bytes();
  const std::uint64_t items_before = stats_.items;
  const auto satisfied = [&] {
    return bytes_before - stats_.used_bytes() >= wanted.bytes && items_before - stats_.items >= wanted.items;
  };
  WorkDone done;
  if (flushed_items_ > 0) sweep_buckets(budget, op, op.reservation, done);
  if (flushed_items_ == 0 && policy_ != PolicyKind::kNoEviction) {
    while (!satisfied() && done.items < budget.items_max && lru_.coldest() != nullptr) {
      evict_coldest(op);
      ++done.items;
    }
  }
  done.bytes = bytes_before - stats_.used_bytes();
  done.more = coldest_rank().has_value();
  return done;
}

void Shard::evict_coldest(Op& op) {
  const Item& item = static_cast<const Item&>(*lru_.coldest());
  Item** const link = index_.link_of(item);
  if (reclaim_if_dead(link, op, op.reservation)) return;
  ++stats_.evicted;
  stats_.evicted_age_ms_sum += static_cast<std::uint64_t>(std::max<std::int64_t>(0, op.now_ms - item.last_use_ms));
  emit(EventKind::kEvicted, item.database, item.key(), op);
  remove(link, op.reservation);
}

bool Shard::sweep_is_due(TimeMs now_ms) const {
  return flushed_items_ > 0 || (active_expiry_ && earliest_expiry_ms_ <= now_ms);
}

WorkDone Shard::sweep(WorkBudget budget, Op& op) {
  const std::uint64_t bytes_before = stats_.used_bytes();
  WorkDone done;
  if (in_pass_ || sweep_is_due(op.now_ms)) sweep_buckets(budget, op, nullptr, done);
  shrink_index(budget, done);
  done.bytes = bytes_before - std::min(bytes_before, stats_.used_bytes());
  done.more |= in_pass_ || sweep_is_due(op.now_ms);
  return done;
}

void Shard::sweep_buckets(WorkBudget budget, Op& op, Reservation* to, WorkDone& done) {
  if (!in_pass_) {
    in_pass_ = true;
    sweep_position_ = 0;
    pass_earliest_expiry_ms_ = kNever;
  }
  do {
    const ShardIndex::Bucket bucket = index_.bucket_at(sweep_position_);
    for (Item** link = bucket.head; *link != nullptr;) {
      const Item& item = **link;
      const bool leave = !active_expiry_ && fate(item, op.now_ms) == Fate::kExpired;
      if (!leave && reclaim_if_dead(link, op, to)) {
        ++done.items;
        continue;
      }
      if (item.expire_at_ms != kNoExpiry) {
        pass_earliest_expiry_ms_ = std::min(pass_earliest_expiry_ms_, item.expire_at_ms);
      }
      link = &(*link)->next;
    }
    ++done.buckets;
    sweep_position_ = bucket.end;
    in_pass_ = sweep_position_ != 0;
  } while (in_pass_ && done.buckets < budget.buckets_max && done.items < budget.items_max);
  if (!in_pass_) earliest_expiry_ms_ = pass_earliest_expiry_ms_;
}

// Stops where the budget has no room for the next piece of table; a later visit finds some.
void Shard::shrink_index(WorkBudget budget, WorkDone& done) {
  while (index_.wants_shrinking(lru_.size())) {
    if (done.buckets >= budget.buckets_max) {
      done.more = true;
      return;
    }
    const std::size_t bytes = index_.shrink_bytes();
    if (!budget_.try_take({bytes, 0})) return;
    index_.shrink();
    release({stats_.index_bytes + bytes - index_.bytes(), 0}, nullptr);
    stats_.index_bytes = index_.bytes();
    ++done.buckets;
  }
}

}  // namespace larder
