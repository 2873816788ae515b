// WHAT: who refreshes what: the leases of one shard, by the hashes of their keys. A lease is the right to store a value
// under a key, for some time, which one client has. It is not part of an item: there may be none, and losing a lease is
// safe, since a token that is not known is refused.
//
// STRUCTURE: buckets of eight leases; a key's lease is in the bucket that its hash names. Where a bucket is full the
// table doubles; at its greatest the lease of the bucket that ends soonest makes room. Without leases it takes nothing.
//
// Single-threaded: guarded by its shard's lock. Reads no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "larder/base/clock.h"
#include "larder/base/hash.h"
#include "larder/store/types.h"

namespace larder {

struct Lease {
  KeyHash key = 0;
  LeaseToken token = kNoLease;  // kNoLease: a free place
  TimeMs ends_ms = 0;           // it is over once now >= this
  TagClock tag_clock = 0;       // when it was granted
};

class LeaseTable {
 public:
  // Tokens follow from `seed`, so that two stores' are not mistaken for each other. They guard against mistakes, not
  // against whoever wants to write: he may SET.
  explicit LeaseTable(std::uint64_t seed) : tokens_(seed) {}

  bool empty() const { return leases_ == 0; }
  std::size_t size() const { return leases_; }
  std::size_t bytes() const;

  // The key's lease, if it has one that is not over. Valid until the next grant or removal.
  const Lease* find(KeyHash key, TimeMs now_ms) const;
  struct Granted {
    LeaseToken token = kNoLease;
    std::optional<KeyHash> dropped;  // whose lease made room
  };
  // REQUIRES: the key has none.
  Granted grant(KeyHash key, TimeMs now_ms, TimeMs ends_ms, TagClock tag_clock);
  // Whether there was one, over or not.
  bool erase(KeyHash key);
  // Calls `visit(key)` for each, and forgets them.
  template <class Visit>
  void clear(Visit&& visit) {
    for (const Lease& lease : places_) {
      if (lease.token != kNoLease) visit(lease.key);
    }
    places_ = {};
    leases_ = 0;
  }
  // Forgets those that are over. Returns how many places it has looked at: none before the first of them is due.
  std::size_t drop_ended(TimeMs now_ms);

  // Stops the process if an invariant does not hold.
  void check_invariants() const;

 private:
  static constexpr std::size_t kLeasesPerBucket = 8;
  static constexpr std::size_t kBucketsMin = 4;

  Lease* bucket_of(KeyHash key);
  // A free place, or one whose lease is over; null: there is none.
  Lease* free_place(KeyHash key, TimeMs now_ms);
  void grow(TimeMs now_ms);
  LeaseToken new_token();

  SplitMix64 tokens_;
  std::vector<Lease> places_;  // a power of two of them
  std::size_t leases_ = 0;
  TimeMs earliest_end_ms_ = 0;  // none is over before this
};

}  // namespace larder
