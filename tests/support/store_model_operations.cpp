// What is done to the store and the model, drawn from the Choices.
#include <algorithm>
#include <array>
#include <cstring>

#include "larder/base/limits.h"
#include "support/store_model.h"

namespace larder::test {

namespace {

constexpr std::size_t kPinnedMax = 4;
// Of a segment of the smallest size: where a value begins to be a block of its own.
constexpr std::size_t kInlineBytesMax = SegmentLog::kSegmentBytesMin / 8;

BlobRef blob_with(std::string_view bytes) {
  BlobRef blob = Blob::allocate(bytes.size());
  std::memcpy(blob->data(), bytes.data(), bytes.size());
  return blob;
}

}  // namespace

// --- Choices ---

StoreModel::Name StoreModel::any_name() {
  const std::uint64_t names = one_in(4) ? 200 : season_.names;
  return {static_cast<Database>(one_in(4) ? below(kDatabases) : 0), "key:" + std::to_string(below(names))};
}

TimeMs StoreModel::any_expiry() {
  if (!percent(season_.expiring_percent)) return kNoExpiry;
  // Now and then one that has come already.
  return now_ms_ + static_cast<TimeMs>(below(static_cast<std::uint64_t>(season_.ttl_ms_max)));
}

// Bytes of which no two values have the same, so that a piece from somewhere else is seen.
std::string StoreModel::any_value(const Name& name) {
  std::size_t size = 0;
  const std::uint64_t kind = below(10'000);
  if (kind < season_.large_in_ten_thousand) {
    constexpr std::array<std::size_t, 4> kNear = {kInlineBytesMax, limits::kBodyBytesMin, 100'000, 200'000};
    size = kNear[below(kNear.size())] - 3 + below(6);
  } else if (kind < 1'000) {
    size = below(season_.medium_bytes_max);
  } else if (kind < 2'500) {
    if (const Entry* const entry = find(name)) size = entry->value.size();  // in place
  } else {
    size = below(season_.small_bytes_max);
  }
  std::string value(size, '\0');
  SplitMix64 bytes(++values_made_);
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t word = bytes.next();
    std::memcpy(value.data() + at, &word, std::min(sizeof word, size - at));
  }
  return value;
}

void StoreModel::begin_season() {
  constexpr std::array<std::uint64_t, 4> kNames = {150, 5'000, 30'000, 100'000};
  constexpr std::array<std::uint64_t, 4> kSmallBytes = {9, 100, 300, 900};
  season_ = {.names = kNames[below(kNames.size())],
             .small_bytes_max = kSmallBytes[below(kSmallBytes.size())],
             .medium_bytes_max = 1 + below(8'000),
             .large_in_ten_thousand = below(60),
             .erasures = one_in(6) ? 16 : below(3),
             .expiring_percent = one_in(3) ? 100 : below(60),
             .ttl_ms_max = one_in(3) ? 2'000 : 1'000'000};
}

// What there is to do, and how often of 100,000 times.
const std::array<StoreModel::Operation, StoreModel::kOperations> StoreModel::kAllOperations = {{
    {&StoreModel::set, "set", 40'000},
    {&StoreModel::fetch, "fetch", 1'400},
    {&StoreModel::redeem, "redeem", 500},
    {&StoreModel::delete_tag, "delete_tag", 100},
    {&StoreModel::erase_now_and_then, "erase_now_and_then", 3'000},
    {&StoreModel::get, "get", 30'000},
    {&StoreModel::rewrite, "rewrite", 6'000},
    {&StoreModel::get_and_delete, "get_and_delete", 1'000},
    {&StoreModel::set_expiry, "set_expiry", 6'000},
    {&StoreModel::write_several, "write_several", 2'000},
    {&StoreModel::random_item, "random_item", 500},
    {&StoreModel::walk_on, "walk_on", 1'000},
    {&StoreModel::maintain, "maintain", 1'500},
    {&StoreModel::pass_time, "pass_time", 6'800},
    {&StoreModel::look_at_pinned, "look_at_pinned", 50},
    {&StoreModel::maintain_all, "maintain_all", 50},
    {&StoreModel::change_limits, "change_limits", 30},
    {&StoreModel::change_policy, "change_policy", 30},
    {&StoreModel::change_active_expiry, "change_active_expiry", 25},
    {&StoreModel::begin_season, "begin_season", 10},
    {&StoreModel::flush, "flush", 5},
}};

bool StoreModel::step() {
  std::uint64_t left = below(100'000);
  std::size_t number = 0;
  while (left >= kAllOperations[number].weight) left -= kAllOperations[number++].weight;
  return step(number);
}

bool StoreModel::step(std::size_t number) {
  ++steps_;
  const Operation& operation = kAllOperations[number];
  doing_ = operation.name;
  (this->*operation.run)();
  check_after_step();
  return failure_.empty();
}

// --- One key ---

StatusCode StoreModel::store_value(Shard& shard, Op& op, const Name& name, std::string_view value,
                                   const SetOptions& options, EventName event) {
  const Key k = key(name);
  const bool present = shard.contains(k, now_ms_);
  Change change{event_kind(event), name, std::string(value), options.expire_at_ms, options.keep_expiry, present};
  change.keep_tags = options.keep_tags;
  if (options.extras != nullptr) {
    change.stale_at_ms = options.extras->stale_at_ms;
    const TagView tags = options.extras->tags;
    for (std::size_t i = 0; i < tags.size(); ++i) change.tags.push_back(tags[i]);
  }
  BlobRef blob;
  if (value.size() >= limits::kBodyBytesMin && one_in(2)) blob = blob_with(value);
  const StatusCode status = shard.set(k, {blob ? blob->view() : value, blob.get()}, options, op, event);
  const bool refused = (options.condition == Condition::kIfAbsent && present) ||
                       (options.condition == Condition::kIfPresent && !present);
  if (options.lease == kNoLease && refused != (status == StatusCode::kNotStored))
    fail("a condition was not kept: " + name.second);
  if (status == StatusCode::kOk) expect(std::move(change));
  return status;
}

bool StoreModel::erase_value(Shard& shard, Op& op, const Name& name) {
  const Key k = key(name);
  const bool present = shard.contains(k, now_ms_);
  if (present) expect({.kind = EventKind::kDeleted, .name = name, .value = {}, .was_present = true});
  if (shard.erase(k, op) != present) fail("erased what was not there: " + name.second);
  end_lease(name);
  return present;
}

StatusCode StoreModel::store_expiry(Shard& shard, Op& op, const Name& name, TimeMs expire_at_ms) {
  const Key k = key(name);
  const bool present = shard.contains(k, now_ms_);
  const StatusCode status = shard.set_expiry(k, expire_at_ms, op);
  if (status != (present ? StatusCode::kOk : StatusCode::kNotFound)) fail("set_expiry failed: " + name.second);
  if (present) {
    expect({.kind = EventKind::kExpiryChanged,
            .name = name,
            .value = {},
            .expire_at_ms = expire_at_ms,
            .was_present = true});
  }
  return status;
}

void StoreModel::set() {
  const Name name = any_name();
  const std::string value = any_value(name);
  std::vector<TagHash> tags;
  const ItemExtras extras = any_extras(name.first, tags);
  const SetOptions options{.expire_at_ms = any_expiry(),
                           .keep_expiry = one_in(5),
                           .condition = one_in(5) ? static_cast<Condition>(below(3)) : Condition::kAlways,
                           .extras = one_in(3) ? &extras : nullptr};
  const StatusCode status = store_->run(key(name), now_ms_, [&](Shard& shard, Op& op) {
    return store_value(shard, op, name, value, options, EventName::kSet);
  });
  check_write_status(status, value.size(), 1);
}

void StoreModel::get() {
  const Name name = any_name();
  const Key k = key(name);
  const Touch touch = one_in(5) ? Touch::kNo : Touch::kYes;
  bool found = false;
  static_cast<void>(store_->run(k, now_ms_, [&](Shard& shard, Op& op) {
    if (const auto item = shard.get(k, touch, op)) {
      found = true;
      check_item(*item);
      const KeptExtras extras = shard.extras(k);
      check_extras(name, extras.stale_at_ms, extras.tags);
      if (item->blob != nullptr && pinned_.size() < kPinnedMax && one_in(4)) {
        pinned_.emplace_back(BlobRef::share(item->blob), std::string(item->value));
      }
    }
    return StatusCode::kOk;
  }));
  if (found != (find_live(name) != nullptr)) fail("missed " + name.second);
}

// APPEND, INCR and their like: the new value is made from the old one, or lies in it.
void StoreModel::rewrite() {
  const Name name = any_name();
  const Key k = key(name);
  const std::string more = any_value(name);
  const std::uint64_t how = below(4);
  std::string made;
  const StatusCode status = store_->run(k, now_ms_, [&](Shard& shard, Op& op) {
    const auto item = shard.get(k, Touch::kYes, op);
    if (item) check_item(*item);
    const std::string_view old = item ? item->value : std::string_view();
    std::string_view value;
    if (how == 0 && old.size() < 100'000) {
      made.assign(old).append(more);
      value = made;
    } else if (how == 1) {
      made.assign(old);
      if (!made.empty()) made.back() = static_cast<char>(made.back() + 1);
      value = made;
    } else {
      value = how == 2 ? old : old.substr(old.size() / 3, old.size() / 2);
    }
    return store_value(shard, op, name, value, {.keep_expiry = true, .keep_tags = true}, EventName::kAppend);
  });
  check_write_status(status, more.size() + made.size() + 200'000, 1);
}

void StoreModel::get_and_delete() {
  const Name name = any_name();
  const Key k = key(name);
  static_cast<void>(store_->run(k, now_ms_, [&](Shard& shard, Op& op) {
    if (const auto item = shard.get(k, Touch::kNo, op)) check_item(*item);
    erase_value(shard, op, name);
    return StatusCode::kOk;
  }));
  if (find(name) != nullptr) fail("still there: " + name.second);
}

void StoreModel::erase() {
  const Name name = any_name();
  const bool there = find_live(name) != nullptr;
  bool erased = false;
  static_cast<void>(store_->run(key(name), now_ms_, [&](Shard& shard, Op& op) {
    erased = erase_value(shard, op, name);
    return StatusCode::kOk;
  }));
  if (erased != there) fail("erase() disagrees about " + name.second);
}

// Seasons of many erasures empty the store.
void StoreModel::erase_now_and_then() {
  for (std::uint64_t i = 0; i < season_.erasures; ++i) erase();
}

void StoreModel::set_expiry() {
  const Name name = any_name();
  const TimeMs expire_at_ms = any_expiry();
  const StatusCode status = store_->run(
      key(name), now_ms_, [&](Shard& shard, Op& op) { return store_expiry(shard, op, name, expire_at_ms); });
  const Entry* const entry = find(name);
  const bool changed = entry != nullptr && entry->expire_at_ms == expire_at_ms;
  if (changed != (status == StatusCode::kOk) && status == StatusCode::kOk) fail("expiry not changed: " + name.second);
}

// --- Several keys ---

void StoreModel::write_several() {
  std::vector<Name> names(1 + below(6));
  std::vector<std::string> values;
  std::vector<std::uint64_t> actions;
  std::vector<Key> keys;
  RoomNeeded room;
  std::size_t value_bytes = 0;
  for (Name& name : names) {
    name = any_name();
    values.push_back(any_value(name));
    actions.push_back(below(8));
    value_bytes += values.back().size();
    room += {Shard::item_bytes_max(name.second.size(), values.back().size()), 1};
  }
  for (const Name& name : names) keys.push_back(key(name));
  const TimeMs expire_at_ms = any_expiry();
  bool applied = false;
  const StatusCode status = store_->run_multi(keys, room, now_ms_, [&](ShardedStore::MultiAccess& access) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto [shard, op] = access(keys[i]);
      if (actions[i] == 0) {
        applied |= erase_value(shard, op, names[i]);
      } else if (actions[i] == 1) {
        applied |= store_expiry(shard, op, names[i], expire_at_ms) == StatusCode::kOk;
      } else {
        const StatusCode stored =
            store_value(shard, op, names[i], values[i], {.expire_at_ms = expire_at_ms}, EventName::kSet);
        if (stored != StatusCode::kOk) return stored;
        applied = true;
      }
    }
    return StatusCode::kOk;
  });
  if (status != StatusCode::kOk && applied) fail("a write to several keys was done by half");
  check_write_status(status, value_bytes, names.size());
}

void StoreModel::random_item() {
  const auto database = static_cast<Database>(below(kDatabases));
  bool right_database = true;
  const bool found = store_->random_item(database, now_ms_, [&](const ItemView& item) {
    right_database = item.database == database;
    check_item(item);
  });
  if (!right_database) fail("a random item of another database");
  // Not found: what was there had expired, and the search has met all of it.
  if (!found && std::any_of(entries_.begin(), entries_.end(),
                            [&](const auto& entry) { return entry.first.first == database && !dead(entry.second); })) {
    fail("no random item");
  }
}

void StoreModel::flush() {
  const bool all = one_in(3);
  const auto database = static_cast<Database>(below(kDatabases));
  store_->flush(all ? std::optional<Database>() : std::optional(database), now_ms_);
  for (Database number = 0; number < kDatabases; ++number) {
    if ((all || number == database) && counts_[number] != 0) fail("a flush without its event");
    if (store_->size(number) != counts_[number]) fail("a flush left something, or took too much");
  }
}

void StoreModel::walk_on() {
  walk_cursor_ = store_->scan(walk_cursor_, 1 + below(400), now_ms_, [&](const ItemView& item) {
    check_item(item);
    Entry* const entry = find({item.database, std::string(item.key)});
    if (entry == nullptr || entry->walk != walk_) return;
    if (++entry->listed > 1) fail("listed twice: " + std::string(item.key));
  });
  if (walk_cursor_ == 0) end_walk();
}

// --- Surroundings ---

void StoreModel::maintain() {
  store_->maintain(now_ms_, below(one_in(4) ? 5'000 : 300));
  if (one_in(4)) store_->maintain_round(now_ms_, below(300));
  excess_allowed_ = std::max(excess_allowed_, store_->budget().excess().bytes);
}

void StoreModel::maintain_all() {
  constexpr int kVisitsMax = 100'000;
  int visits = 0;
  while (store_->maintain(now_ms_, 1 + below(5'000)) || store_->maintain_round(now_ms_, 1 + below(5'000))) {
    if (++visits > kVisitsMax) return fail("maintain() never comes to an end");
  }
  growth_by_policy_ = 0;
  excess_allowed_ = std::max(excess_allowed_, store_->budget().excess().bytes);
  const bool evicts_all = policy_ != PolicyKind::kNoEviction && !evicts_volatile_only(policy_);
  if (evicts_all && !entries_.empty() && !store_->budget().excess().none()) fail("maintain() leaves an excess");
  if (!active_expiry_) return;
  if (std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) { return expired(entry.second); })) {
    fail("maintain() leaves what has expired");
  }
  if (store_->stats().total.dead_bytes != 0) fail("maintain() leaves what was flushed");
}

void StoreModel::pass_time() {
  now_ms_ += static_cast<TimeMs>(one_in(2'000) ? below(50'000) : below(3));
}

void StoreModel::look_at_pinned() {
  for (const auto& [blob, bytes] : pinned_) {
    if (blob->view() != bytes) fail("a blob that somebody reads has changed");
  }
  pinned_.clear();
}

void StoreModel::change_limits() {
  if (!options_.changes_limits) return;
  const std::uint64_t whole = options_.maxmemory_bytes;
  if (options_.maxitems == 0 || one_in(3)) {
    store_->set_maxmemory(one_in(6) ? 0 : whole / 2 + below(whole));
  } else {
    store_->set_maxitems(one_in(6) ? 0 : 1 + below(2 * options_.maxitems));
  }
  excess_allowed_ = store_->budget().excess().bytes;
}

void StoreModel::change_policy() {
  if (!options_.changes_policy) return;
  policy_ = kPolicyKinds[below(kPolicyKinds.size())];
  store_->set_policy(policy_);
  constexpr std::uint64_t kPolicyBytesMax = 48;  // a list node, rounded up, and a place in a heap or a sketch
  growth_by_policy_ = entries_.size() * kPolicyBytesMax;
  if (store_->policy() != policy_) fail("the policy has not changed");
  excess_allowed_ = std::max(excess_allowed_, store_->budget().excess().bytes);
}

void StoreModel::change_active_expiry() {
  active_expiry_ = !active_expiry_ || one_in(3);
  store_->set_active_expiry(active_expiry_);
}

}  // namespace larder::test
