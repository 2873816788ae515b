// Sums and counters of a shard, or of several together.
#pragma once

#include <cstdint>

namespace larder {

// Bytes; counters since start.
struct ShardStats {
  std::uint64_t items = 0;  // flushed ones not counted, expired ones until they are reclaimed
  std::uint64_t items_with_expiry = 0;
  std::uint64_t item_bytes = 0;      // records: header, links, key, value, rounding
  std::uint64_t slack_bytes = 0;     // what may lie dead beside them
  std::uint64_t data_bytes = 0;      // keys and values alone
  std::uint64_t blob_bytes = 0;      // values in blocks of their own, as allocated
  std::uint64_t index_bytes = 0;     // tables of buckets
  std::uint64_t dead_bytes = 0;      // flushed, not yet reclaimed; part of the items and blobs above
  std::uint64_t policy_bytes = 0;    // what the policy has allocated beside the items: ghosts, sketches, heaps
  std::uint64_t lease_bytes = 0;     // the table of leases
  std::uint64_t tag_bytes = 0;       // the table of deleted tags, which belongs to no shard
  std::uint64_t overhead_bytes = 0;  // everything else that counts
  std::uint64_t log_bytes = 0;       // segments, as committed: items, what is dead, what is not yet written
  std::uint64_t appended_bytes = 0;  // to the log, by writes
  std::uint64_t moved_bytes = 0;     // in the log, by compaction
  std::uint64_t evicted = 0;
  std::uint64_t evicted_age_ms_sum = 0;  // ages (now - last use) of the evicted
  std::uint64_t expired = 0;
  std::uint64_t invalidated = 0;   // reclaimed since a tag of them was deleted
  std::uint64_t items_tagged = 0;  // flushed ones counted until they are reclaimed
  std::uint64_t leases = 0;        // ended ones counted until they are met
  std::uint64_t leases_granted = 0;
  std::uint64_t leases_refused = 0;  // tokens that were no lease's, or no longer

  ShardStats& operator+=(const ShardStats& other);
  // Only what has been counted since start, without what there is now.
  ShardStats counters() const;
  std::uint64_t used_bytes() const {
    return item_bytes + slack_bytes + blob_bytes + index_bytes + policy_bytes + lease_bytes + tag_bytes +
           overhead_bytes;
  }
};

}  // namespace larder
