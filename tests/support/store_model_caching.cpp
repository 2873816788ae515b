// What the model knows of soft expiries, tags and leases.
#include <algorithm>

#include "support/store_model.h"

namespace larder::test {

namespace {

constexpr std::uint64_t kTags = 30;  // a database
constexpr std::size_t kTagsPerItemMax = 3;
constexpr std::size_t kLeasesMax = 100;  // that are remembered, outdated ones too

}  // namespace

TagHash StoreModel::any_tag(Database database) {
  return store_->tag(database, "tag:" + std::to_string(below(kTags)));
}

ItemExtras StoreModel::any_extras(Database database, std::vector<TagHash>& tags) {
  tags.resize(below(kTagsPerItemMax + 1));
  for (TagHash& tag : tags) tag = any_tag(database);
  return {.stale_at_ms = one_in(2) ? now_ms_ + static_cast<TimeMs>(below(5'000)) : kNoExpiry,
          .negative = false,
          .tags = TagView(tags),
          .tag_clock = {}};
}

void StoreModel::check_extras(const Name& name, TimeMs stale_at_ms, const std::vector<TagHash>& tags) {
  const Entry* const entry = find_live(name);
  if (entry == nullptr) return;
  if (stale_at_ms != entry->stale_at_ms) fail("another soft expiry: " + name.second);
  if (tags != entry->tags) fail("other tags: " + name.second);
}

// --- Tags ---

void StoreModel::delete_tag() {
  const auto database = static_cast<Database>(below(kDatabases));
  const std::string name = "tag:" + std::to_string(below(kTags));
  const std::string_view names[] = {name};
  store_->delete_tags(database, names, now_ms_);
}

void StoreModel::on_tag_deleted(const Event& event) {
  const TagHash tag = store_->tag(event.database, event.key);
  for (auto& [name, entry] : entries_) {
    if (name.first != event.database) continue;
    entry.invalidated |= std::find(entry.tags.begin(), entry.tags.end(), tag) != entry.tags.end();
  }
}

// --- Leases ---

void StoreModel::end_lease(const Name& name) {
  for (HeldLease& lease : leases_) {
    if (lease.name == name) lease.good = false;
  }
}

void StoreModel::fetch() {
  const Name name = any_name();
  const Key k = key(name);
  const FetchOptions options{.lease_ms = one_in(3) ? 0 : 1 + static_cast<std::int64_t>(below(50))};
  Fetched fetched;
  static_cast<void>(store_->run(k, now_ms_, [&](Shard& shard, Op& op) {
    fetched = shard.fetch(k, options, op);
    if (fetched.item) check_item(*fetched.item);
    return StatusCode::kOk;
  }));
  const Entry* const entry = find_live(name);
  if (fetched.item.has_value() != (entry != nullptr)) return fail("fetch() disagrees about " + name.second);
  if (entry != nullptr && fetched.stale_at_ms != entry->stale_at_ms) fail("another soft expiry: " + name.second);
  const bool fresh = entry != nullptr && !fetched.is_stale(now_ms_);
  const bool held = std::any_of(leases_.begin(), leases_.end(), [&](const HeldLease& lease) {
    return lease.name == name && lease.good && lease.ends_ms > now_ms_;
  });
  const bool wins = !fresh && !held && options.lease_ms != 0;
  if (wins != (fetched.lease != kNoLease)) return fail("another has the lease: " + name.second);
  if (!wins) return;
  if (leases_.size() >= kLeasesMax) {
    // One that is good still would be missed.
    const auto over = std::find_if(leases_.begin(), leases_.end(),
                                   [&](const HeldLease& lease) { return !lease.good || lease.ends_ms <= now_ms_; });
    if (over != leases_.end()) leases_.erase(over);
  }
  leases_.push_back({name, fetched.lease, fetched.leased_until_ms, true});
}

void StoreModel::redeem() {
  if (leases_.empty()) return;
  const HeldLease lease = leases_[below(leases_.size())];
  const std::string value = any_value(lease.name);
  std::vector<TagHash> tags;
  ItemExtras extras = any_extras(lease.name.first, tags);
  // Whether these were deleted since the lease was granted is not known here.
  extras.tags = {};
  const SetOptions options{.expire_at_ms = any_expiry(), .extras = &extras, .lease = lease.token};
  // A tag of the item was deleted: the write finds that, and then the lease goes with the item.
  const auto known = entries_.find(lease.name);
  const bool is_invalidated = known != entries_.end() && known->second.invalidated;
  const StatusCode status = store_->run(key(lease.name), now_ms_, [&](Shard& shard, Op& op) {
    return store_value(shard, op, lease.name, value, options, EventName::kSet);
  });
  check_write_status(status, value.size(), 1);
  if (status == StatusCode::kOk) ++redeemed_;
  const bool is_over = !lease.good || lease.ends_ms <= now_ms_;
  const bool must_be_good = !is_over && !is_invalidated;
  if (status == StatusCode::kOk ? is_over : must_be_good && status == StatusCode::kNotStored) {
    fail("a lease that is " + std::string(is_over ? "over" : "good") + ": " + lease.name.second);
  }
}

}  // namespace larder::test
