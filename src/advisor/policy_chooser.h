// WHAT: tells when another eviction policy has been ahead for long enough to be worth a change: `maxmemory-policy
// auto`.
//
// STRUCTURE: look-ups are counted in rounds, of a quarter of what the cache holds. Each round gives, for every pair of
// policies, the difference of their hit ratios; of these differences a mean and its standard error are kept, the later
// rounds weighing more. Whoever is ahead of the policy in force by kLeadMin in the mean and by kErrorsMin of its
// standard error is better. So a difference that is always there is believed early, and a burst,
// which is large and alone, is not: it makes the error as large as the mean. That matters because a change is not free:
// what the former policy would have kept is gone.
//
// Random eviction is no candidate: where it is ahead of the queues W-TinyLFU is too, and by more.
//
// The figures were chosen on the reference traces, see docs/ADVISOR.md. Single-threaded; reads no clock.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "larder/policy/policy_kind.h"

namespace larder {

class PolicyChooser {
 public:
  static constexpr std::array kCandidates = {PolicyKind::kAllKeysLru, PolicyKind::kAllKeysLfu,
                                             PolicyKind::kAllKeysS3Fifo, PolicyKind::kAllKeysTinyLfu};
  // Where nothing is known yet.
  static constexpr PolicyKind kFirst = PolicyKind::kAllKeysS3Fifo;
  static bool is_candidate(PolicyKind policy) { return place_of(policy).has_value(); }
  // Among the candidates; nothing if it is none.
  static std::optional<std::size_t> place_of(PolicyKind policy);

  // By kCandidates.
  using Hits = std::array<double, kCandidates.size()>;
  struct Lead {
    PolicyKind policy = kFirst;
    double hit_ratio = 0;  // more than that of the policy in force
  };

  // What there was since the last call: so many look-ups, of which each policy would have hit so many, in caches that
  // hold so many items.
  void count(double lookups, const Hits& hits, double items);
  // The best of those that are better than `policy`, a candidate. Nothing while no round has ended since the last call.
  std::optional<Lead> better_than(PolicyKind policy);
  // Begins anew.
  void clear() { *this = {}; }

 private:
  struct Difference {
    double sum = 0;
    double square_sum = 0;
  };

  void end_round();
  bool is_ahead(const Difference& difference) const;

  // Of this round.
  double lookups_ = 0;
  Hits hits_{};
  // Of the rounds that have ended; nothing counts until the first in which the policies differ.
  bool has_new_round_ = false;
  double rounds_ = 0;
  std::array<std::array<Difference, kCandidates.size()>, kCandidates.size()> differences_{};
};

}  // namespace larder
