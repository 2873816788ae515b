// Our misses beside those of libCacheSim over the reference traces. The traces are not part of the project: they lie in
// $LARDER_TRACES, or in shared/traces beside the project's folder.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/sim/simulation.h"

namespace larder::sim {
namespace {

std::filesystem::path traces_folder() {
  const char* const given = std::getenv("LARDER_TRACES");
  return given != nullptr ? std::filesystem::path(given)
                          : std::filesystem::path(LARDER_SOURCE_DIR) / ".." / "shared" / "traces";
}

struct Comparison {
  std::string ours;
  std::string theirs;
};

class ReferenceTraces : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::ifstream file(traces_folder() / "reference.json");
    if (!file) GTEST_SKIP() << "no reference.json in " << traces_folder() << "; set LARDER_TRACES to its folder";
    reference_ = nlohmann::json::parse(file)["misses"][GetParam()];
  }
  // Every size of the reference; equal to the last miss.
  void expect_equal(const std::string& capacity, CapacityUnit unit, const std::vector<Comparison>& comparisons) {
    SimOptions options;
    options.trace_path = traces_folder() / (GetParam() + ".csv.gz");
    options.format = TraceFormat::kCsv;
    options.columns = "time,id,size";
    options.unit = unit;
    options.jobs = 2;
    for (const auto& [size, entry] : reference_[capacity].items()) {
      options.sizes.push_back({.text = size, .limit = entry["size"].get<std::uint64_t>()});
    }
    ASSERT_FALSE(options.sizes.empty());
    for (const Comparison& comparison : comparisons) {
      options.policies.push_back(parse_policies(comparison.ours).value().front());
    }
    const Result<Trace> trace = load_trace(options);
    ASSERT_TRUE(trace.is_ok()) << trace.status().message();
    Plan plan = plan_runs(options, trace.value()).value();
    EXPECT_TRUE(plan.is_exact());
    RequestCount progress;
    execute_runs(options, trace.value(), plan, progress);
    const std::vector<SimRun>& runs = plan.runs;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const Comparison& comparison = comparisons[i / options.sizes.size()];
      const std::string& size = options.sizes[runs[i].size_index].text;
      EXPECT_EQ(runs[i].result.misses(), reference_[capacity][size]["misses"][comparison.theirs].get<std::uint64_t>())
          << comparison.ours << " at " << size;
    }
  }

  nlohmann::json reference_;
};

class ReferenceTracesWithSizes : public ReferenceTraces {};

// All objects have an expiry equally far after their only write: the next one to expire is the first one written.
TEST_P(ReferenceTraces, LruFifoAndBeladyMissWhatTheReferenceMissesInObjects) {
  expect_equal("obj", CapacityUnit::kItems,
               {{"allkeys-lru", "LRU"}, {"volatile-lru", "LRU"}, {"volatile-ttl", "FIFO"}, {"belady", "Belady"}});
}

// The other trace has no sizes.
TEST_P(ReferenceTracesWithSizes, LruFifoAndBeladyMissWhatTheReferenceMissesInBytes) {
  expect_equal("byte", CapacityUnit::kBytes, {{"allkeys-lru", "LRU"}, {"volatile-ttl", "FIFO"}, {"belady", "Belady"}});
}

INSTANTIATE_TEST_SUITE_P(Traces, ReferenceTraces, ::testing::Values("mooncake_conv", "cloudphysics_fs"));
INSTANTIATE_TEST_SUITE_P(Traces, ReferenceTracesWithSizes, ::testing::Values("cloudphysics_fs"));

}  // namespace
}  // namespace larder::sim
