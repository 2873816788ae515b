// Our misses beside those of libCacheSim over the reference traces, at every size of reference.json. The traces are not
// part of the project: they lie in $LARDER_TRACES, or in shared/traces beside the project's folder. bench/policies
// prints the same comparison in full, with zipf099, which takes minutes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "tools/sim/simulation.h"

namespace larder::sim {
namespace {

const char* given_folder() {
  return std::getenv("LARDER_TRACES");
}

std::filesystem::path traces_folder() {
  return given_folder() != nullptr ? std::filesystem::path(given_folder())
                                   : std::filesystem::path(LARDER_SOURCE_DIR) / ".." / "shared" / "traces";
}

// A trace of the reference and what the capacity counts.
struct Workload {
  std::string trace;
  CapacityUnit unit;
};

// Percent of the requests that one policy misses, by size as the reference names it.
using MissRatios = std::map<std::string, double>;

class ReferenceTraces : public ::testing::TestWithParam<Workload> {
 protected:
  void SetUp() override {
    std::ifstream file(traces_folder() / "reference.json");
    // A folder that was named has to be there.
    ASSERT_TRUE(file || given_folder() == nullptr) << "no reference.json in " << traces_folder();
    if (!file) GTEST_SKIP() << "no reference.json in " << traces_folder() << "; set LARDER_TRACES to its folder";
    const Workload& workload = GetParam();
    reference_ =
        nlohmann::json::parse(file)["misses"][workload.trace][workload.unit == CapacityUnit::kItems ? "obj" : "byte"];
    ASSERT_FALSE(reference_.empty());
    options_.trace_path = traces_folder() / (workload.trace + ".csv.gz");
    options_.format = TraceFormat::kCsv;
    options_.columns = "time,id,size";
    options_.unit = workload.unit;
    options_.jobs = 2;
    for (const auto& [size, entry] : reference_.items()) {
      options_.sizes.push_back({.text = size, .limit = entry["size"].get<std::uint64_t>()});
    }
    Result<Trace> loaded = load_trace(options_);
    ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
    trace_ = std::move(loaded.value());
  }

  double percent(const std::string& size, std::uint64_t misses) const {
    return 100.0 * static_cast<double>(misses) / reference_[size]["requests"].get<double>();
  }
  MissRatios reference(const std::string& policy) const {
    MissRatios ratios;
    for (const auto& [size, entry] : reference_.items()) {
      ratios[size] = percent(size, entry["misses"][policy].get<std::uint64_t>());
    }
    return ratios;
  }
  MissRatios ours(const std::string& policy) {
    options_.policies = parse_policies(policy).value();
    Plan plan = plan_runs(options_, *trace_).value();
    EXPECT_TRUE(plan.is_exact());
    RequestCount progress;
    execute_runs(options_, *trace_, plan, progress);
    MissRatios ratios;
    for (const SimRun& run : plan.runs) {
      const std::string& size = options_.sizes[run.size_index].text;
      ratios[size] = percent(size, run.result.misses());
    }
    return ratios;
  }
  // To the last miss: a request is more than the tolerance.
  void expect_equal(const std::string& our_policy, const std::string& their_policy) {
    const MissRatios their_ratios = reference(their_policy);
    for (const auto& [size, ratio] : ours(our_policy)) {
      EXPECT_NEAR(ratio, their_ratios.at(size), 1e-6) << our_policy << " at " << size;
    }
  }
  // Not worse by more than so many percentage points; better is welcome.
  void expect_within(double points, const std::string& our_policy, const std::string& their_policy) {
    const MissRatios their_ratios = reference(their_policy);
    for (const auto& [size, ratio] : ours(our_policy)) {
      EXPECT_LE(ratio, their_ratios.at(size) + points) << our_policy << " at " << size;
    }
  }

  nlohmann::json reference_;
  SimOptions options_;
  std::optional<Trace> trace_;
};

class ReferenceTracesInObjects : public ReferenceTraces {};
class ReferenceTracesInBytes : public ReferenceTraces {};

TEST_P(ReferenceTraces, LruMissesWhatTheReferenceMisses) {
  expect_equal("allkeys-lru", "LRU");
}

// All objects have an expiry equally far after their only write: the next one to expire is the first one written.
TEST_P(ReferenceTraces, TtlOfEqualTimesMissesWhatFifoMisses) {
  expect_equal("volatile-ttl", "FIFO");
}

TEST_P(ReferenceTraces, BeladyMissesWhatTheReferenceMisses) {
  expect_equal("belady", "Belady");
}

TEST_P(ReferenceTracesInObjects, VolatileLruOfItemsThatAllExpireIsLru) {
  expect_equal("volatile-lru", "LRU");
}

TEST_P(ReferenceTracesInObjects, S3FifoIsWithinHalfAPoint) {
  expect_within(0.5, "allkeys-s3fifo", "S3FIFO");
}

TEST_P(ReferenceTracesInObjects, TinyLfuIsWithinAPointOfTheOneThatCountsExactly) {
  expect_within(1, "allkeys-tinylfu", "WTinyLFU-ideal-w0.01");
}

TEST_P(ReferenceTraces, LfuIsWithinAPoint) {
  expect_within(1, "allkeys-lfu", "LFU");
}

TEST_P(ReferenceTracesInBytes, S3FifoGainsOverLruWhatTheReferencesDoesWithinAPoint) {
  // LRU is the same in both, so what S3-FIFO misses less is compared by what it misses.
  expect_within(1, "allkeys-s3fifo", "S3FIFO");
}

std::string workload_name(const ::testing::TestParamInfo<Workload>& info) {
  return info.param.trace + (info.param.unit == CapacityUnit::kItems ? "_objects" : "_bytes");
}

const Workload kConversation{"mooncake_conv", CapacityUnit::kItems};
const Workload kDisk{"cloudphysics_fs", CapacityUnit::kItems};
// The other trace has no sizes.
const Workload kDiskBytes{"cloudphysics_fs", CapacityUnit::kBytes};

INSTANTIATE_TEST_SUITE_P(All, ReferenceTraces, ::testing::Values(kConversation, kDisk, kDiskBytes), workload_name);
INSTANTIATE_TEST_SUITE_P(All, ReferenceTracesInObjects, ::testing::Values(kConversation, kDisk), workload_name);
INSTANTIATE_TEST_SUITE_P(All, ReferenceTracesInBytes, ::testing::Values(kDiskBytes), workload_name);

}  // namespace
}  // namespace larder::sim
