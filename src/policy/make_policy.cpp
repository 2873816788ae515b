// The one place that knows which class stands behind which name.
#include "larder/base/check.h"
#include "larder/policy/eviction_policy.h"
#include "larder/policy/lfu_policy.h"
#include "larder/policy/listed_random_policy.h"
#include "larder/policy/lru_policy.h"
#include "larder/policy/no_eviction_policy.h"
#include "larder/policy/random_policy.h"
#include "larder/policy/s3fifo_policy.h"
#include "larder/policy/tinylfu_policy.h"
#include "larder/policy/ttl_policy.h"
#include "larder/policy/volatile_filter.h"

namespace larder {

namespace {

template <class Inside>
std::unique_ptr<EvictionPolicy> make_volatile(PolicyHost& host) {
  return std::make_unique<VolatileFilter>(host, std::make_unique<Inside>(host));
}

}  // namespace

std::unique_ptr<EvictionPolicy> make_policy(PolicyKind kind, PolicyHost& host) {
  switch (kind) {
    case PolicyKind::kNoEviction:
      return std::make_unique<NoEvictionPolicy>(host);
    case PolicyKind::kAllKeysLru:
      return std::make_unique<LruPolicy>(host);
    case PolicyKind::kAllKeysLfu:
      return std::make_unique<LfuPolicy>(host);
    case PolicyKind::kAllKeysRandom:
      return std::make_unique<RandomPolicy>(host);
    case PolicyKind::kAllKeysS3Fifo:
      return std::make_unique<S3FifoPolicy>(host);
    case PolicyKind::kAllKeysTinyLfu:
      return std::make_unique<TinyLfuPolicy>(host);
    case PolicyKind::kVolatileLru:
      return make_volatile<LruPolicy>(host);
    case PolicyKind::kVolatileLfu:
      return make_volatile<LfuPolicy>(host);
    case PolicyKind::kVolatileRandom:
      return make_volatile<ListedRandomPolicy>(host);
    case PolicyKind::kVolatileTtl:
      return make_volatile<TtlPolicy>(host);
  }
  LARDER_CHECK(!"a policy without a class");
}

}  // namespace larder
