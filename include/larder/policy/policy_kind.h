// The names of the eviction policies. Redis's names where Redis has the policy.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "larder/base/status.h"

namespace larder {

enum class PolicyKind : std::uint8_t {
  kNoEviction,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kAllKeysS3Fifo,
  kAllKeysTinyLfu,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
};
// Every kind, in the order of the enumeration.
inline constexpr std::array kPolicyKinds = {
    PolicyKind::kNoEviction,     PolicyKind::kAllKeysLru,     PolicyKind::kAllKeysLfu,  PolicyKind::kAllKeysRandom,
    PolicyKind::kAllKeysS3Fifo,  PolicyKind::kAllKeysTinyLfu, PolicyKind::kVolatileLru, PolicyKind::kVolatileLfu,
    PolicyKind::kVolatileRandom, PolicyKind::kVolatileTtl,
};

// Whether items without an expiry are never evicted.
constexpr bool evicts_volatile_only(PolicyKind kind) {
  return kind >= PolicyKind::kVolatileLru;
}
// Whether the policy knows how long an item has been idle, and whether it counts how often it is used.
bool tracks_idle_time(PolicyKind kind);
bool counts_uses(PolicyKind kind);

std::string_view policy_name(PolicyKind kind);
// Names are matched without regard to case. Errors: kInvalidArgument, naming the policies there are.
Result<PolicyKind> parse_policy(std::string_view name);

}  // namespace larder
