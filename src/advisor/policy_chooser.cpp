#include "advisor/policy_chooser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "larder/base/check.h"

namespace larder {

namespace {

// Look-ups of a round, for each item that the cache holds and at the least.
constexpr double kLookupsPerItem = 0.25;
constexpr double kLookupsMin = 500;
// A round counts e times less after so many others.
constexpr double kRoundsMemory = 128;
// Before more than so many nothing is said.
constexpr double kRoundsMin = 4;
constexpr double kLeadMin = 0.003;
constexpr double kErrorsMin = 2.9;

}  // namespace

std::optional<std::size_t> PolicyChooser::place_of(PolicyKind policy) {
  const auto* const found = std::find(kCandidates.begin(), kCandidates.end(), policy);
  if (found == kCandidates.end()) return {};
  return static_cast<std::size_t>(found - kCandidates.begin());
}

void PolicyChooser::count(double lookups, const Hits& hits, double items) {
  lookups_ += lookups;
  for (std::size_t i = 0; i < hits.size(); ++i) hits_[i] += hits[i];
  if (lookups_ >= std::max(kLookupsMin, kLookupsPerItem * items)) end_round();
}

void PolicyChooser::end_round() {
  const bool differ = std::any_of(hits_.begin(), hits_.end(), [this](double hits) { return hits != hits_[0]; });
  if (differ || rounds_ > 0) {
    constexpr double kFade = 1 - 1 / kRoundsMemory;
    rounds_ = rounds_ * kFade + 1;
    for (std::size_t a = 0; a < hits_.size(); ++a) {
      for (std::size_t b = 0; b < hits_.size(); ++b) {
        const double difference = (hits_[a] - hits_[b]) / lookups_;
        Difference& sums = differences_[a][b];
        sums.sum = sums.sum * kFade + difference;
        sums.square_sum = sums.square_sum * kFade + difference * difference;
      }
    }
    has_new_round_ = true;
  }
  lookups_ = 0;
  hits_ = {};
}

bool PolicyChooser::is_ahead(const Difference& difference) const {
  const double mean = difference.sum / rounds_;
  const double variance = std::max(0.0, difference.square_sum / rounds_ - mean * mean) * rounds_ / (rounds_ - 1);
  return mean > kLeadMin && mean > kErrorsMin * std::sqrt(variance / rounds_);
}

std::optional<PolicyChooser::Lead> PolicyChooser::better_than(PolicyKind policy) {
  const std::optional<std::size_t> now = place_of(policy);
  LARDER_CHECK(now.has_value());
  if (!std::exchange(has_new_round_, false) || rounds_ <= kRoundsMin) return {};
  std::optional<Lead> best;
  for (std::size_t i = 0; i < kCandidates.size(); ++i) {
    const Difference& difference = differences_[i][*now];
    const double mean = difference.sum / rounds_;
    if (is_ahead(difference) && (!best || mean > best->hit_ratio)) best = Lead{kCandidates[i], mean};
  }
  return best;
}

}  // namespace larder
