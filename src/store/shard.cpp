// A Shard's life, sums and room. Its items are in shard_items.cpp, the keyspace in shard_keyspace.cpp, walks over the
// log in shard_log.cpp.
#include "larder/store/shard.h"

#include <algorithm>

#include "larder/base/allocation.h"
#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/store/item_size.h"

namespace larder {

namespace {

// About 35 years: expiries further from the first one count as that far, so that millions of them cannot overflow.
constexpr std::int64_t kExpiryShareMsMax = std::int64_t{1} << 40;
// An item's share of the index; what a small index has beyond that is nobody's in particular.
constexpr std::size_t kIndexShareBytesMax = 10;
// The smallest item of all, for how much address space the index may need.
constexpr std::size_t kRecordBytesMin = 16;

}  // namespace

Shard::Shard(const Options& options, Budget& budget)
    : number_(options.number),
      shard_bits_(options.shard_bits),
      hasher_(*options.hasher),
      tags_(options.tags),
      tap_(options.tap),
      budget_(budget),
      segment_bytes_(options.segment_bytes),
      range_bytes_(options.range_bytes),
      log_(make_log()),
      index_(make_index()),
      policy_factory_(options.policy_factory),
      policy_kind_(options.policy),
      databases_(static_cast<std::size_t>(options.databases)),
      leases_(hasher_(0, "leases") + options.number) {
  counts_items_ = budget_.items_max() != 0;
  shared_window_ = options.window;
  begin_empty();
}

Shard::~Shard() {
  budget_.give_back({static_cast<std::size_t>(stats_.lease_bytes), stats_.items});
  stats_.lease_bytes = 0;
  const FlushedContents last(std::move(log_), std::move(index_), take_policies(), stats_, budget_);
}

SegmentLog Shard::make_log() const {
  return {segment_bytes_, range_bytes_};
}

std::size_t Shard::address_space_bytes(std::size_t range_bytes) {
  return range_bytes + HashIndex::address_space_bytes(range_bytes / kRecordBytesMin);
}

HashIndex Shard::make_index() {
  return {{.position_bits = kScanCursorBits - shard_bits_, .entries_max = range_bytes_ / kRecordBytesMin},
          [this](Location location) { return position_of(hash_of(location)); }};
}

void Shard::begin_empty() {
  base_ = log_.base();
  policy_ = policy_factory_(policy_kind_, *this);
  form_ = policy_->traits().form;
  queues_ = policy_->traits().queues;
  stats_.index_bytes = index_.bytes();
  stats_.policy_bytes = policy_->metadata_bytes();
  stats_.overhead_bytes = sizeof(Shard) + allocation_bytes(databases_.size() * sizeof(DatabaseState));
  budget_.take({stats_.used_bytes(), 0});
}

// --- What the policy asks ---

std::uint64_t Shard::capacity() const {
  const std::uint64_t limit = counts_items_ ? budget_.items_max() : budget_.bytes_max();
  if (limit != 0) return std::max<std::uint64_t>(1, limit >> shard_bits_);
  return counts_items_ ? index_.size() : stats_.item_bytes + stats_.blob_bytes;
}

std::uint64_t Shard::stream_weight(StreamId stream) const {
  return counts_items_ ? log_.stream_items(stream) : log_.stream_bytes(stream);
}

KeyHash Shard::hash_of(Location location) const {
  const ItemRef found = item(location);
  return hasher_(found.database(), found.key());
}

// --- Sums ---

std::int64_t Shard::expiry_share_ms(TimeMs expire_at_ms) const {
  return std::clamp(expire_at_ms - expiry_base_ms_, -kExpiryShareMsMax, kExpiryShareMsMax);
}

void Shard::account(ItemRef item) {
  const std::size_t record_bytes = item.record_bytes();
  const std::size_t total_bytes = item.total_bytes();
  const std::size_t data_bytes = item.key().size() + item.value_bytes();
  DatabaseState& database = databases_[item.database()];
  ++database.items;
  database.used_bytes += total_bytes;
  database.data_bytes += data_bytes;
  ++stats_.items;
  stats_.item_bytes += record_bytes;
  stats_.slack_bytes += slack_bytes(record_bytes);
  stats_.blob_bytes += total_bytes - record_bytes;
  stats_.data_bytes += data_bytes;
  stats_.items_tagged += item.has_tags();
  if (item.expiry() == kNoExpiry) return;
  ++database.items_with_expiry;
  database.expiry_sum_ms += expiry_share_ms(item.expiry());
  ++stats_.items_with_expiry;
}

void Shard::unaccount(ItemRef item) {
  const std::size_t record_bytes = item.record_bytes();
  const std::size_t total_bytes = item.total_bytes();
  const std::size_t data_bytes = item.key().size() + item.value_bytes();
  DatabaseState& database = databases_[item.database()];
  --database.items;
  database.used_bytes -= total_bytes;
  database.data_bytes -= data_bytes;
  --stats_.items;
  stats_.item_bytes -= record_bytes;
  stats_.slack_bytes -= slack_bytes(record_bytes);
  stats_.blob_bytes -= total_bytes - record_bytes;
  stats_.data_bytes -= data_bytes;
  stats_.items_tagged -= item.has_tags();
  if (item.expiry() == kNoExpiry) return;
  --database.items_with_expiry;
  database.expiry_sum_ms -= expiry_share_ms(item.expiry());
  --stats_.items_with_expiry;
}

void Shard::unaccount_flushed(ItemRef item) {
  const std::size_t record_bytes = item.record_bytes();
  --flushed_items_;
  stats_.item_bytes -= record_bytes;
  stats_.slack_bytes -= slack_bytes(record_bytes);
  stats_.blob_bytes -= item.total_bytes() - record_bytes;
  stats_.dead_bytes -= item.total_bytes();
  stats_.items_tagged -= item.has_tags();
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

std::size_t Shard::cost(const ItemShape& shape) {
  const std::size_t record_bytes = shape.record_bytes();
  return record_bytes + slack_bytes(record_bytes) + (shape.has_blob ? Blob::footprint_bytes(shape.value_bytes) : 0);
}

std::optional<ItemReport> Shard::inspect(const Key& key, TimeMs now_ms) const {
  const Location location = find(key);
  if (!is_visible(location) || fate(location, now_ms) != Fate::kLive) return {};
  const ItemRef found = item(location);
  const auto index_share_bytes = static_cast<std::size_t>((index_.bytes() + index_.size() - 1) / index_.size());
  ItemReport report{.value = found.value(),
                    .used_bytes = cost(found.shape()) + std::min(index_share_bytes, kIndexShareBytesMax),
                    .tags = found.shape().tags};
  if (!is_managed(location)) return report;
  report.idle_ms = idle_ms(location, now_ms);
  report.frequency = policy_->frequency(location, key.hash);
  return report;
}

std::size_t Shard::item_bytes_max(std::size_t key_bytes, std::size_t value_bytes, std::uint8_t tags) {
  ItemShape shape{.form = ItemForm::kListItem,
                  .has_expiry = true,
                  .has_blob = false,
                  .database = 1,
                  .fields = static_cast<std::uint16_t>(kSoftExpiryField | (tags == 0 ? 0 : kTagsField)),
                  .tags = tags,
                  .key_bytes = key_bytes,
                  .value_bytes = value_bytes};
  const std::size_t in_the_record = cost(shape);
  if (value_bytes < SegmentLog::kSegmentBytesMin / kInlineShare) return in_the_record;
  shape.has_blob = true;
  return value_bytes < SegmentLog::kSegmentBytesMax / kInlineShare ? std::max(in_the_record, cost(shape)) : cost(shape);
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

void Shard::settle_index(std::size_t held_bytes, Reservation* to) {
  const std::size_t covered = static_cast<std::size_t>(stats_.index_bytes) + held_bytes;
  const std::size_t bytes = index_.bytes();
  stats_.index_bytes = bytes;
  if (bytes > covered) budget_.take({bytes - covered, 0});
  if (bytes < covered) release({covered - bytes, 0}, to);
}

std::size_t Shard::metadata_bytes() const {
  return policy_->metadata_bytes() + (former_policy_ ? former_policy_->metadata_bytes() : 0);
}

void Shard::settle_metadata() {
  const std::size_t bytes = metadata_bytes();
  const std::size_t before = static_cast<std::size_t>(stats_.policy_bytes);
  if (bytes == before) return;
  stats_.policy_bytes = bytes;
  if (bytes > before) budget_.take({bytes - before, 0});
  if (bytes < before) release({before - bytes, 0}, nullptr);
}

void Shard::give_back_free_memory() {
  log_.release_warm();
  stats_.log_bytes = log_.committed_bytes();
}

std::optional<PageWork> Shard::begin_page_work() {
  if (std::optional<PageWork> work = log_.begin_page_work()) return work;
  return index_.begin_page_work();
}

// What a FLUSHALL has taken away meanwhile is nobody's.
void Shard::end_page_work(const PageWork& work) {
  if (log_.owns(work)) log_.end_page_work(work);
  if (index_.owns(work)) index_.end_page_work(work);
  stats_.log_bytes = log_.committed_bytes();
}

// --- Invariants ---

void Shard::check_invariants() const {
  log_.check_invariants();
  std::uint64_t entries = 0;
  ShardStats sums;
  std::uint64_t flushed_items = 0;
  std::vector<DatabaseState> databases(databases_.size());
  index_.check_invariants([&](Location location) {
    ++entries;
    const ItemRef found = item(location);
    LARDER_CHECK(found.is_item());
    LARDER_CHECK(!found.has_blob() || found.blob()->size() == found.value_bytes());
    LARDER_CHECK(!is_managed(location) || found.form() == form_);
    sums.item_bytes += found.record_bytes();
    sums.slack_bytes += slack_bytes(found.record_bytes());
    sums.blob_bytes += found.total_bytes() - found.record_bytes();
    sums.items_tagged += found.has_tags();
    LARDER_CHECK(!found.has_tags() || (!found.tags().empty() && tags_ != nullptr));
    if (fate(location, kNever - 1) == Fate::kFlushed) {
      ++flushed_items;
      sums.dead_bytes += found.total_bytes();
      return;
    }
    const std::size_t data_bytes = found.key().size() + found.value_bytes();
    DatabaseState& database = databases[found.database()];
    ++sums.items;
    sums.data_bytes += data_bytes;
    ++database.items;
    database.used_bytes += found.total_bytes();
    database.data_bytes += data_bytes;
    if (found.expiry() == kNoExpiry) return;
    LARDER_CHECK(found.expiry() >= earliest_expiry_ms_);
    LARDER_CHECK(!log_.is_sample(location) || found.expiry() >= earliest_due_ms_);
    ++sums.items_with_expiry;
    ++database.items_with_expiry;
    database.expiry_sum_ms += expiry_share_ms(found.expiry());
  });

  LARDER_CHECK(log_.live_items() == entries && entries == index_.size());
  policy_->check_invariants(entries - log_.aside_items());
  LARDER_CHECK(stats_.index_bytes == index_.bytes() && stats_.policy_bytes == metadata_bytes());
  LARDER_CHECK(flushed_items == flushed_items_);
  leases_.check_invariants();
  LARDER_CHECK(stats_.leases == leases_.size() && stats_.lease_bytes == leases_.bytes());
  LARDER_CHECK(sums.items_tagged == stats_.items_tagged);
  LARDER_CHECK(sums.items == stats_.items && sums.items_with_expiry == stats_.items_with_expiry);
  LARDER_CHECK(sums.item_bytes == stats_.item_bytes && sums.slack_bytes == stats_.slack_bytes);
  LARDER_CHECK(sums.item_bytes == log_.live_bytes() && sums.blob_bytes == stats_.blob_bytes);
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
