// What the advisor has learned of the traffic, as of the last second: plain figures, for whoever shows them.
// docs/ADVISOR.md explains each.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "larder/base/clock.h"
#include "larder/policy/policy_kind.h"

namespace larder {

struct AdvisorReport {
  // A hit ratio at so many times today's limit.
  struct CurvePoint {
    double factor = 0;
    std::uint64_t size = 0;  // bytes of maxmemory, or items
    double hit_ratio = 0;
  };
  struct PolicyPoint {
    PolicyKind policy = PolicyKind::kAllKeysLru;
    double hit_ratio = 0;
  };

  // A change of policy that `maxmemory-policy auto` has made.
  struct Change {
    PolicyKind from = PolicyKind::kAllKeysLru;
    PolicyKind to = PolicyKind::kAllKeysLru;
    double lead = 0;  // by so much the new one's hit ratio was above the old one's
    TimeMs at_ms = 0;
  };

  bool enabled = false;
  // There was too little to learn from yet, or the sample has just begun anew: the figures are zero, or older.
  bool learning = true;
  double queries = 0;  // that the figures are made of; those of an hour ago count half

  // --- The cache as it is ---
  bool counts_items = false;  // what is limited, and the unit of sizes
  std::uint64_t limit = 0;    // maxmemory, or maxitems; without a limit, what is used
  PolicyKind policy = PolicyKind::kAllKeysLru;
  std::uint64_t lookups = 0;    // counted, of the last five minutes
  double hit_ratio = 0;         // of them; says nothing if there were none
  double evicted_age_s = 0;     // how long what was evicted had not been used, likewise; 0: nothing was
  std::uint64_t evictions = 0;  // of these five minutes

  // --- What is estimated ---
  std::vector<CurvePoint> curve;      // of LRU, by size
  std::vector<PolicyPoint> policies;  // at today's limit
  // The smallest size whose hit ratio is within a point of the curve's end.
  std::uint64_t working_set = 0;
  // Of the memory under today's policy: the part that holds items after their last use, and of that, items that are
  // never read at all. Nothing until something is evicted.
  std::optional<double> unused_share;
  std::optional<double> never_read_share;

  // --- What it has done ---
  bool chooses = false;  // maxmemory-policy auto
  std::uint64_t changes = 0;
  std::optional<Change> last_change;
  double last_change_age_s = 0;

  // --- What it costs ---
  double sampled_share = 0;  // of the keys
  std::uint64_t sampled_keys = 0;
  std::uint64_t events_per_s = 0;
  std::uint64_t dropped_events = 0;  // since start
  std::uint64_t bytes = 0;

  // Nothing if the curve does not have the point, or the policy was not simulated.
  std::optional<double> hit_ratio_at(double factor) const;
  std::optional<double> hit_ratio_of(PolicyKind kind) const;
};

}  // namespace larder
