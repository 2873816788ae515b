// WHAT: turns a policy over all items into one over the items that have an expiry (volatile-lru, -lfu, -random, -ttl):
// the policy inside hears of those alone, so nothing else is ever a victim.
//
// STRUCTURE: an item enters the policy inside when it gets an expiry and leaves it when it loses it, wherever that
// happens: at its insert, by a rewrite, or in place. What it was used before that is not remembered.
//
// INVARIANTS: the policy inside knows exactly the items with an expiry.
#pragma once

#include <memory>
#include <utility>

#include "larder/policy/eviction_policy.h"

namespace larder {

class VolatileFilter final : public EvictionPolicy {
 public:
  // REQUIRES: `inside` was made for `host` and is a list policy.
  VolatileFilter(PolicyHost& host, std::unique_ptr<EvictionPolicy> inside)
      : EvictionPolicy(host), inside_(std::move(inside)) {}

  Traits traits() const override { return inside_->traits(); }
  StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const override {
    return inside_->stream_for(arrival, hash, item);
  }
  void on_insert(Location item, KeyHash hash, TimeMs now_ms) override;
  StreamId stream_for_adopted(Standing standing) const override { return inside_->stream_for_adopted(standing); }
  void on_adopt(Location item, KeyHash hash, Standing standing, TimeMs now_ms) override;
  void on_hit(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_move(Location from, Location to) override;
  void on_erase(Location item, KeyHash hash, Removal why) override;
  void on_expiry_changed(Location item, TimeMs before_ms) override;
  VictimStep victim(TimeMs now_ms) override { return inside_->victim(now_ms); }
  Location next_in_line() const override { return inside_->next_in_line(); }
  std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const override { return inside_->coldest_rank(now_ms); }
  std::size_t metadata_bytes() const override { return inside_->metadata_bytes(); }
  std::size_t metadata_bytes_in_use() const override { return inside_->metadata_bytes_in_use(); }
  std::optional<TimeMs> last_use_ms(Location item, TimeMs now_ms) const override;
  std::optional<std::uint32_t> frequency(Location item, KeyHash hash) const override;
  void check_invariants(std::uint64_t items) const override;

 private:
  bool is_volatile(Location item) const { return host_.item(item).expiry() != kNoExpiry; }
  void enter(Location item, KeyHash hash);
  void leave(Location item, KeyHash hash, Removal why);
  // Of an item outside: its node is nobody's, so the time of its last use stands there.
  void note_use(Location item);

  std::unique_ptr<EvictionPolicy> inside_;
  std::uint64_t items_inside_ = 0;
  TimeMs now_ms_ = 0;  // of the last call that had one
};

}  // namespace larder
