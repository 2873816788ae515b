#include "larder/policy/window_climber.h"

#include <algorithm>
#include <cmath>

#include "larder/base/check.h"

namespace larder {

void WindowClimber::look(std::uint64_t items) {
  const std::uint64_t least = std::max(kRequestsMin, items * kRequestsPerItem);
  if (requests_ < least) return;
  const Sample sample{static_cast<double>(requests_), static_cast<double>(hits_) / static_cast<double>(requests_),
                      static_cast<double>(items)};
  const bool steady = last_.requests != 0 && std::abs(last_.items - sample.items) <= kSteadyChange * sample.items;
  if (steady) {
    const bool by_chance = differs_by_chance(sample);
    if (by_chance && requests_ < least * kSamplesWithoutResult) return;
    step(sample, by_chance);
  }
  last_ = sample;
  hits_ = 0;
  requests_ = 0;
}

// The difference of two shares of hits, against its own standard deviation if nothing had changed.
bool WindowClimber::differs_by_chance(const Sample& sample) const {
  const double variance = sample.hit_ratio * (1 - sample.hit_ratio) * (1 / sample.requests + 1 / last_.requests);
  return std::abs(sample.hit_ratio - last_.hit_ratio) < kSignificance * std::sqrt(variance);
}

void WindowClimber::step(const Sample& sample, bool by_chance) {
  const double change = sample.hit_ratio - last_.hit_ratio;
  if (by_chance) {
    step_ = -std::abs(step_) * kStepDecayByChance;
  } else {
    if (change < 0) step_ = -step_;
    step_ = std::abs(change) >= kRestartChange ? std::copysign(kStepFirst, step_) : step_ * kStepDecay;
  }
  // At an end, the other direction is the only one left to try.
  if ((share_ == kShareMin && step_ < 0) || (share_ == kShareMax && step_ > 0)) step_ = -step_;
  share_ = std::clamp(share_ + step_, kShareMin, kShareMax);
}

void WindowClimber::check_invariants() const {
  LARDER_CHECK(share_ >= kShareMin && share_ <= kShareMax && std::abs(step_) <= kStepFirst && hits_ <= requests_);
}

}  // namespace larder
