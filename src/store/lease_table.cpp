#include "larder/store/lease_table.h"

#include <algorithm>
#include <limits>
#include <span>

#include "larder/base/allocation.h"
#include "larder/base/check.h"
#include "larder/base/limits.h"

namespace larder {

std::size_t LeaseTable::bytes() const {
  return places_.empty() ? 0 : allocation_bytes(places_.capacity() * sizeof(Lease));
}

Lease* LeaseTable::bucket_of(KeyHash key) {
  const std::size_t buckets = places_.size() / kLeasesPerBucket;
  return places_.data() + (mix_bits(key) & (buckets - 1)) * kLeasesPerBucket;
}

const Lease* LeaseTable::find(KeyHash key, TimeMs now_ms) const {
  if (empty()) return nullptr;
  const Lease* const bucket = const_cast<LeaseTable*>(this)->bucket_of(key);
  for (const Lease& lease : std::span(bucket, kLeasesPerBucket)) {
    if (lease.token != kNoLease && lease.key == key) return lease.ends_ms > now_ms ? &lease : nullptr;
  }
  return nullptr;
}

LeaseToken LeaseTable::new_token() {
  LeaseToken token = kNoLease;
  // 63 bits, so that a client may keep it in a signed integer.
  while (token == kNoLease) token = tokens_.next() >> 1;
  return token;
}

Lease* LeaseTable::free_place(KeyHash key, TimeMs now_ms) {
  if (places_.empty()) return nullptr;
  Lease* free = nullptr;
  for (Lease& lease : std::span(bucket_of(key), kLeasesPerBucket)) {
    // Its own, which is over, before any other: a key has one place.
    if (lease.token != kNoLease && lease.key == key) return &lease;
    if (lease.token == kNoLease || lease.ends_ms <= now_ms) free = &lease;
  }
  return free;
}

void LeaseTable::grow(TimeMs now_ms) {
  std::vector<Lease> before = std::move(places_);
  places_ = std::vector<Lease>(std::max(before.size() * 2, kBucketsMin * kLeasesPerBucket));
  leases_ = 0;
  for (const Lease& lease : before) {
    if (lease.token == kNoLease || lease.ends_ms <= now_ms) continue;
    // A bucket's leases go to two of twice as many.
    *free_place(lease.key, now_ms) = lease;
    ++leases_;
  }
}

LeaseTable::Granted LeaseTable::grant(KeyHash key, TimeMs now_ms, TimeMs ends_ms, TagClock tag_clock) {
  Granted granted{.token = new_token(), .dropped = {}};
  Lease* place = free_place(key, now_ms);
  while (place == nullptr && places_.size() < limits::kLeasesPerShardMax) {
    grow(now_ms);
    place = free_place(key, now_ms);
  }
  if (place == nullptr) {
    Lease* const bucket = bucket_of(key);
    place = std::min_element(bucket, bucket + kLeasesPerBucket,
                             [](const Lease& a, const Lease& b) { return a.ends_ms < b.ends_ms; });
    granted.dropped = place->key;
  }
  if (place->token == kNoLease) ++leases_;
  *place = {.key = key, .token = granted.token, .ends_ms = ends_ms, .tag_clock = tag_clock};
  earliest_end_ms_ = leases_ == 1 ? ends_ms : std::min(earliest_end_ms_, ends_ms);
  return granted;
}

bool LeaseTable::erase(KeyHash key) {
  if (empty()) return false;
  for (Lease& lease : std::span(bucket_of(key), kLeasesPerBucket)) {
    if (lease.token == kNoLease || lease.key != key) continue;
    lease = {};
    if (--leases_ == 0) places_ = {};
    return true;
  }
  return false;
}

std::size_t LeaseTable::drop_ended(TimeMs now_ms) {
  if (empty() || now_ms < earliest_end_ms_) return 0;
  const std::size_t looked_at = places_.size();
  earliest_end_ms_ = std::numeric_limits<TimeMs>::max();
  for (Lease& lease : places_) {
    if (lease.token == kNoLease) continue;
    if (lease.ends_ms > now_ms) {
      earliest_end_ms_ = std::min(earliest_end_ms_, lease.ends_ms);
    } else {
      lease = {};
      --leases_;
    }
  }
  if (leases_ == 0) places_ = {};
  return looked_at;
}

void LeaseTable::check_invariants() const {
  std::size_t leases = 0;
  for (const Lease& lease : places_) {
    if (lease.token == kNoLease) continue;
    ++leases;
    LARDER_CHECK(lease.ends_ms >= earliest_end_ms_);
    LARDER_CHECK(find(lease.key, std::numeric_limits<TimeMs>::min()) == &lease);
  }
  LARDER_CHECK(leases == leases_ && places_.empty() == (leases == 0));
}

}  // namespace larder
