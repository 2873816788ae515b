#include "larder/store/shard_stats.h"

namespace larder {

ShardStats& ShardStats::operator+=(const ShardStats& other) {
  items += other.items;
  items_with_expiry += other.items_with_expiry;
  item_bytes += other.item_bytes;
  slack_bytes += other.slack_bytes;
  data_bytes += other.data_bytes;
  blob_bytes += other.blob_bytes;
  index_bytes += other.index_bytes;
  dead_bytes += other.dead_bytes;
  policy_bytes += other.policy_bytes;
  lease_bytes += other.lease_bytes;
  tag_bytes += other.tag_bytes;
  overhead_bytes += other.overhead_bytes;
  log_bytes += other.log_bytes;
  appended_bytes += other.appended_bytes;
  moved_bytes += other.moved_bytes;
  evicted += other.evicted;
  evicted_age_ms_sum += other.evicted_age_ms_sum;
  expired += other.expired;
  invalidated += other.invalidated;
  items_tagged += other.items_tagged;
  leases += other.leases;
  leases_granted += other.leases_granted;
  leases_refused += other.leases_refused;
  return *this;
}

ShardStats ShardStats::counters() const {
  return {.appended_bytes = appended_bytes,
          .moved_bytes = moved_bytes,
          .evicted = evicted,
          .evicted_age_ms_sum = evicted_age_ms_sum,
          .expired = expired,
          .invalidated = invalidated,
          .leases_granted = leases_granted,
          .leases_refused = leases_refused};
}

}  // namespace larder
