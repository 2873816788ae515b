// The advisor beside exact replays where memory is what is limited: what an item takes beside its key and its value
// depends on the policy.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "larder/base/hash.h"
#include "tools/sim/store_replay.h"
#include "tools/sim/synthetic.h"
#include "unit/tools/advised_replay.h"
#include "unit/tools/lists.h"

namespace larder::sim {
namespace {

constexpr std::array kPolicies = {PolicyKind::kAllKeysLru, PolicyKind::kAllKeysLfu, PolicyKind::kAllKeysRandom,
                                  PolicyKind::kAllKeysS3Fifo, PolicyKind::kAllKeysTinyLfu};

// By Zipf's law, under keys of 16 bytes.
Trace zipf_of(std::uint64_t (*value_bytes)(std::uint64_t object)) {
  constexpr std::uint64_t kFirstId = 1'000'000'000'000'000;
  const auto reader = make_synthetic({.name = "zipf", .objects = 200'000, .requests = 1'000'000}).value();
  std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
  for (Access access; reader->next(access);) list.emplace_back(kFirstId + access.number, value_bytes(access.number));
  return trace_of(std::move(list));
}

std::uint64_t small(std::uint64_t /*object*/) {
  return 32;
}
// Up to 4 KiB, half of them below 64 bytes.
std::uint64_t mixed(std::uint64_t object) {
  return std::uint64_t{1} << (mix_bits(object) % 13);
}

double exact(const Trace& trace, PolicyKind policy, std::uint64_t maxmemory_bytes) {
  RequestCount progress;
  return 100 *
         replay_store(
             trace,
             {.policy = policy, .capacity = {CapacityUnit::kBytes, maxmemory_bytes}, .real = true, .hash_seed = 7},
             progress)
             .hit_ratio();
}

class AdvisedBytes : public testing::TestWithParam<PolicyKind> {
 protected:
  // Within a point, random eviction within `random_points`.
  static void expect_exact(const Trace& trace, std::uint64_t maxmemory_bytes, double random_points) {
    const AdvisorReport report =
        replay_advised(trace, {.policy = GetParam(), .capacity = {CapacityUnit::kBytes, maxmemory_bytes}}).report;
    for (const PolicyKind policy : kPolicies) {
      const double points = policy == PolicyKind::kAllKeysRandom ? random_points : 1;
      EXPECT_NEAR(100 * report.hit_ratio_of(policy).value(), exact(trace, policy, maxmemory_bytes), points)
          << policy_name(policy);
    }
    for (const double factor : {0.5, 1.0, 2.0, 4.0}) {
      const auto size = static_cast<std::uint64_t>(factor * static_cast<double>(maxmemory_bytes));
      EXPECT_NEAR(100 * report.hit_ratio_at(factor).value(), exact(trace, PolicyKind::kAllKeysLru, size), 1) << factor;
    }
  }
};

TEST_P(AdvisedBytes, EveryPolicyIsWeighedAsItWouldWeigh) {
  expect_exact(zipf_of(small), 2 << 20, 1);
}

TEST_P(AdvisedBytes, SoAreItemsOfManySizes) {
  expect_exact(zipf_of(mixed), 8 << 20, 1.5);
}

INSTANTIATE_TEST_SUITE_P(Now, AdvisedBytes,
                         testing::Values(PolicyKind::kAllKeysLru, PolicyKind::kAllKeysS3Fifo,
                                         PolicyKind::kAllKeysTinyLfu),
                         [](const auto& policy) {
                           std::string name(policy_name(policy.param));
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace larder::sim
