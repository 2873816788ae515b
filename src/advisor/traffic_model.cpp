#include "advisor/traffic_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "larder/base/check.h"

namespace larder {

namespace {

// Beyond the curve's end by what one item may weigh and the sample may be uneven.
constexpr double kWindowFactor = TrafficModel::kFactorMax * 1.06;
// What stays of the keys when there are too many.
constexpr double kKept = 7.0 / 8;
// Of their bound; below it a larger sample would fit well.
constexpr std::size_t kFewKeysShare = 8;
// A sample that began anew counts from then on at the latest: by then the caches have turned over, or the traffic is
// so thin that a few first uses are no matter.
constexpr TimeMs kLearnMsMax = 120'000;
// Beyond this a double is no number of 64 bits any more; a limit on items may be near it.
constexpr double kWeightMax = 0x1p63;

}  // namespace

std::vector<PolicyKind> TrafficModel::rivals_of(PolicyKind policy) {
  std::vector<PolicyKind> kinds;
  for (const PolicyKind kind : kPolicyKinds) {
    if (kind != PolicyKind::kNoEviction && evicts_volatile_only(kind) == evicts_volatile_only(policy)) {
      kinds.push_back(kind);
    }
  }
  return kinds;
}

// --- What it simulates ---

void TrafficModel::set_cache(const Cache& cache, TimeMs now_ms) {
  if (cache == cache_ && !simulations_.empty()) return;
  const bool anew = simulations_.empty() || cache.counts_items != cache_.counts_items ||
                    evicts_volatile_only(cache.policy) != evicts_volatile_only(cache_.policy);
  cache_ = cache;
  if (!anew) return set_capacities();
  const bool was_cold = window_.size() == 0 && counting_;
  forget_counts();
  make_simulations();
  window_.clear();
  window_.count_items(cache.counts_items);
  begin(window_threshold_, was_cold, now_ms);
}

void TrafficModel::make_simulations() {
  simulations_.clear();
  for (const PolicyKind kind : rivals_of(cache_.policy)) {
    simulations_.push_back(
        std::make_unique<Simulation>(MiniCache::Options{.policy = kind, .counts_items = cache_.counts_items}));
  }
}

void TrafficModel::set_capacities() {
  const double share = sample_share(mini_threshold_);
  for (const auto& simulation : simulations_) {
    simulation->cache.set_capacity(
        static_cast<std::uint64_t>(std::llround(static_cast<double>(cache_.capacity) * share)));
    // The threshold follows a little later.
    simulation->cache.set_items_max(bounds_.mini_items_max + bounds_.mini_items_max / 8);
  }
}

void TrafficModel::begin(SampleThreshold threshold, bool is_cold, TimeMs now_ms) {
  window_.clear();
  for (const auto& simulation : simulations_) simulation->cache.clear();
  window_threshold_ = threshold;
  mini_threshold_ = threshold;
  counting_ = is_cold;
  began_ms_ = now_ms;
  set_capacities();
}

void TrafficModel::lower_threshold(double part) {
  set_window_threshold(static_cast<SampleThreshold>(static_cast<double>(window_threshold_) * part));
}

void TrafficModel::set_window_threshold(SampleThreshold threshold) {
  window_threshold_ = threshold;
  window_.keep_sampled(threshold);
  if (mini_threshold_ > threshold) set_mini_threshold(threshold);
}

void TrafficModel::set_mini_threshold(SampleThreshold threshold) {
  mini_threshold_ = threshold;
  for (const auto& simulation : simulations_) simulation->cache.keep_sampled(threshold);
  set_capacities();
}

// --- Events ---

void TrafficModel::apply(const AccessEvent& event, TimeMs now_ms) {
  if (event.kind == AccessEvent::Kind::kClear) {
    window_.clear();
    for (const auto& simulation : simulations_) simulation->cache.clear();
    return;
  }
  if (!is_sampled(event.hash, window_threshold_)) return;
  switch (event.kind) {
    case AccessEvent::Kind::kHit:
    case AccessEvent::Kind::kMiss:
      return look_up(event, now_ms);
    case AccessEvent::Kind::kWrite:
      return write(event, now_ms);
    case AccessEvent::Kind::kGone:
      window_.erase(event.hash);
      if (!is_sampled(event.hash, mini_threshold_)) return;
      for (const auto& simulation : simulations_) simulation->cache.erase(event.hash, Removal::kErased);
      return;
    case AccessEvent::Kind::kClear:
      return;
  }
}

void TrafficModel::look_up(const AccessEvent& event, TimeMs now_ms) {
  if (now_ms - began_ms_ >= kLearnMsMax) counting_ = true;
  const bool hit = event.kind == AccessEvent::Kind::kHit;
  if (!hit) refills_.note(event.hash);
  const std::optional<ReuseWindow::Reuse> known = window_.use(event.hash);
  const bool expired = known && known->expire_at_ms != kNoExpiry && known->expire_at_ms <= now_ms;
  if (is_sampled(event.hash, mini_threshold_)) look_up_in_minis(event.hash, hit, expired, known, now_ms);
  if (counting_) {
    const double count = 1 / sample_share(window_threshold_);
    if (known && !expired) {
      curve_.add_reuse(static_cast<double>(known->others) * count + known->own, count);
    } else {
      curve_.add_cold(count);
    }
  }
  if (expired) window_.erase(event.hash);
  // It was stored before the sample began, or was as good as forgotten: what it weighs will be told by its next write.
  if (hit && !known) {
    window_.put(event.hash, window_.usual_size(), kNoExpiry);
    keep_bounds();
  }
}

void TrafficModel::look_up_in_minis(KeyHash hash, bool hit, bool expired,
                                    const std::optional<ReuseWindow::Reuse>& known, TimeMs now_ms) {
  const double count = counting_ ? 1 / sample_share(mini_threshold_) : 0;
  mini_sampled_ += count;
  const std::uint64_t one = counting_ ? 1 : 0;
  new_mini_lookups_ += one;
  for (const auto& simulation : simulations_) {
    MiniCache& cache = simulation->cache;
    if (expired) {
      cache.erase(hash, Removal::kExpired);
    } else if (cache.use(hash, now_ms)) {
      simulation->hits += count;
      simulation->new_hits += one;
    } else if (hit) {
      cache.put(hash, known ? known->size : window_.usual_size(), known ? known->expire_at_ms : kNoExpiry, now_ms);
    }
  }
}

void TrafficModel::write(const AccessEvent& event, TimeMs now_ms) {
  const bool is_refill = refills_.take(event.hash);
  window_.put(event.hash, event.size, event.expire_at_ms);
  if (is_sampled(event.hash, mini_threshold_)) {
    for (const auto& simulation : simulations_) {
      if (is_refill && simulation->cache.contains(event.hash)) {
        simulation->cache.change(event.hash, event.size, event.expire_at_ms);
      } else {
        simulation->cache.put(event.hash, event.size, event.expire_at_ms, now_ms);
      }
    }
  }
  keep_bounds();
}

void TrafficModel::keep_bounds() {
  const double share = sample_share(window_threshold_);
  const double weight_max = static_cast<double>(cache_.capacity) * kWindowFactor * share;
  const bool is_full = window_.trim(static_cast<std::uint64_t>(std::min(weight_max, kWeightMax)) + 1);
  if (is_full) counting_ = true;
  if (window_.size() > bounds_.window_keys_max) {
    const auto kept = static_cast<std::size_t>(static_cast<double>(bounds_.window_keys_max) * kKept);
    set_window_threshold(window_.threshold_for(kept));
  }
  const auto is_too_large = [this](const std::unique_ptr<Simulation>& simulation) {
    return simulation->cache.size() > bounds_.mini_items_max;
  };
  if (std::any_of(simulations_.begin(), simulations_.end(), is_too_large)) {
    set_mini_threshold(static_cast<SampleThreshold>(static_cast<double>(mini_threshold_) * kKept));
  }
}

// --- Counts ---

void TrafficModel::count_queries(double queries, double lost_sampled) {
  if (!counting_ || window_threshold_ == 0) return;
  curve_.add_queries(std::max(0.0, queries - lost_sampled / sample_share(window_threshold_)));
}

void TrafficModel::fade(double factor) {
  curve_.fade(factor);
  mini_sampled_ *= factor;
  for (const auto& simulation : simulations_) {
    simulation->hits *= factor;
    simulation->cache.fade(factor);
  }
}

void TrafficModel::forget_counts() {
  fade(0);
}

std::vector<TrafficModel::PolicyFigures> TrafficModel::policies() const {
  std::vector<PolicyFigures> figures;
  for (const auto& simulation : simulations_) {
    const double hits = simulation->hits + (queries() - mini_sampled_);
    figures.push_back({.policy = simulation->cache.policy(),
                       .hit_ratio = queries() > 0 ? std::clamp(hits / queries(), 0.0, 1.0) : 0,
                       .evicted = simulation->cache.evicted()});
  }
  return figures;
}

TrafficModel::MiniCounts TrafficModel::take_mini_counts() {
  MiniCounts counts{.lookups = static_cast<double>(std::exchange(new_mini_lookups_, 0)), .policies = {}, .items = 0};
  for (const auto& simulation : simulations_) {
    counts.policies.push_back(
        {simulation->cache.policy(), static_cast<double>(std::exchange(simulation->new_hits, 0))});
    counts.items = std::max(counts.items, simulation->cache.size());
  }
  return counts;
}

bool TrafficModel::has_room_for_more() const {
  return window_threshold_ < kAllKeys && window_.size() < bounds_.window_keys_max / kFewKeysShare;
}

std::size_t TrafficModel::bytes() const {
  std::size_t sum = sizeof *this + window_.bytes();
  for (const auto& simulation : simulations_) sum += sizeof *simulation + simulation->cache.bytes();
  return sum;
}

void TrafficModel::check_invariants() const {
  window_.check_invariants();
  LARDER_CHECK(mini_threshold_ <= window_threshold_);
  for (const auto& simulation : simulations_) simulation->cache.check_invariants();
}

}  // namespace larder
