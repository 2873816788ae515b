#include "larder/policy/lfu_policy.h"

#include <algorithm>

namespace larder {

namespace {

// An item is aged after this many uses of the shard for each of its items. Half of it costs a point on Zipf traffic.
constexpr std::uint64_t kUsesPerItem = 20;
// How many ends of lists an insert looks at.
constexpr int kAgedPerInsert = 4;
// Above the count in a rank: room for the age of whatever has the same.
constexpr int kRankAgeBits = 40;

}  // namespace

StreamId LfuPolicy::stream_for(Arrival arrival, KeyHash /*hash*/, Location /*item*/) const {
  return arrival == Arrival::kSurvivor ? 1 : 0;
}

void LfuPolicy::on_insert(Location item, KeyHash /*hash*/, TimeMs /*now_ms*/) {
  apply_hits();
  age_some();
  ++uses_;
  ++items_;
  join(item, 1);
}

void LfuPolicy::on_adopt(Location item, KeyHash /*hash*/, Standing standing, TimeMs /*now_ms*/) {
  apply_hits();
  ++uses_;
  ++items_;
  join(item, std::clamp<std::size_t>(standing.value_or(1), 1, kLevels - 1));
}

void LfuPolicy::on_hit(Location item, KeyHash /*hash*/, TimeMs /*now_ms*/) {
  const bool full = hits_.note(item);
  if (full || item == coldest()) apply_hits();
}

void LfuPolicy::on_move(Location from, Location to) {
  apply_hits();
  // Hits that were waiting have changed the old copy after the new one was made.
  const ItemRef old = host_.item(from);
  host_.item(to).set_policy_bits(old.policy_bits());
  host_.item(to).set_last_access(old.node().last_access);
  levels_[old.policy_bits()].replace(host_, from, to);
}

void LfuPolicy::on_erase(Location item, KeyHash /*hash*/, Removal /*why*/) {
  apply_hits();
  leave(item);
  --items_;
}

VictimStep LfuPolicy::victim(TimeMs /*now_ms*/) {
  apply_hits();
  const Location item = coldest();
  if (item == kNowhere) return {};
  return {.kind = VictimStep::Kind::kEvict, .item = item};
}

std::optional<std::int64_t> LfuPolicy::coldest_rank(TimeMs /*now_ms*/) const {
  const std::size_t level = first_level(0);
  if (level == kLevels) return {};
  const std::uint32_t age = uses_ - host_.item(levels_[level].tail()).node().last_access;
  return (static_cast<std::int64_t>(level) << kRankAgeBits) - static_cast<std::int64_t>(age);
}

std::optional<std::uint32_t> LfuPolicy::frequency(Location item, KeyHash /*hash*/) const {
  const std::size_t level = host_.item(item).policy_bits() + hits_.count(item);
  return static_cast<std::uint32_t>(std::min(level, kLevels - 1));
}

void LfuPolicy::check_invariants(std::uint64_t items) const {
  std::uint64_t listed = 0;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const ItemList& list = levels_[level];
    list.check_invariants(host_);
    listed += list.size();
    LARDER_CHECK((list.size() != 0) == (((filled_[level / 64] >> (level % 64)) & 1) != 0));
    for (Location item = list.head(); item != kNowhere; item = host_.item(item).node().next) {
      LARDER_CHECK(host_.item(item).policy_bits() == level);
    }
  }
  LARDER_CHECK(listed == items && items_ == items && levels_[0].size() == 0);
}

std::size_t LfuPolicy::first_level(std::size_t from) const {
  for (std::size_t word = from / 64; word < filled_.size(); ++word) {
    const std::uint64_t skipped = word == from / 64 ? ~std::uint64_t{0} << (from % 64) : ~std::uint64_t{0};
    const std::uint64_t filled = filled_[word] & skipped;
    if (filled != 0) return word * 64 + static_cast<std::size_t>(__builtin_ctzll(filled));
  }
  return kLevels;
}

Location LfuPolicy::coldest() const {
  const std::size_t level = first_level(0);
  return level == kLevels ? kNowhere : levels_[level].tail();
}

void LfuPolicy::join(Location item, std::size_t level) {
  levels_[level].push_head(host_, item);
  filled_[level / 64] |= std::uint64_t{1} << (level % 64);
  ItemRef record = host_.item(item);
  record.set_policy_bits(static_cast<std::uint8_t>(level));
  record.set_last_access(uses_);
}

void LfuPolicy::leave(Location item) {
  const std::size_t level = host_.item(item).policy_bits();
  levels_[level].erase(host_, item);
  if (levels_[level].size() == 0) filled_[level / 64] &= ~(std::uint64_t{1} << (level % 64));
}

void LfuPolicy::count_use(Location item) {
  ++uses_;
  const std::size_t level = host_.item(item).policy_bits();
  leave(item);
  join(item, std::min(level + 1, kLevels - 1));
}

// Each look goes one level up, and from the highest back to the lowest that can lose something.
void LfuPolicy::age_some() {
  const std::uint64_t due = kUsesPerItem * items_;
  for (int look = 0; look < kAgedPerInsert; ++look) {
    aging_ = first_level(std::max<std::size_t>(aging_, 2));
    if (aging_ == kLevels) {
      aging_ = 0;
      continue;
    }
    const Location item = levels_[aging_].tail();
    if (uses_ - host_.item(item).node().last_access >= due) {
      leave(item);
      join(item, aging_ / 2);
    } else {
      ++aging_;
      if (aging_ == kLevels) aging_ = 0;
    }
  }
}

}  // namespace larder
