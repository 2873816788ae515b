// The hot path allocates nothing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/command_runner.h"
#include "unit/commands/allocation_counter.h"

namespace larder {
namespace {

using test::CommandRunner;
using test::encode_request;

// A pipeline with every keyed command of the hot family.
std::string hot_pipeline() {
  std::string bytes;
  for (int i = 0; i < 12; ++i) {
    const std::string key = "key" + std::to_string(i);
    for (const std::vector<std::string>& request : {std::vector<std::string>{"GET", key},
                                                    {"SET", key, "another value of twenty"},
                                                    {"GET", "missing"},
                                                    {"EXISTS", key},
                                                    {"TTL", key},
                                                    {"MGET", key, "key0", "missing"},
                                                    {"TOUCH", key},
                                                    {"INCR", "counter"},
                                                    {"STRLEN", key},
                                                    {"EXPIRE", key, "100"},
                                                    {"PERSIST", key}}) {
      bytes += encode_request(request);
    }
  }
  return bytes;
}

class AllocationTest : public ::testing::TestWithParam<PolicyKind> {};
INSTANTIATE_TEST_SUITE_P(Policies, AllocationTest,
                         ::testing::Values(PolicyKind::kAllKeysLru, PolicyKind::kAllKeysS3Fifo,
                                           PolicyKind::kAllKeysTinyLfu),
                         [](const auto& tested) { return std::string(policy_name(tested.param)).substr(8); });

TEST_P(AllocationTest, ABatchOfHotRequestsAllocatesNothing) {
  if (!test::allocations_so_far()) GTEST_SKIP() << "allocations are not counted in this build";
  CommandRunner runner({.shards = 4, .maxmemory_bytes = 64 << 20, .policy = GetParam()});
  const std::string requests = hot_pipeline();
  ReplyBuffer out;
  RequestSession& session = runner.client().session();
  const auto execute = [&] {
    std::string_view rest = requests;
    while (!rest.empty()) {
      const TurnResult turn = session.on_input(rest, out, 1 << 20);
      ASSERT_GT(turn.consumed, 0u);
      rest.remove_prefix(turn.consumed);
    }
    out.clear();
  };
  for (int i = 0; i < 3; ++i) execute();  // buffers grow, items are made
  const std::uint64_t before = *test::allocations_so_far();
  for (int i = 0; i < 100; ++i) execute();
  EXPECT_EQ(*test::allocations_so_far() - before, 0u);
}

}  // namespace
}  // namespace larder
