// WHAT: S3-FIFO, three first-in-first-out queues: new items pass through a small one and are evicted from there unless
// they were used more than once meanwhile; whatever comes back soon after (its key is a ghost) goes to the main queue
// at once. A hit sets two bits and moves nothing. Size-aware: the small queue is a tenth of the *weight*, which is
// bytes unless items are what is limited.
//
// STRUCTURE: the queues are the log's streams; no links. The victim is the oldest of the small queue while that holds a
// tenth or more of the weight, the oldest of the main queue otherwise. One step a call:
//
//     small  [ oldest ... newest ] <- new         oldest: used twice -> end of main, otherwise evicted, a ghost
//     main   [ oldest ... newest ] <- promoted    oldest: used -> one use off, end of main; otherwise evicted
//     ghosts two bytes for each, for as many as weighed nine tenths of all weight; at most 1.8 an item
//
// Policy bits: the uses counted (0..3), whether the item is in the main queue, and whether it began there as one of
// whom nothing was known, from another policy; the first round that it is spared makes it one like the others.
//
// INVARIANTS: the two streams hold all items; no bits but those. A ghost is no item, but for chance (GhostQueue).
// Source: Yang, Zhang, Qiu, Yue, Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023.
#pragma once

#include "larder/policy/eviction_policy.h"
#include "larder/policy/ghost_queue.h"
#include "larder/policy/queue_clock.h"
#include "larder/policy/weight_window.h"

namespace larder {

class S3FifoPolicy final : public EvictionPolicy {
 public:
  using EvictionPolicy::EvictionPolicy;

  Traits traits() const override { return {.form = ItemForm::kItem, .streams = 2, .queues = true}; }
  StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const override;
  void on_insert(Location item, KeyHash hash, TimeMs now_ms) override;
  StreamId stream_for_adopted(Standing standing) const override;
  void on_adopt(Location item, KeyHash hash, Standing standing, TimeMs now_ms) override;
  void on_hit(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_move(Location /*from*/, Location /*to*/) override {}
  void on_erase(Location item, KeyHash hash, Removal why) override;
  VictimStep victim(TimeMs now_ms) override;
  Location next_in_line() const override;
  std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const override;
  std::size_t metadata_bytes() const override { return ghosts_.bytes(); }
  std::size_t metadata_bytes_in_use() const override { return ghosts_.bytes_in_use(); }
  std::optional<std::uint32_t> frequency(Location item, KeyHash hash) const override;
  Standing standing(Location item, KeyHash hash) const override;
  void check_invariants(std::uint64_t items) const override;

 private:
  static constexpr StreamId kSmall = 0;
  static constexpr StreamId kMain = 1;

  std::uint64_t items() const { return host_.stream_items(kSmall) + host_.stream_items(kMain); }
  std::uint64_t weight() const;
  // Whose oldest item is the next to be looked at.
  StreamId victim_stream() const;
  VictimStep move_to_main(Location item, std::uint8_t uses, TimeMs now_ms);
  void fit_ghosts(std::uint64_t weight_max);

  GhostQueue ghosts_;
  WeightWindow ghost_weights_;  // of what was evicted from the small queue
  QueueClock clocks_[2];        // by stream
};

}  // namespace larder
