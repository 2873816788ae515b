#include "tools/sim/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tools/sim/progress_bar.h"
#include "tools/sim/report.h"
#include "unit/tools/lists.h"
#include "unit/tools/trace_file.h"

namespace larder::sim {
namespace {

using ::testing::HasSubstr;

std::vector<SimRun> runs_of(const SimOptions& options, const Trace& trace) {
  Plan plan = plan_runs(options, trace).value();
  RequestCount progress;
  execute_runs(options, trace, plan, progress);
  EXPECT_EQ(progress.value(), plan.runs.size() * trace.requests().size());
  return plan.runs;
}

SimOptions options_for(std::string_view policies, std::string_view sizes, CapacityUnit unit = CapacityUnit::kItems) {
  SimOptions options;
  options.trace_path = "t.txt";
  options.policies = parse_policies(policies).value();
  options.unit = unit;
  options.sizes = parse_sizes(sizes, unit).value();
  return options;
}

TEST(Simulation, GivesTheSameResultOnAnyNumberOfThreads) {
  SimOptions options = options_for("all", "1%,10%,50");
  options.synthetic = {.name = "shift", .objects = 500, .requests = 20'000};
  options.trace_path.clear();
  const Trace trace = load_trace(options).value();
  const std::vector<SimRun> alone = runs_of(options, trace);
  options.jobs = 4;
  const std::vector<SimRun> together = runs_of(options, trace);
  ASSERT_EQ(alone.size(), 33u);
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(alone[i].result.hits, together[i].result.hits) << policy_label(alone[i].policy);
    EXPECT_LE(alone[i].result.hits, alone[30 + i % 3].result.hits) << "more than Belady's";
  }
}

TEST(Simulation, TellsTheSizesAtWhichNothingCouldBeStored) {
  SimOptions options = options_for("allkeys-lru,belady", "100,1mb", CapacityUnit::kBytes);
  options.real = true;
  options.synthetic = {.name = "loop", .objects = 50, .requests = 100};
  options.trace_path.clear();
  const Trace trace = load_trace(options).value();
  EXPECT_EQ(sizes_without_room(options, runs_of(options, trace)), "100");
  options.real = false;
  EXPECT_EQ(sizes_without_room(options, runs_of(options, trace)), "");
}

TEST(Simulation, ReadsATraceFromItsFile) {
  const TraceFile file("time,id\n0,a\n1,b\n2,a\n");
  SimOptions options;
  options.trace_path = file.path();
  options.format = TraceFormat::kCsv;
  EXPECT_EQ(load_trace(options).value().objects(), 2u);
  options.columns = "id";
  EXPECT_THAT(load_trace(options).status().message(), HasSubstr(file.path() + ":1: 2 fields"));
}

TEST(Simulation, RefusesToCountWhatIsLargerThanAValue) {
  const Trace trace = trace_of({{1, std::uint64_t{1} << 30}});
  EXPECT_FALSE(plan_runs(options_for("allkeys-lru", "1%", CapacityUnit::kBytes), trace).is_ok());
  EXPECT_TRUE(plan_runs(options_for("belady", "1%", CapacityUnit::kBytes), trace).is_ok());
  EXPECT_TRUE(plan_runs(options_for("allkeys-lru", "1%"), trace).is_ok());
}

TEST(Report, TableHasAPolicyALineAndASizeAColumn) {
  const Trace trace = trace_of_ids({1, 2, 3, 1, 4, 5, 1, 2});
  const SimOptions options = options_for("allkeys-lru,belady", "3,100%");
  EXPECT_EQ(report(options, trace, runs_of(options, trace)),
            "t.txt: 8 accesses, 5 objects, 5 bytes\n"
            "\n"
            "Hit ratio, %\n"
            "                     100%\n"
            "items            3      5\n"
            "allkeys-lru  25.00  37.50\n"
            "belady       37.50  37.50\n"
            "\n"
            "Misses\n"
            "                100%\n"
            "items        3     5\n"
            "allkeys-lru  6     5\n"
            "belady       5     5\n");
}

TEST(Report, TableInBytesHasTheByteHitRatioToo) {
  const Trace trace = trace_of({{1, 1'000}, {2, 3'000}, {2, 3'000}});
  const SimOptions options = options_for("belady", "1mb", CapacityUnit::kBytes);
  const std::string text = report(options, trace, runs_of(options, trace));
  EXPECT_THAT(text, HasSubstr("t.txt: 3 accesses, 2 objects, 4,000 bytes\n"));
  EXPECT_THAT(text, HasSubstr("Byte hit ratio, %\nbytes   1,048,576\nbelady      42.86\n"));
}

TEST(Report, CsvHasALineARun) {
  const Trace trace = trace_of_ids({1, 2, 3, 1, 4, 5, 1, 2});
  SimOptions options = options_for("belady", "3,100%");
  options.output = OutputFormat::kCsv;
  std::vector<SimRun> runs = runs_of(options, trace);
  for (SimRun& run : runs) run.result.seconds = 0.25;
  EXPECT_EQ(report(options, trace, runs),
            "policy,size,unit,capacity,requests,hits,misses,hit_ratio,miss_ratio,byte_hit_ratio,seconds\n"
            "belady,3,items,3,8,3,5,0.375000,0.625000,0.375000,0.250\n"
            "belady,100%,items,5,8,3,5,0.375000,0.625000,0.375000,0.250\n");
}

TEST(Report, JsonSaysTheSame) {
  const Trace trace = trace_of_ids({1, 2, 3, 1, 4, 5, 1, 2});
  SimOptions options = options_for("allkeys-lru", "3");
  options.output = OutputFormat::kJson;
  options.trace_path = "na\xffme";  // no UTF-8
  const auto document = nlohmann::json::parse(report(options, trace, runs_of(options, trace)));
  EXPECT_EQ(document["requests"], 8);
  EXPECT_EQ(document["objects"], 5);
  EXPECT_EQ(document["unit"], "items");
  ASSERT_EQ(document["runs"].size(), 1u);
  EXPECT_EQ(document["runs"][0]["policy"], "allkeys-lru");
  EXPECT_EQ(document["runs"][0]["capacity"], 3);
  EXPECT_EQ(document["runs"][0]["misses"], 6);
  EXPECT_EQ(document["runs"][0]["hit_ratio"], 0.25);
}

TEST(ProgressLine, TellsShareAndRemainingTime) {
  EXPECT_EQ(progress_line(5'000'000, 10'000'000, 8), "[###############---------------]  50%  5.0 M requests, 8 s left");
  EXPECT_EQ(progress_line(0, 10, 1), "[------------------------------]   0%  0.0 M requests, 0 s left");
}

}  // namespace
}  // namespace larder::sim
