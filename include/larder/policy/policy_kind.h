// The names of the eviction policies. Redis's names where Redis has the policy. A name that is known but not built yet
// is told apart from a name that nobody knows, so that the error can say so.
#pragma once

#include <cstdint>
#include <string_view>

#include "larder/base/status.h"

namespace larder {

enum class PolicyKind : std::uint8_t {
  kNoEviction,
  kAllKeysLru,
};

std::string_view policy_name(PolicyKind kind);
// Names are matched without regard to case. Errors: kInvalidArgument, naming the policies there are.
Result<PolicyKind> parse_policy(std::string_view name);

}  // namespace larder
