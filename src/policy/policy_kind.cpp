#include "larder/policy/policy_kind.h"

#include <algorithm>
#include <array>
#include <string>

#include "larder/base/text.h"

namespace larder {

namespace {

struct NamedPolicy {
  std::string_view name;
  PolicyKind kind;
};
constexpr std::array<NamedPolicy, 2> kPolicies = {{
    {"noeviction", PolicyKind::kNoEviction},
    {"allkeys-lru", PolicyKind::kAllKeysLru},
}};
// Names that users know from Redis or from our plans; they deserve a better answer than a typing error gets.
constexpr std::array<std::string_view, 8> kPoliciesToCome = {
    "allkeys-lfu",  "allkeys-random", "allkeys-s3fifo",  "allkeys-tinylfu",
    "volatile-lru", "volatile-lfu",   "volatile-random", "volatile-ttl",
};

}  // namespace

std::string_view policy_name(PolicyKind kind) {
  const auto named = std::find_if(kPolicies.begin(), kPolicies.end(),
                                  [kind](const NamedPolicy& policy) { return policy.kind == kind; });
  LARDER_CHECK(named != kPolicies.end());
  return named->name;
}

Result<PolicyKind> parse_policy(std::string_view name) {
  for (const NamedPolicy& policy : kPolicies) {
    if (equals_ignore_case(name, policy.name)) return policy.kind;
  }
  for (const std::string_view to_come : kPoliciesToCome) {
    if (!equals_ignore_case(name, to_come)) continue;
    return Status::invalid("'" + std::string(to_come) +
                           "' is not available in this version; choose noeviction or allkeys-lru");
  }
  return Status::invalid("'" + printable(name) + "' is not an eviction policy; choose noeviction or allkeys-lru");
}

}  // namespace larder
