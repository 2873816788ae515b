// What a Shard has for caches beside values and expiries: soft expiry, negative items, tags, and leases for those who
// refresh. protocol/CACHING.md says what is promised.
#include <algorithm>
#include <utility>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/store/shard.h"

namespace larder {

namespace {

// Where tags are deleted all the time, the log is walked for it no more often.
constexpr TimeMs kTagPassMs = 5'000;
constexpr TimeMs kWatchedTagPassMs = 100;
// Looking at so many leases costs as much as looking at a record.
constexpr std::size_t kLeasesPerLook = 16;

}  // namespace

// --- Reading ---

Fetched Shard::fetch(const Key& key, const FetchOptions& options, Op& op) {
  const Location location = find_live(key, op);
  Fetched fetched;
  if (location != kNowhere) {
    fetched.item = view(location, key.hash);
    fetched.negative = item(location).is_negative();
    fetched.stale_at_ms = item(location).soft_expiry();
    if (options.touch == Touch::kYes) touch(location, key.hash, op.now_ms);
    if (!fetched.is_stale(op.now_ms)) return fetched;
  }
  if (const Lease* const lease = leases_.find(key.hash, op.now_ms)) {
    fetched.leased_until_ms = lease->ends_ms;
    return fetched;
  }
  if (options.lease_ms == 0) return fetched;
  fetched.leased_until_ms = op.now_ms + options.lease_ms;
  const TagClock tag_clock = tags_ != nullptr ? tags_->clock() : 0;
  const LeaseTable::Granted granted = leases_.grant(key.hash, op.now_ms, fetched.leased_until_ms, tag_clock);
  fetched.lease = granted.token;
  if (granted.dropped) op.events.lease_ended(*granted.dropped);
  ++stats_.leases_granted;
  settle_leases();
  return fetched;
}

// A tag may have been deleted since the item was found. Then whatever gets its tags is to be dead, too.
KeptExtras Shard::extras(const Key& key) const {
  KeptExtras kept;
  const Location location = find(key);
  if (!is_visible(location)) return kept;
  const ItemRef found = item(location);
  kept.stale_at_ms = found.soft_expiry();
  if (!found.has_tags()) return kept;
  kept.tag_clock = found.tag_clock();
  const TagView tags = found.tags();
  for (std::size_t i = 0; i < tags.size(); ++i) kept.tags.push_back(tags[i]);
  return kept;
}

// --- Writing ---

StatusCode Shard::set_with_extras(Location old, const Key& key, const Value& value, const SetOptions& options, Op& op) {
  const Lease* lease = nullptr;
  if (options.lease != kNoLease) {
    lease = leases_.find(key.hash, op.now_ms);
    if (lease == nullptr || lease->token != options.lease) {
      ++stats_.leases_refused;
      return StatusCode::kNotStored;
    }
  }
  const ItemExtras extras = extras_for(old, options, lease);
  LARDER_CHECK(extras.tags.empty() || tags_ != nullptr);
  LARDER_CHECK(extras.tags.size() <= limits::kTagsPerItemMax);
  if (lease != nullptr && !extras.tags.empty() && tags_->any_removed_since(*extras.tag_clock, extras.tags)) {
    // It would be dead at once. Somebody else is to load it anew.
    ++stats_.leases_refused;
    end_lease(key.hash, op);
    return StatusCode::kNotStored;
  }
  return store(old, key, value, options, &extras, op);
}

ItemExtras Shard::extras_for(Location old, const SetOptions& options, const Lease* lease) const {
  ItemExtras extras = options.extras != nullptr ? *options.extras : ItemExtras{};
  if (is_visible(old)) {
    const ItemRef was = item(old);
    if (options.keep_expiry && extras.stale_at_ms == kNoExpiry) extras.stale_at_ms = was.soft_expiry();
    if (options.keep_tags && was.has_tags()) {
      extras.tags = was.tags();
      extras.tag_clock = was.tag_clock();
    }
  }
  if (extras.tags.empty() || extras.tag_clock) return extras;
  extras.tag_clock = lease != nullptr ? lease->tag_clock : tags_->clock();
  return extras;
}

void Shard::write_extras(Location location, const ItemExtras& extras) {
  ItemRef record = item(location);
  if (extras.stale_at_ms != kNoExpiry) record.set_soft_expiry(extras.stale_at_ms);
  if (extras.tags.empty()) return;
  record.set_tags(*extras.tag_clock, extras.tags);
  note_tags(location);
}

// --- Leases ---

void Shard::end_lease(KeyHash hash, Op& op) {
  if (!leases_.erase(hash)) return;
  op.events.lease_ended(hash);
  settle_leases();
}

void Shard::end_all_leases(Op& op) {
  leases_.clear([&](KeyHash hash) { op.events.lease_ended(hash); });
  settle_leases();
}

std::size_t Shard::drop_ended_leases(TimeMs now_ms) {
  const std::size_t looked_at = leases_.drop_ended(now_ms);
  if (looked_at != 0) settle_leases();
  return looked_at / kLeasesPerLook;
}

void Shard::settle_leases() {
  stats_.leases = leases_.size();
  const std::size_t before = std::exchange(stats_.lease_bytes, leases_.bytes());
  const std::size_t bytes = leases_.bytes();
  if (bytes > before) budget_.take({bytes - before, 0});
  if (bytes < before) release({before - bytes, 0}, nullptr);
}

// --- Tags ---

void Shard::note_tags(Location location) {
  const ItemRef record = item(location);
  if (!record.has_tags()) return;
  const SegmentNumber number = log_.segment_of(location);
  log_.note_tag_clock(number, record.tag_clock());
  for (Pass* const pass : {&urgent_, &round_, &tag_pass_}) {
    if (pass->at.segment == number) pass->segment_tag_clock = std::min(pass->segment_tag_clock, record.tag_clock());
  }
  if (tag_pass_.active && number <= tag_pass_.at.segment && record.tag_clock() < tag_pass_clock_) {
    tag_pass_again_ = tag_pass_again_ || tags_->any_removed_since(record.tag_clock(), record.tags());
  }
}

bool Shard::tags_are_due(TimeMs now_ms) const {
  if (stats_.items_tagged == 0 || !active_expiry_ || tags_->clock() == tags_swept_clock_) return false;
  const TimeMs period_ms = tags_->watched() ? kWatchedTagPassMs : kTagPassMs;
  return now_ms - tag_pass_began_ms_ >= period_ms || now_ms < tag_pass_began_ms_;
}

void Shard::begin_tag_pass(TimeMs now_ms) {
  tag_pass_clock_ = tags_->clock();
  tag_pass_began_ms_ = now_ms;
}

}  // namespace larder
