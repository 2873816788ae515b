#include "tools/sim/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tools/lists.h"

namespace larder::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<SimOptions> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "larder-sim");
  return parse_sim_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(SimOptions, ATraceAloneRunsEverythingAtFiveSizes) {
  const SimOptions options = parse({"t.csv.gz"}).value();
  EXPECT_EQ(options.trace_path, "t.csv.gz");
  EXPECT_EQ(options.format, TraceFormat::kCsv);
  EXPECT_EQ(options.policies.size(), kPolicyKinds.size() + 1);
  EXPECT_EQ(options.policies.back(), kBelady);
  EXPECT_EQ(options.unit, CapacityUnit::kItems);
  EXPECT_EQ(options.sizes.size(), 5u);
  EXPECT_GE(options.jobs, 1u);
  EXPECT_FALSE(options.real);
}

TEST(SimOptions, TakesEveryOption) {
  const SimOptions options = parse({"-",
                                    "--format",
                                    "csv",
                                    "--columns",
                                    "id,size",
                                    "--policy",
                                    "allkeys-lfu,Belady,allkeys-lfu",
                                    "--bytes",
                                    "64kb,12.5%",
                                    "--real",
                                    "--jobs",
                                    "3",
                                    "--shards",
                                    "4",
                                    "--hash-seed",
                                    "9",
                                    "--request-ms",
                                    "10",
                                    "--output",
                                    "JSON"})
                                 .value();
  EXPECT_EQ(options.trace_path, "-");
  EXPECT_EQ(options.columns, "id,size");
  EXPECT_THAT(options.policies, ElementsAre(PolicyChoice(PolicyKind::kAllKeysLfu), kBelady));
  EXPECT_EQ(options.unit, CapacityUnit::kBytes);
  ASSERT_EQ(options.sizes.size(), 2u);
  EXPECT_EQ(options.sizes[0].limit, 65'536u);
  EXPECT_EQ(options.sizes[1].percent, 12.5);
  EXPECT_TRUE(options.real);
  EXPECT_EQ(options.jobs, 3u);
  EXPECT_EQ(options.shards, 4u);
  EXPECT_EQ(options.hash_seed, 9u);
  EXPECT_EQ(options.ms_per_request, 10);
  EXPECT_EQ(options.output, OutputFormat::kJson);
}

TEST(SimOptions, TakesASyntheticWorkload) {
  const SimOptions options =
      parse({"--synthetic", "zipf", "--objects", "10", "--requests", "20", "--alpha", "0.5", "--seed", "3"}).value();
  EXPECT_TRUE(options.trace_path.empty());
  EXPECT_EQ(options.synthetic.name, "zipf");
  EXPECT_EQ(options.synthetic.objects, 10u);
  EXPECT_EQ(options.synthetic.requests, 20u);
  EXPECT_EQ(options.synthetic.alpha, 0.5);
  EXPECT_EQ(options.synthetic.seed, 3u);
}

TEST(SimOptions, HelpHasExamples) {
  EXPECT_THAT(parse({"--help"}).value().help, HasSubstr("Examples\n  larder-sim trace.csv.gz"));
}

TEST(SimOptions, TellsWhatIsWrongInOneLine) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> cases = {
      {{}, "give a trace or --synthetic NAME"},
      {{"a.csv", "--synthetic", "zipf"}, "not both"},
      {{"a.bin"}, "add --format ids, csv, oracle or mooncake"},
      {{"a.csv", "--format", "tsv"}, "'tsv' is not a trace format"},
      {{"a.txt", "--columns", "id"}, "--columns is for CSV"},
      {{"a.csv", "--alpha", "1"}, "--alpha is for --synthetic"},
      {{"--synthetic", "zipf", "--format", "csv"}, "for a trace that is a file"},
      {{"a.csv", "--items", "1", "--bytes", "1"}, "excludes"},
      {{"a.csv", "--items", "1,"}, "'' is not a number of items"},
      {{"a.csv", "--items", "0%"}, "'0%' is not a share above 0% and up to 100%"},
      {{"a.csv", "--items", "101%"}, "is not a share"},
      {{"a.csv", "--items", "64kb"}, "'64kb' is not a number of items"},
      {{"a.csv", "--bytes", "64qb"}, "'64qb' is not a size"},
      {{"a.csv", "--policy", "lru"}, "or belady, or all"},
      {{"a.csv", "--jobs", "0"}, "--jobs must be from 1 to 1024"},
      {{"a.csv", "--shards", "3"}, "power of two"},
      {{"a.csv", "--request-ms", "-1"}, "--request-ms must be from 0"},
      {{"a.csv", "--output", "xml"}, "choose table, csv or json"},
      {{"a.csv", "--bogus"}, "--bogus"},
  };
  for (const auto& [arguments, message] : cases) {
    const Result<SimOptions> result = parse(arguments);
    ASSERT_FALSE(result.is_ok()) << message;
    EXPECT_THAT(result.status().message(), HasSubstr(message));
    EXPECT_EQ(result.status().message().find('\n'), std::string::npos);
  }
}

TEST(CapacityFor, RoundsAShareDownButNotToNothing) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
  for (std::uint64_t id = 0; id < 1'999; ++id) list.emplace_back(id, 10);
  const Trace trace = trace_of(list);
  EXPECT_EQ(capacity_for({.percent = 0.1}, CapacityUnit::kItems, trace).limit, 1u);
  EXPECT_EQ(capacity_for({.percent = 0.01}, CapacityUnit::kItems, trace).limit, 1u);
  EXPECT_EQ(capacity_for({.percent = 10}, CapacityUnit::kBytes, trace).limit, 1'999u);
  EXPECT_EQ(capacity_for({.limit = 77}, CapacityUnit::kItems, trace).limit, 77u);
}

}  // namespace
}  // namespace larder::sim
