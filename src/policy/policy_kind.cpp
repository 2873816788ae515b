#include "larder/policy/policy_kind.h"

#include <string>

#include "larder/base/check.h"
#include "larder/base/text.h"

namespace larder {

bool tracks_idle_time(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::kAllKeysLru:
    case PolicyKind::kAllKeysTinyLfu:
    case PolicyKind::kVolatileLru:
    case PolicyKind::kVolatileRandom:
    case PolicyKind::kVolatileTtl:
      return true;
    case PolicyKind::kNoEviction:
    case PolicyKind::kAllKeysLfu:
    case PolicyKind::kAllKeysRandom:
    case PolicyKind::kAllKeysS3Fifo:
    case PolicyKind::kVolatileLfu:
      return false;
  }
  LARDER_CHECK(!"a policy that nobody knows");
}

bool counts_uses(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::kAllKeysLfu:
    case PolicyKind::kAllKeysS3Fifo:
    case PolicyKind::kAllKeysTinyLfu:
    case PolicyKind::kVolatileLfu:
      return true;
    case PolicyKind::kNoEviction:
    case PolicyKind::kAllKeysLru:
    case PolicyKind::kAllKeysRandom:
    case PolicyKind::kVolatileLru:
    case PolicyKind::kVolatileRandom:
    case PolicyKind::kVolatileTtl:
      return false;
  }
  LARDER_CHECK(!"a policy that nobody knows");
}

std::string_view policy_name(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::kNoEviction:
      return "noeviction";
    case PolicyKind::kAllKeysLru:
      return "allkeys-lru";
    case PolicyKind::kAllKeysLfu:
      return "allkeys-lfu";
    case PolicyKind::kAllKeysRandom:
      return "allkeys-random";
    case PolicyKind::kAllKeysS3Fifo:
      return "allkeys-s3fifo";
    case PolicyKind::kAllKeysTinyLfu:
      return "allkeys-tinylfu";
    case PolicyKind::kVolatileLru:
      return "volatile-lru";
    case PolicyKind::kVolatileLfu:
      return "volatile-lfu";
    case PolicyKind::kVolatileRandom:
      return "volatile-random";
    case PolicyKind::kVolatileTtl:
      return "volatile-ttl";
  }
  LARDER_CHECK(!"a policy without a name");
}

Result<PolicyKind> parse_policy(std::string_view name) {
  std::string names;
  for (const PolicyKind kind : kPolicyKinds) {
    if (equals_ignore_case(name, policy_name(kind))) return kind;
    if (!names.empty()) names += kind == kPolicyKinds.back() ? " or " : ", ";
    names += policy_name(kind);
  }
  return Status::invalid("'" + printable(name) + "' is not an eviction policy; choose " + names);
}

}  // namespace larder
