#include "larder/policy/tinylfu_policy.h"

#include <algorithm>

namespace larder {

namespace {

constexpr double kProtectedShare = 0.8;
// Of what the items weigh, what the sketch may take under a limit of bytes: 16 bytes an item are too much where items
// are no larger than ten times that.
constexpr std::uint64_t kSketchPart = 24;
// How many items an insert moves from a list that is too long.
constexpr int kMovesPerInsert = 4;
// A candidate that loses although it is used now and then gets in by chance once in so many times, so that nobody can
// keep others out by making the victims look popular.
constexpr std::uint32_t kWarmEstimate = 6;
constexpr std::uint64_t kChanceOfWarm = 128;

}  // namespace

StreamId TinyLfuPolicy::stream_for(Arrival arrival, KeyHash /*hash*/, Location /*item*/) const {
  return arrival == Arrival::kSurvivor ? 1 : 0;
}

std::uint64_t TinyLfuPolicy::window_max() const {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(items()) * window_.share()));
}

std::uint64_t TinyLfuPolicy::protected_max() const {
  const std::uint64_t all = items();
  return static_cast<std::uint64_t>(static_cast<double>(all - std::min(all, window_max())) * kProtectedShare);
}

void TinyLfuPolicy::join(Location item, Part part) {
  lists_[part].push_head(host_, item);
  host_.item(item).set_policy_bits(part);
}

void TinyLfuPolicy::on_insert(Location item, KeyHash hash, TimeMs now_ms) {
  apply_hits();
  join(item, kWindow);
  host_.item(item).set_last_access(ticks_of(now_ms));
  fit_sketch();
  sketch_.add(hash, items());
  window_.count(false, items());
  rebalance();
}

// Not through the window, which it would only pass; and the climber hears of it as little as of any other move. How
// many items protected may have is seen when all are here: what is too much then goes with the next inserts.
void TinyLfuPolicy::on_adopt(Location item, KeyHash hash, Standing standing, TimeMs now_ms) {
  apply_hits();
  const std::uint32_t uses = std::clamp<std::uint32_t>(standing.value_or(1), 1, FrequencySketch::kCountMax);
  join(item, uses > 1 ? kProtected : kProbation);
  host_.item(item).set_last_access(ticks_of(now_ms));
  fit_sketch();
  for (std::uint32_t use = 0; use < uses; ++use) sketch_.add(hash, items());
}

void TinyLfuPolicy::on_hit(Location item, KeyHash hash, TimeMs now_ms) {
  const bool full = hits_.note(item);
  const bool is_tail =
      item == lists_[kWindow].tail() || item == lists_[kProbation].tail() || item == lists_[kProtected].tail();
  if (full || is_tail) apply_hits();
  host_.item(item).set_last_access(ticks_of(now_ms));
  sketch_.add(hash, items());
  window_.count(true, items());
}

void TinyLfuPolicy::on_move(Location from, Location to) {
  apply_hits();
  // A hit that was waiting may have changed the old copy's part after the new one was made.
  host_.item(to).set_policy_bits(part_of(from));
  lists_[part_of(from)].replace(host_, from, to);
}

void TinyLfuPolicy::on_erase(Location item, KeyHash /*hash*/, Removal /*why*/) {
  apply_hits();
  lists_[part_of(item)].erase(host_, item);
  fit_sketch();
}

void TinyLfuPolicy::fit_sketch() {
  const std::uint64_t bytes_max = host_.counts_items()
                                      ? FrequencySketch::kUnbounded
                                      : (host_.stream_weight(0) + host_.stream_weight(1)) / kSketchPart;
  sketch_.fit(items(), bytes_max);
}

void TinyLfuPolicy::use(Location item) {
  const Part part = part_of(item);
  if (part != kProbation) {
    lists_[part].move_to_head(host_, item);
    return;
  }
  transfer(item, kProtected);
  if (lists_[kProtected].size() > protected_max()) transfer(lists_[kProtected].tail(), kProbation);
}

// While there is room, nobody has to be better than anybody: what the window has too much is simply let in.
void TinyLfuPolicy::rebalance() {
  for (int move = 0; move < kMovesPerInsert && lists_[kWindow].size() > window_max(); ++move) {
    transfer(lists_[kWindow].tail(), kProbation);
  }
  for (int move = 0; move < kMovesPerInsert && lists_[kProtected].size() > protected_max(); ++move) {
    transfer(lists_[kProtected].tail(), kProbation);
  }
}

Location TinyLfuPolicy::main_victim() const {
  return lists_[kProbation].tail() != kNowhere ? lists_[kProbation].tail() : lists_[kProtected].tail();
}

bool TinyLfuPolicy::is_admitted(Location candidate, Location victim) {
  const std::uint32_t candidate_uses = sketch_.estimate(host_.hash_of(candidate));
  const std::uint32_t victim_uses = sketch_.estimate(host_.hash_of(victim));
  if (candidate_uses > victim_uses) return true;
  return candidate_uses >= kWarmEstimate && numbers_.below(kChanceOfWarm) == 0;
}

VictimStep TinyLfuPolicy::victim(TimeMs /*now_ms*/) {
  apply_hits();
  const Location candidate = lists_[kWindow].tail();
  const Location victim = main_victim();
  if (victim == kNowhere) {
    if (candidate == kNowhere) return {};
    return {.kind = VictimStep::Kind::kEvict, .item = candidate};
  }
  // A window that is not full takes its next item from the main part.
  if (candidate == kNowhere || lists_[kWindow].size() < window_max()) {
    return {.kind = VictimStep::Kind::kEvict, .item = victim};
  }
  if (!is_admitted(candidate, victim)) return {.kind = VictimStep::Kind::kEvict, .item = candidate};
  transfer(candidate, kProbation);
  return {.kind = VictimStep::Kind::kEvict, .item = victim};
}

std::optional<std::int64_t> TinyLfuPolicy::coldest_rank(TimeMs /*now_ms*/) const {
  if (items() == 0) return {};
  return -static_cast<std::int64_t>(items());
}

std::optional<TimeMs> TinyLfuPolicy::last_use_ms(Location item, TimeMs now_ms) const {
  return time_of(host_.item(item).node().last_access, now_ms);
}

std::optional<std::uint32_t> TinyLfuPolicy::frequency(Location /*item*/, KeyHash hash) const {
  return sketch_.estimate(hash);
}

void TinyLfuPolicy::check_invariants(std::uint64_t items) const {
  for (const Part part : {kWindow, kProbation, kProtected}) {
    lists_[part].check_invariants(host_);
    for (Location item = lists_[part].head(); item != kNowhere; item = host_.item(item).node().next) {
      LARDER_CHECK(part_of(item) == part);
    }
    if (lists_[part].tail() != kNowhere) LARDER_CHECK(hits_.count(lists_[part].tail()) == 0);
  }
  LARDER_CHECK(this->items() == items);
  sketch_.check_invariants();
  window_.check_invariants();
}

}  // namespace larder
