// WHAT: LFU (least frequently used) with aging: the victim is, among the items with the fewest uses, the one that
// reached that number first. Counts are exact up to 255. An item that goes unused for twenty uses of every item that
// there is loses half of its count, so that yesterday's favourites do not stay for ever.
//
// STRUCTURE: a list for each number of uses; the number is an item's policy bits. Time is counted in uses of the shard,
// not in seconds, so that a replay decides as the original did; the node's last access holds such a count. Whoever
// inserts looks after the aging: at the ends of the fullest-counted lists first, a few items a time.
//
//     uses 1     head <-> ... <-> tail: the victim
//     uses 2     head <-> ... <-> tail: longest without a use among those with two
//     ...                                                  a bit for each list that is not empty
//
// INVARIANTS: every item is in the list of its policy bits; hits in the ring are not counted yet, and never one of the
// victim's.
// Sources: Shah, Mitra, Matani, "An O(1) algorithm for implementing the LFU cache eviction scheme", 2010 (the lists);
// Robinson and Devarakonda, "Data cache management using frequency-based replacement", SIGMETRICS 1990 (halving).
#pragma once

#include <array>

#include "larder/policy/eviction_policy.h"
#include "larder/policy/hit_ring.h"
#include "larder/policy/item_list.h"

namespace larder {

class LfuPolicy final : public EvictionPolicy {
 public:
  using EvictionPolicy::EvictionPolicy;

  Traits traits() const override { return {.form = ItemForm::kListItem, .streams = 2}; }
  StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const override;
  void on_insert(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_adopt(Location item, KeyHash hash, Standing standing, TimeMs now_ms) override;
  void on_hit(Location item, KeyHash hash, TimeMs now_ms) override;
  void on_move(Location from, Location to) override;
  void on_erase(Location item, KeyHash hash, Removal why) override;
  VictimStep victim(TimeMs now_ms) override;
  std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const override;
  std::optional<std::uint32_t> frequency(Location item, KeyHash hash) const override;
  void check_invariants(std::uint64_t items) const override;

 private:
  static constexpr std::size_t kLevels = 256;

  // The first level from `from` on that has items; kLevels if there is none.
  std::size_t first_level(std::size_t from) const;
  Location coldest() const;
  void join(Location item, std::size_t level);
  void leave(Location item);
  void apply_hits() {
    if (!hits_.empty()) hits_.apply(host_, [this](Location item) { count_use(item); });
  }
  void count_use(Location item);
  void age_some();

  std::array<ItemList, kLevels> levels_;
  std::array<std::uint64_t, kLevels / 64> filled_{};
  HitRing hits_;
  std::uint64_t items_ = 0;
  std::uint32_t uses_ = 0;  // wraps, as the items' do
  std::size_t aging_ = 0;   // the level looked at last
};

}  // namespace larder
