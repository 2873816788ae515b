// Random operations on a ShardedStore against a plain std::map with the same manual clock (support/store_model.h), in
// little memory, so that compaction, reuse of segments and rebuilds of the index happen all the time. A million
// operations in all; LARDER_MODEL_OPERATIONS=10000000 runs so many in each scenario. The seed is printed;
// LARDER_MODEL_SEED runs one again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string>

#include "model/model_run.h"
#include "support/store_model.h"

namespace larder::test {
namespace {

class RandomChoices final : public Choices {
 public:
  explicit RandomChoices(std::uint64_t seed) : numbers_(seed) {}
  std::uint64_t below(std::uint64_t bound) override { return numbers_.below(bound); }

 private:
  SplitMix64 numbers_;
};

struct Scenario {
  const char* name;
  StoreModel::Options options;

  friend void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }
};

class StoreModelTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(StoreModelTest, AnswersAsAPlainMapDoes) {
  constexpr std::uint64_t kOperations = 200'000;
  const std::uint64_t seed = seed_of_run();
  const std::uint64_t operations = operations_of_run(kOperations);
  const std::uint64_t between_checks = std::max<std::uint64_t>(operations / 50, 5'000);
  std::printf("LARDER_MODEL_SEED=%llu\n", static_cast<unsigned long long>(seed));

  RandomChoices choices(seed);
  StoreModel::Options options = GetParam().options;
  options.seed = seed;
  StoreModel model(options, choices);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    const bool agree = model.step() && (at % between_checks != 0 || model.compare_all());
    ASSERT_TRUE(agree) << model.failure() << "\nrepeat with LARDER_MODEL_SEED=" << seed;
  }
  ASSERT_TRUE(model.compare_all()) << model.failure() << "\nrepeat with LARDER_MODEL_SEED=" << seed;
  std::printf("%s\n", model.description().c_str());
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreModelTest,
    ::testing::Values(
        Scenario{"OneShard", {.shards = 1, .maxmemory_bytes = 3 << 20}},
        Scenario{"OneShardInItems", {.shards = 1, .maxmemory_bytes = 8 << 20, .maxitems = 2'000}},
        Scenario{"OneShardRoomForAll", {.shards = 1, .maxmemory_bytes = 256 << 20}},
        Scenario{"OneShardNeverEvicting",
                 {.shards = 1, .maxmemory_bytes = 4 << 20, .policy = PolicyKind::kNoEviction, .changes_policy = false}},
        Scenario{"SixteenShards", {.shards = 16, .maxmemory_bytes = 8 << 20}},
        Scenario{"SixteenShardsInItems", {.shards = 16, .maxmemory_bytes = 32 << 20, .maxitems = 10'000}},
        Scenario{
            "OneShardS3Fifo",
            {.shards = 1, .maxmemory_bytes = 4 << 20, .policy = PolicyKind::kAllKeysS3Fifo, .changes_policy = false}},
        Scenario{"SixteenShardsTinyLfu",
                 {.shards = 16,
                  .maxmemory_bytes = 8 << 20,
                  .policy = PolicyKind::kAllKeysTinyLfu,
                  .changes_policy = false}}),
    [](const auto& scenario) { return std::string(scenario.param.name); });

}  // namespace
}  // namespace larder::test
