#include "larder/policy/s3fifo_policy.h"

#include <algorithm>

namespace larder {

namespace {

constexpr std::uint8_t kUsesMask = 3;
constexpr std::uint8_t kInMain = 4;
// It is in the main queue because nothing was known of it.
constexpr std::uint8_t kUnknown = 8;
// An item that was used so often in the small queue is promoted.
constexpr std::uint8_t kUsesToPromote = 2;
// The small queue's part of all weight.
constexpr std::uint64_t kSmallPart = 10;
// In tenths: what the ghosts weighed together, of all weight; and how many they are at the most, for each item: four
// bytes, wherever the items that go are much smaller than those that stay.
constexpr std::uint64_t kGhostWeightTenths = 9;
constexpr std::uint64_t kGhostsPerItemTenthsMax = 18;

}  // namespace

StreamId S3FifoPolicy::stream_for(Arrival arrival, KeyHash hash, Location item) const {
  if (arrival == Arrival::kNew) return ghosts_.contains(hash) ? kMain : kSmall;
  return (host_.item(item).policy_bits() & kInMain) != 0 ? kMain : kSmall;
}

void S3FifoPolicy::on_insert(Location item, KeyHash hash, TimeMs now_ms) {
  // The same answer as stream_for() has given.
  const StreamId stream = ghosts_.erase(hash) ? kMain : kSmall;
  host_.item(item).set_policy_bits(stream == kMain ? kInMain : std::uint8_t{0});
  clocks_[stream].join(host_.stream_items(stream), now_ms);
}

// Of whom nothing is known might be anything: in the small queue it would go before it is asked for again.
StreamId S3FifoPolicy::stream_for_adopted(Standing standing) const {
  return !standing || *standing > kUsesToPromote ? kMain : kSmall;
}

void S3FifoPolicy::on_adopt(Location item, KeyHash /*hash*/, Standing standing, TimeMs now_ms) {
  const StreamId stream = stream_for_adopted(standing);
  const std::uint32_t arrival = stream == kMain ? 1 + kUsesToPromote : 1;
  const std::uint32_t uses = std::min<std::uint32_t>(std::max(standing.value_or(0), arrival) - arrival, kUsesMask);
  host_.item(item).set_policy_bits(
      static_cast<std::uint8_t>(uses | (stream == kMain ? kInMain : 0) | (standing ? 0 : kUnknown)));
  clocks_[stream].join(host_.stream_items(stream), now_ms);
}

void S3FifoPolicy::on_hit(Location item, KeyHash /*hash*/, TimeMs /*now_ms*/) {
  ItemRef record = host_.item(item);
  const std::uint8_t bits = record.policy_bits();
  if ((bits & kUsesMask) != kUsesMask) record.set_policy_bits(static_cast<std::uint8_t>(bits + 1));
}

void S3FifoPolicy::on_erase(Location item, KeyHash hash, Removal why) {
  if (why != Removal::kEvicted || (host_.item(item).policy_bits() & kInMain) != 0) return;
  const std::uint64_t weight_max = weight() * kGhostWeightTenths / 10;
  if (ghost_weights_.add(host_.weight(host_.item(item)), weight_max)) fit_ghosts(weight_max);
  ghosts_.insert(hash);
}

StreamId S3FifoPolicy::victim_stream() const {
  const std::uint64_t small = host_.stream_weight(kSmall);
  if (host_.stream_weight(kMain) == 0) return kSmall;
  return small == 0 || small < weight() / kSmallPart ? kMain : kSmall;
}

Location S3FifoPolicy::next_in_line() const {
  return host_.oldest(victim_stream());
}

VictimStep S3FifoPolicy::victim(TimeMs now_ms) {
  const StreamId stream = victim_stream();
  const Location item = host_.oldest(stream);
  if (item == kNowhere) return {};
  const auto uses = static_cast<std::uint8_t>(host_.item(item).policy_bits() & kUsesMask);
  if (stream == kSmall && uses >= kUsesToPromote) return move_to_main(item, 0, now_ms);
  if (stream == kMain && uses > 0) return move_to_main(item, static_cast<std::uint8_t>(uses - 1), now_ms);
  return {.kind = VictimStep::Kind::kEvict, .item = item};
}

VictimStep S3FifoPolicy::move_to_main(Location item, std::uint8_t uses, TimeMs now_ms) {
  host_.item(item).set_policy_bits(static_cast<std::uint8_t>(uses | kInMain));
  clocks_[kMain].join(host_.stream_items(kMain), now_ms);
  return {.kind = VictimStep::Kind::kMove, .item = item, .stream = kMain};
}

std::uint64_t S3FifoPolicy::weight() const {
  return host_.stream_weight(kSmall) + host_.stream_weight(kMain);
}

void S3FifoPolicy::fit_ghosts(std::uint64_t weight_max) {
  const double mean_weight = static_cast<double>(weight()) / static_cast<double>(items());
  const std::uint64_t most = std::max<std::uint64_t>(1, items() * kGhostsPerItemTenthsMax / 10);
  ghosts_.resize(std::clamp<std::uint64_t>(ghost_weights_.items_in(weight_max, mean_weight), 1, most));
}

std::optional<std::int64_t> S3FifoPolicy::coldest_rank(TimeMs /*now_ms*/) const {
  if (items() == 0) return {};
  return clocks_[victim_stream()].head_joined_ms();
}

std::optional<std::uint32_t> S3FifoPolicy::frequency(Location item, KeyHash /*hash*/) const {
  return host_.item(item).policy_bits() & kUsesMask;
}

// An item of the main queue was used to get there, unless nothing was known of it when it was adopted.
Standing S3FifoPolicy::standing(Location item, KeyHash /*hash*/) const {
  const std::uint32_t bits = host_.item(item).policy_bits();
  if ((bits & kUnknown) != 0) return (bits & kUsesMask) != 0 ? Standing{1 + (bits & kUsesMask)} : Standing{};
  return 1 + (bits & kUsesMask) + ((bits & kInMain) != 0 ? kUsesToPromote : 0);
}

void S3FifoPolicy::check_invariants(std::uint64_t items) const {
  LARDER_CHECK(this->items() == items);
  for (const StreamId stream : {kSmall, kMain}) {
    const Location oldest = host_.oldest(stream);
    LARDER_CHECK((oldest == kNowhere) == (host_.stream_items(stream) == 0));
    if (oldest == kNowhere) continue;
    const std::uint8_t bits = host_.item(oldest).policy_bits();
    LARDER_CHECK(bits <= (kUnknown | kInMain | kUsesMask) && ((bits & kInMain) != 0) == (stream == kMain));
    LARDER_CHECK(!clocks_[stream].empty());
  }
  ghosts_.check_invariants();
  ghost_weights_.check_invariants();
}

}  // namespace larder
