// A Shard's life, sums and room. Its items are in shard_items.cpp, what walks over them in shard_keyspace.cpp.
#include "larder/store/shard.h"

#include <algorithm>

#include "larder/base/allocation.h"
#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "store/item.h"

namespace larder {

namespace {

// About 35 years: expiries further from the first one count as that far, so that eight million of them cannot overflow.
constexpr std::int64_t kExpiryShareMsMax = std::int64_t{1} << 40;

}  // namespace

ShardStats& ShardStats::operator+=(const ShardStats& other) {
  items += other.items;
  items_with_expiry += other.items_with_expiry;
  item_bytes += other.item_bytes;
  data_bytes += other.data_bytes;
  blob_bytes += other.blob_bytes;
  index_bytes += other.index_bytes;
  dead_bytes += other.dead_bytes;
  overhead_bytes += other.overhead_bytes;
  evicted += other.evicted;
  evicted_age_ms_sum += other.evicted_age_ms_sum;
  expired += other.expired;
  return *this;
}

Shard::Shard(const Options& options, Budget& budget)
    : number_(options.number),
      shard_bits_(options.shard_bits),
      budget_(budget),
      policy_(options.policy),
      index_(options.shard_bits),
      databases_(static_cast<std::size_t>(options.databases)) {
  stats_.index_bytes = index_.bytes();
  stats_.overhead_bytes = sizeof(Shard) + allocation_bytes(databases_.size() * sizeof(DatabaseState));
  budget_.take({stats_.used_bytes(), 0});
}

Shard::~Shard() {
  while (LruNode* node = lru_.coldest()) {
    lru_.erase(*node);
    free_item(static_cast<Item&>(*node));
  }
  budget_.give_back({stats_.used_bytes(), stats_.items});
}

// --- Sums ---

std::int64_t Shard::expiry_share_ms(TimeMs expire_at_ms) const {
  return std::clamp(expire_at_ms - expiry_base_ms_, -kExpiryShareMsMax, kExpiryShareMsMax);
}

void Shard::account(const Item& item) {
  DatabaseState& database = databases_[item.database];
  ++database.items;
  database.used_bytes += item.total_bytes();
  database.data_bytes += item.data_bytes();
  ++stats_.items;
  stats_.item_bytes += item.allocated_bytes;
  stats_.blob_bytes += item.blob_bytes();
  stats_.data_bytes += item.data_bytes();
  if (item.expire_at_ms == kNoExpiry) return;
  ++database.items_with_expiry;
  database.expiry_sum_ms += expiry_share_ms(item.expire_at_ms);
  ++stats_.items_with_expiry;
}

void Shard::unaccount(const Item& item) {
  DatabaseState& database = databases_[item.database];
  --database.items;
  database.used_bytes -= item.total_bytes();
  database.data_bytes -= item.data_bytes();
  --stats_.items;
  stats_.item_bytes -= item.allocated_bytes;
  stats_.blob_bytes -= item.blob_bytes();
  stats_.data_bytes -= item.data_bytes();
  if (item.expire_at_ms == kNoExpiry) return;
  --database.items_with_expiry;
  database.expiry_sum_ms -= expiry_share_ms(item.expire_at_ms);
  --stats_.items_with_expiry;
}

void Shard::note_expiry(TimeMs expire_at_ms, TimeMs now_ms) {
  if (expire_at_ms == kNoExpiry) return;
  if (stats_.items_with_expiry == 0) expiry_base_ms_ = now_ms;
  earliest_expiry_ms_ = std::min(earliest_expiry_ms_, expire_at_ms);
  pass_earliest_expiry_ms_ = std::min(pass_earliest_expiry_ms_, expire_at_ms);
}

std::uint64_t Shard::count(Database database) const {
  return databases_[database].items;
}

std::uint64_t Shard::count_with_expiry(Database database) const {
  return databases_[database].items_with_expiry;
}

std::int64_t Shard::average_ttl_ms(Database database, TimeMs now_ms) const {
  const DatabaseState& state = databases_[database];
  if (state.items_with_expiry == 0) return 0;
  const std::int64_t mean_ms = state.expiry_sum_ms / static_cast<std::int64_t>(state.items_with_expiry);
  return std::max<std::int64_t>(0, expiry_base_ms_ + mean_ms - now_ms);
}

// --- Room ---

Shard::Footprint Shard::footprint(std::size_t key_bytes, std::size_t value_bytes) {
  const bool in_blob = value_bytes >= limits::kBodyBytesMin;
  return {allocation_bytes(Item::request_bytes(key_bytes, value_bytes, in_blob)),
          in_blob ? Blob::footprint_bytes(value_bytes) : 0};
}

std::size_t Shard::item_bytes_max(std::size_t key_bytes, std::size_t value_bytes) {
  return footprint(key_bytes, value_bytes).total();
}

bool Shard::acquire(RoomNeeded room, Op& op) {
  const RoomNeeded missing = op.reservation != nullptr ? op.reservation->draw(room) : room;
  if (missing.none() || budget_.try_take(missing)) return true;
  if (op.reservation != nullptr) {
    if (op.reservation->overdraw(missing)) return true;
    op.reservation->add(room.beyond(missing));
  }
  op.needed = missing;
  return false;
}

void Shard::release(RoomNeeded room, Reservation* to) {
  if (to != nullptr) {
    to->add(room);
  } else {
    budget_.give_back(room);
  }
}

// --- Invariants ---

void Shard::check_invariants() const {
  lru_.check_invariants();
  LARDER_CHECK(index_.check_invariants() == lru_.size());
  LARDER_CHECK(stats_.index_bytes == index_.bytes());

  ShardStats sums;
  std::uint64_t flushed_items = 0;
  std::vector<DatabaseState> databases(databases_.size());
  for (const LruNode* node = lru_.coldest(); node != nullptr; node = lru_.warmer(*node)) {
    const Item& item = static_cast<const Item&>(*node);
    LARDER_CHECK(*index_.link_of(item) == &item);
    LARDER_CHECK(!item.has_blob || item.blob()->size() == item.value_bytes);
    sums.item_bytes += item.allocated_bytes;
    sums.blob_bytes += item.blob_bytes();
    if (item.epoch != databases_[item.database].epoch) {
      ++flushed_items;
      sums.dead_bytes += item.total_bytes();
      continue;
    }
    ++sums.items;
    sums.data_bytes += item.data_bytes();
    ++databases[item.database].items;
    databases[item.database].used_bytes += item.total_bytes();
    databases[item.database].data_bytes += item.data_bytes();
    if (item.expire_at_ms == kNoExpiry) continue;
    LARDER_CHECK(item.expire_at_ms >= earliest_expiry_ms_);
    ++sums.items_with_expiry;
    ++databases[item.database].items_with_expiry;
    databases[item.database].expiry_sum_ms += expiry_share_ms(item.expire_at_ms);
  }

  LARDER_CHECK(flushed_items == flushed_items_);
  LARDER_CHECK(sums.items == stats_.items && sums.items_with_expiry == stats_.items_with_expiry);
  LARDER_CHECK(sums.item_bytes == stats_.item_bytes && sums.blob_bytes == stats_.blob_bytes);
  LARDER_CHECK(sums.data_bytes == stats_.data_bytes && sums.dead_bytes == stats_.dead_bytes);
  for (std::size_t number = 0; number < databases.size(); ++number) {
    const DatabaseState& expected = databases[number];
    const DatabaseState& kept = databases_[number];
    LARDER_CHECK(expected.items == kept.items && expected.items_with_expiry == kept.items_with_expiry);
    LARDER_CHECK(expected.used_bytes == kept.used_bytes && expected.data_bytes == kept.data_bytes);
    LARDER_CHECK(expected.expiry_sum_ms == kept.expiry_sum_ms);
  }
}

}  // namespace larder
