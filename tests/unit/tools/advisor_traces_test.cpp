// The advisor beside exact answers, over the reference traces where they are (see reference_traces_test.cpp) and over
// synthetic ones. bench/advisor does it with a running server.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/sim/simulation.h"
#include "tools/sim/store_replay.h"
#include "tools/sim/synthetic.h"
#include "unit/tools/advised_replay.h"
#include "unit/tools/lists.h"

namespace larder::sim {
namespace {

constexpr double kPointsMax = 2;
constexpr std::array kPolicies = {PolicyKind::kAllKeysLru, PolicyKind::kAllKeysLfu, PolicyKind::kAllKeysRandom,
                                  PolicyKind::kAllKeysS3Fifo, PolicyKind::kAllKeysTinyLfu};

std::optional<Trace> load(const std::string& name) {
  SimOptions options;
  options.synthetic = {.name = name, .objects = 40'000, .requests = 200'000};
  if (name.find('_') != std::string::npos) {
    const char* const given = std::getenv("LARDER_TRACES");
    const std::filesystem::path folder = given != nullptr
                                             ? std::filesystem::path(given)
                                             : std::filesystem::path(LARDER_SOURCE_DIR) / ".." / "shared" / "traces";
    options.trace_path = folder / (name + ".csv.gz");
    options.format = TraceFormat::kCsv;
    options.columns = "time,id,size";
    if (!std::filesystem::exists(options.trace_path) && given == nullptr) return {};
  }
  Result<Trace> loaded = load_trace(options);
  EXPECT_TRUE(loaded.is_ok()) << loaded.status().message();
  return std::move(loaded.value());
}

// By Zipf's law, as larder-sim makes them.
std::vector<std::uint64_t> popular_ids(std::uint64_t objects, std::uint64_t requests) {
  const auto reader = make_synthetic({.name = "zipf", .objects = objects, .requests = requests}).value();
  std::vector<std::uint64_t> ids;
  for (Access access; reader->next(access);) ids.push_back(access.number);
  return ids;
}

struct Workload {
  std::string trace;
  double percent = 0;  // of its objects
};

class AdvisedTraces : public testing::TestWithParam<Workload> {
 protected:
  void SetUp() override {
    trace_ = load(GetParam().trace);
    if (!trace_) GTEST_SKIP() << "no traces; set LARDER_TRACES to their folder";
    items_ = static_cast<std::uint64_t>(static_cast<double>(trace_->objects()) * GetParam().percent / 100);
  }
  // Percent of the requests.
  double exact(PolicyKind policy, std::uint64_t items) const {
    RequestCount progress;
    return 100 * replay_store(*trace_, {.policy = policy, .capacity = {CapacityUnit::kItems, items}, .hash_seed = 7},
                              progress)
                     .hit_ratio();
  }
  std::map<PolicyKind, double> exact_of_all() const {
    std::map<PolicyKind, double> ratios;
    for (const PolicyKind policy : kPolicies) ratios[policy] = exact(policy, items_);
    return ratios;
  }
  AdvisorReport advised() const {
    return replay_advised(*trace_, {.policy = PolicyKind::kAllKeysS3Fifo, .capacity = {CapacityUnit::kItems, items_}})
        .report;
  }

  std::optional<Trace> trace_;
  std::uint64_t items_ = 0;
};

TEST_P(AdvisedTraces, CurveAndRanksAreThoseOfExactReplays) {
  const AdvisorReport report = advised();
  for (const double factor : {0.25, 1.0, 4.0}) {
    const auto items = static_cast<std::uint64_t>(factor * static_cast<double>(items_));
    if (items < trace_->objects() / 100 || items > trace_->objects()) continue;
    EXPECT_NEAR(100 * report.hit_ratio_at(factor).value(), exact(PolicyKind::kAllKeysLru, items), kPointsMax) << factor;
  }
  const std::map<PolicyKind, double> ratios = exact_of_all();
  for (const auto& [better, more] : ratios) {
    for (const auto& [worse, less] : ratios) {
      if (more - less < kPointsMax) continue;
      EXPECT_GT(report.hit_ratio_of(better).value(), report.hit_ratio_of(worse).value())
          << policy_name(better) << " " << more << ", " << policy_name(worse) << " " << less;
    }
  }
}

// maxmemory-policy auto, start-up included.
class AutoTraces : public AdvisedTraces {};

TEST_P(AutoTraces, EndsWithinAPointOfTheBestFixedPolicy) {
  double best = 0;
  for (const auto& [policy, ratio] : exact_of_all()) best = std::max(best, ratio);
  const AdvisedRun chosen = replay_advised(*trace_, {.policy = {}, .capacity = {CapacityUnit::kItems, items_}});
  EXPECT_GE(100 * chosen.result.hit_ratio(), best - 1) << chosen.report.changes << " changes";
  EXPECT_LE(chosen.report.changes, 3u);
}

// Popular objects, then scans among them, then none again: in each twentieth of a phase beside the fixed policy that is
// best there.
TEST(AutoTraffic, ATurnOfTheTrafficIsFollowedWithinATenthOfAPhase) {
  constexpr std::size_t kPhase = 1'000'000;
  constexpr std::size_t kWindow = kPhase / 20;
  constexpr std::uint64_t kObjects = 100'000;
  constexpr std::uint64_t kScan = 10'000;
  const std::vector<std::uint64_t> popular = popular_ids(kObjects, 5 * kPhase / 2);
  std::vector<std::uint64_t> ids(popular.begin(), popular.begin() + kPhase);
  for (std::uint64_t next = kPhase, scanned = kObjects; ids.size() < 2 * kPhase; ++next) {
    ids.push_back(popular[next]);
    for (std::uint64_t i = 0; next % kScan == 0 && i < kScan; ++i) ids.push_back(scanned++);
  }
  ids.resize(2 * kPhase);
  ids.insert(ids.end(), popular.end() - kPhase, popular.end());
  const Trace trace = trace_of_ids(ids);

  const auto replay = [&](std::optional<PolicyKind> policy) {
    return replay_advised(trace,
                          {.policy = policy, .capacity = {CapacityUnit::kItems, kObjects / 100}, .window = kWindow});
  };
  std::vector<std::uint64_t> best(3 * kPhase / kWindow);
  for (const PolicyKind policy : kPolicies) {
    const std::vector<std::uint64_t> hits = replay(policy).window_hits;
    for (std::size_t i = 0; i < best.size(); ++i) best[i] = std::max(best[i], hits[i]);
  }
  const AdvisedRun chosen = replay(std::nullopt);
  int behind = 0;
  for (std::size_t i = 0; i < best.size(); ++i) {
    behind = chosen.window_hits[i] + kWindow / 100 < best[i] ? behind + 1 : 0;
    EXPECT_LE(behind, 2) << "window " << i << ": " << chosen.window_hits[i] << ", best " << best[i];
  }
  EXPECT_GE(chosen.report.changes, 1u);
  EXPECT_LE(chosen.report.changes, 6u);
}

INSTANTIATE_TEST_SUITE_P(All, AutoTraces,
                         testing::Values(Workload{"mooncake_conv", 1},      // W-TinyLFU is best
                                         Workload{"mooncake_conv", 10},     // LRU
                                         Workload{"cloudphysics_fs", 20}),  // S3-FIFO, and now and then another
                         [](const auto& trace) {
                           return trace.param.trace + "_" + std::to_string(static_cast<int>(trace.param.percent));
                         });
INSTANTIATE_TEST_SUITE_P(All, AdvisedTraces,
                         testing::Values(Workload{"mooncake_conv", 10}, Workload{"cloudphysics_fs", 5},
                                         Workload{"scan", 5}),
                         [](const auto& trace) { return trace.param.trace; });

}  // namespace
}  // namespace larder::sim
