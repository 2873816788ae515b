// What the model knows and learns. What is done to the store is in store_model_operations.cpp.
#include "support/store_model.h"

#include <algorithm>
#include <sstream>

#include "larder/base/limits.h"

namespace larder::test {

namespace {

constexpr TimeMs kStartMs = 1'700'000'000'000;
constexpr std::uint64_t kStepsBetweenSums = 16;
// What an operation may take although there is no room: pages of an index that is being rebuilt, a chunk of the
// policy's own, a field for an expiry.
constexpr std::uint64_t kUnaskedBytesMax = 32 * 1024;

}  // namespace

StoreModel::StoreModel(const Options& options, Choices& choices)
    : options_(options),
      choices_(choices),
      store_(std::make_unique<ShardedStore>(StoreOptions{.maxmemory_bytes = options.maxmemory_bytes,
                                                         .maxitems = options.maxitems,
                                                         .policy = options.policy,
                                                         .shards = options.shards,
                                                         .databases = kDatabases,
                                                         .hash_seed = options.seed})),
      now_ms_(kStartMs),
      policy_(options.policy),
      last_sequence_(options.shards) {
  store_->add_listener(this);
  begin_walk();
  begin_season();
}

StoreModel::~StoreModel() = default;

void StoreModel::fail(const std::string& what) {
  if (!failure_.empty()) return;
  failure_ = "step " + std::to_string(steps_) + ", " + std::string(policy_name(policy_)) + ", " + doing_ + ": " + what;
}

std::string StoreModel::description() const {
  const StoreStats stats = store_->stats();
  std::ostringstream text;
  text << steps_ << " steps, " << entries_.size() << " items, " << evicted_ << " evicted, " << expired_ << " expired, "
       << invalidated_ << " invalidated, " << redeemed_ << " stored with a lease, " << refused_ << " refused, "
       << walks_ << " walks, " << (stats.total.moved_bytes >> 20) << " MiB moved";
  return text.str();
}

// --- The oracle ---

StoreModel::Entry* StoreModel::find(const Name& name) {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

StoreModel::Entry* StoreModel::find_live(const Name& name) {
  Entry* const entry = find(name);
  return entry == nullptr || dead(*entry) ? nullptr : entry;
}

void StoreModel::change_expiry(Entry& entry, TimeMs expire_at_ms) {
  with_expiry_ -= entry.expire_at_ms != kNoExpiry;
  with_expiry_ += expire_at_ms != kNoExpiry;
  entry.expire_at_ms = expire_at_ms;
}

StoreModel::Entry& StoreModel::put(const Name& name, std::string value, TimeMs expire_at_ms) {
  const auto [at, is_new] = entries_.try_emplace(name);
  Entry& entry = at->second;
  if (is_new) {
    ++counts_[name.first];
    data_bytes_ += name.second.size();
  }
  data_bytes_ += value.size();
  data_bytes_ -= entry.value.size();
  entry.value = std::move(value);
  change_expiry(entry, expire_at_ms);
  return entry;
}

void StoreModel::take_out(std::map<Name, Entry>::iterator at) {
  --counts_[at->first.first];
  data_bytes_ -= at->first.second.size() + at->second.value.size();
  with_expiry_ -= at->second.expire_at_ms != kNoExpiry;
  entries_.erase(at);
}

// --- Events ---

void StoreModel::on_events(std::span<const Event> events) {
  for (const Event& event : events) on_event(event);
}

void StoreModel::on_event(const Event& event) {
  if (event.kind == EventKind::kTagDeleted) return on_tag_deleted(event);
  std::uint64_t& last = last_sequence_.at(event.shard);
  if (event.sequence <= last) fail("events of a shard are out of order");
  last = event.sequence;
  switch (event.kind) {
    case EventKind::kEvicted:
    case EventKind::kExpired:
    case EventKind::kInvalidated:
      return on_loss(event);
    case EventKind::kFlushed:
      return on_flush(event.database);
    default:
      return on_change(event);
  }
}

void StoreModel::on_loss(const Event& event) {
  const bool evicted = event.kind == EventKind::kEvicted;
  const bool by_tag = event.kind == EventKind::kInvalidated;
  ++(evicted ? evicted_ : by_tag ? invalidated_ : expired_);
  const auto found = entries_.find({event.database, event.key});
  if (found == entries_.end()) return fail("lost what was not there: " + event.key);
  if (evicted && dead(found->second)) return fail("evicted, but was dead: " + event.key);
  if (!evicted && !by_tag && !expired(found->second)) return fail("expired too early: " + event.key);
  if (by_tag && !found->second.invalidated) return fail("no tag was deleted: " + event.key);
  if (by_tag) end_lease(found->first);
  if (evicted) {
    const bool may_evict = policy_ != PolicyKind::kNoEviction;
    if (!may_evict || (evicts_volatile_only(policy_) && found->second.expire_at_ms == kNoExpiry)) {
      fail("evicted against the policy: " + event.key);
    }
  }
  take_out(found);
}

void StoreModel::on_change(const Event& event) {
  const Name name{event.database, event.key};
  // Nobody but who tracks the key has to know that it was to be deleted and was not there.
  const bool is_change = !event.is_hidden || event.kind != EventKind::kDeleted || entries_.contains(name);
  if (!is_change) return end_lease(name);
  if (expected_.empty()) return fail("a change that nobody made: " + event.key);
  const Change change = std::move(expected_.front());
  expected_.pop_front();
  if (change.kind != event.kind || change.name != name) return fail("another change than was made: " + event.key);
  if (event.kind != EventKind::kExpiryChanged) end_lease(name);
  Entry* const entry = find_live(name);
  if ((entry != nullptr) != change.was_present) return fail("lost or found without an event: " + event.key);
  if (event.kind == EventKind::kDeleted) return take_out(entries_.find(name));
  if (event.kind == EventKind::kExpiryChanged) return change_expiry(*entry, change.expire_at_ms);
  const bool keeps = change.keep_expiry && entry != nullptr;
  Entry& stored = put(name, change.value, keeps ? entry->expire_at_ms : change.expire_at_ms);
  if (!keeps || change.stale_at_ms != kNoExpiry) stored.stale_at_ms = change.stale_at_ms;
  if (!keeps || !change.keep_tags) stored.tags = change.tags;
  stored.invalidated = false;
}

void StoreModel::on_flush(Database database) {
  for (HeldLease& lease : leases_) lease.good = false;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto current = at++;
    if (database == kAllDatabases || current->first.first == database) take_out(current);
  }
}

// --- Walks ---

void StoreModel::begin_walk() {
  ++walk_;
  walk_cursor_ = 0;
  for (auto& [name, entry] : entries_) {
    entry.walk = walk_;
    entry.listed = 0;
  }
}

void StoreModel::end_walk() {
  ++walks_;
  for (const auto& [name, entry] : entries_) {
    if (entry.walk == walk_ && !dead(entry) && entry.listed != 1) fail("a walk has not listed " + name.second);
  }
  begin_walk();
}

void StoreModel::check_item(const ItemView& item) {
  const Name name{item.database, std::string(item.key)};
  const Entry* const entry = find_live(name);
  if (entry == nullptr) return fail("found what is not there: " + name.second);
  if (item.value != entry->value) fail("another value: " + name.second);
  if (item.expire_at_ms != entry->expire_at_ms) fail("another expiry: " + name.second);
  if (item.hash != key(name).hash) fail("another hash: " + name.second);
}

// --- Checks ---

void StoreModel::check_write_status(StatusCode status, std::size_t value_bytes, std::size_t keys) {
  const Budget& budget = store_->budget();
  const std::uint64_t fixed_bytes = store_->stats().total.overhead_bytes + options_.shards * 16 * 1024;
  const std::uint64_t needed_bytes =
      keys * (Shard::item_bytes_max(limits::kInlineBytesMax / 1024, 0) + 32 * 1024) + value_bytes * 9 / 8 + fixed_bytes;
  const bool is_huge = (budget.bytes_max() != 0 && needed_bytes > budget.bytes_max() / 2) ||
                       (budget.items_max() != 0 && keys > budget.items_max());
  switch (status) {
    case StatusCode::kOk:
    case StatusCode::kNotStored:
      return;
    case StatusCode::kTooLarge:
      ++refused_;
      if (!is_huge) fail("too large, it says");
      return;
    case StatusCode::kOutOfMemory: {
      ++refused_;
      if (is_huge) return;
      const bool no_bytes = budget.bytes_max() != 0 && budget.used_bytes() + needed_bytes > budget.bytes_max();
      const bool no_items = budget.items_max() != 0 && budget.used_items() + keys > budget.items_max();
      if (!no_bytes && !no_items) return fail("out of memory, with room left");
      if (policy_ == PolicyKind::kNoEviction) return;
      if (!evicts_volatile_only(policy_)) return fail("out of memory, with everything to evict");
      if (with_expiry_ != 0) fail("out of memory, with volatile items left");
      return;
    }
    default:
      fail("a status that no write may have");
  }
}

// Whatever has happened: the store counts what the model has, and has not taken what it may not.
void StoreModel::check_after_step() {
  const Budget& budget = store_->budget();
  if (!expected_.empty()) fail("a change without its event");
  if (budget.used_items() != entries_.size()) fail("the budget counts other items");
  const std::uint64_t excess = budget.excess().bytes;
  // Never more than there was, but for what is bounded and not asked for.
  if (excess > excess_allowed_ + kUnaskedBytesMax + growth_by_policy_) {
    fail("taken without room: " + std::to_string(excess) + " above the limit, " + std::to_string(excess_allowed_) +
         " before");
  }
  excess_allowed_ = excess;
  if (steps_ % kStepsBetweenSums != 0) return;

  const StoreStats stats = store_->stats();
  for (Database database = 0; database < kDatabases; ++database) {
    if (store_->size(database) != counts_[database]) fail("the store counts other items");
  }
  if (stats.total.items != entries_.size()) fail("the shards count other items");
  if (stats.total.items_with_expiry != with_expiry_) fail("the shards count other items with an expiry");
  if (stats.total.data_bytes != data_bytes_) fail("the shards count other bytes");
  if (stats.used_bytes != stats.total.used_bytes() + stats.pinned_bytes + stats.receiving_bytes)
    fail("the budget counts other bytes");
}

bool StoreModel::compare_all() {
  store_->check_invariants();
  std::uint64_t listed = 0;
  std::uint64_t cursor = 0;
  do {
    cursor = store_->scan(cursor, 1'000, now_ms_, [&](const ItemView& item) {
      ++listed;
      check_item(item);
    });
  } while (cursor != 0);
  // A walk reclaims what has expired.
  if (listed != entries_.size()) fail("a walk over everything lists other items");
  check_after_step();
  store_->check_invariants();
  return failure_.empty();
}

}  // namespace larder::test
