#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/bench/options.h"

namespace larder::bench {
namespace {

using ::testing::HasSubstr;

Result<BenchOptions> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "larder-bench");
  return parse_bench_options(static_cast<int>(arguments.size()), arguments.data());
}

std::string complaint(const std::vector<const char*>& arguments) {
  const Result<BenchOptions> parsed = parse(arguments);
  if (parsed.is_ok()) return "no complaint";
  EXPECT_EQ(parsed.status().message().find('\n'), std::string::npos) << parsed.status().message();
  return parsed.status().message();
}

TEST(BenchOptions, NothingGivenLoadsTheStandardPortForTenSeconds) {
  const LoadOptions load = parse({}).value().load;
  EXPECT_EQ(load.endpoint.host, "127.0.0.1");
  EXPECT_EQ(load.endpoint.port, 6379);
  EXPECT_EQ(load.protocol, Protocol::kResp);
  EXPECT_EQ(load.threads, 1u);
  EXPECT_EQ(load.connections, 50u);
  EXPECT_EQ(load.pipeline, 1u);
  EXPECT_EQ(load.keys.count, 1'000'000u);
  EXPECT_EQ(load.keys.bytes, 16u);
  EXPECT_EQ(load.keys.distribution, Distribution::kZipf);
  EXPECT_EQ(load.keys.zipf_theta, 0.99);
  EXPECT_EQ(load.value_bytes.min, 100u);
  EXPECT_EQ(load.value_bytes.max, 100u);
  EXPECT_EQ(load.mix.get_parts, 10u);
  EXPECT_EQ(load.mix.set_parts, 1u);
  EXPECT_EQ(load.seconds, 10.0);
  EXPECT_FALSE(load.requests || load.write_bytes || load.fill || load.verify || load.rate != 0);
}

TEST(BenchOptions, TakesEveryOptionOfALoad) {
  const BenchOptions options = parse({"--host",          "localhost", "--port",           "11211",
                                      "--protocol",      "memcached", "--threads",        "2",
                                      "--connections",   "8",         "--pipeline",       "16",
                                      "--keys",          "500",       "--first-key",      "7",
                                      "--key-bytes",     "20",        "--distribution",   "uniform",
                                      "--seed",          "9",         "--value-bytes",    "8:8kb",
                                      "--ratio",         "3:2",       "--batch-keys",     "4",
                                      "--touch-percent", "5",         "--delete-percent", "6",
                                      "--expire",        "60",        "--requests",       "1000",
                                      "--seconds",       "1.5",       "--write-bytes",    "1mb",
                                      "--rate",          "200",       "--fill",           "--verify",
                                      "--server-pid",    "1",         "--progress",       "no",
                                      "--json"})
                                   .value();
  const LoadOptions& load = options.load;
  EXPECT_EQ(load.endpoint.host, "localhost");
  EXPECT_EQ(load.endpoint.port, 11211);
  EXPECT_EQ(load.protocol, Protocol::kMemcached);
  EXPECT_EQ(load.threads, 2u);
  EXPECT_EQ(load.connections, 8u);
  EXPECT_EQ(load.pipeline, 16u);
  EXPECT_EQ(load.keys.count, 500u);
  EXPECT_EQ(load.keys.first, 7u);
  EXPECT_EQ(load.keys.bytes, 20u);
  EXPECT_EQ(load.keys.distribution, Distribution::kUniform);
  EXPECT_EQ(load.seed, 9u);
  EXPECT_EQ(load.value_bytes.min, 8u);
  EXPECT_EQ(load.value_bytes.max, 8192u);
  EXPECT_EQ(load.mix.get_parts, 3u);
  EXPECT_EQ(load.mix.set_parts, 2u);
  EXPECT_EQ(load.mix.batch_keys, 4u);
  EXPECT_EQ(load.mix.touch_percent, 5u);
  EXPECT_EQ(load.mix.delete_percent, 6u);
  EXPECT_EQ(load.expire_s, 60u);
  EXPECT_EQ(load.requests, 1000u);
  EXPECT_EQ(load.seconds, 1.5);
  EXPECT_EQ(load.write_bytes, 1'048'576u);
  EXPECT_EQ(load.rate, 200u);
  EXPECT_TRUE(load.fill && load.verify && options.json);
  EXPECT_EQ(load.server_pid, 1);
  EXPECT_EQ(options.progress, ProgressMode::kNo);
}

TEST(BenchOptions, ALimitThatIsGivenTakesThePlaceOfTheTenSeconds) {
  EXPECT_FALSE(parse({"--requests", "5"}).value().load.seconds);
  EXPECT_FALSE(parse({"--write-bytes", "5mb"}).value().load.seconds);
  EXPECT_EQ(parse({"--requests", "5", "--seconds", "2"}).value().load.seconds, 2.0);
}

TEST(BenchOptions, SaysWhatIsWrongAndWhatWouldBeRight) {
  EXPECT_THAT(complaint({"--value-bytes", "many"}), HasSubstr("write for example 100 or 64kb"));
  EXPECT_THAT(complaint({"--value-bytes", "9:8"}), HasSubstr("the smaller size first"));
  EXPECT_THAT(complaint({"--value-bytes", "1gb"}), HasSubstr("at most 512mb"));
  for (const char* ratio : {"10", "a:b", "0:0", ":1", "1:"}) {
    EXPECT_THAT(complaint({"--ratio", ratio}), HasSubstr("write for example 10:1")) << ratio;
  }
  EXPECT_THAT(complaint({"--key-bytes", "5"}), HasSubstr("--key-bytes must be at least 6"));
  EXPECT_THAT(complaint({"--keys", "0"}), HasSubstr("--keys must be from 1"));
  EXPECT_THAT(complaint({"--distribution", "normal"}), HasSubstr("--distribution"));
  EXPECT_THAT(complaint({"--seconds", "0"}), HasSubstr("--seconds must be above 0"));
  EXPECT_THAT(complaint({"--requests", "0"}), HasSubstr("without --fill"));
  EXPECT_THAT(complaint({"--connections", "1", "--threads", "2"}), HasSubstr("--connections must be at least"));
  EXPECT_THAT(complaint({"--touch-percent", "60", "--delete-percent", "60"}), HasSubstr("more than 100"));
  EXPECT_THAT(complaint({"--pipelines", "3"}), HasSubstr("see larder-bench --help"));
}

TEST(BenchOptions, NoOptionIsSilentlyIgnored) {
  EXPECT_THAT(complaint({"--unixsocket", "/x", "--port", "1"}), HasSubstr("not both"));
  EXPECT_THAT(complaint({"--distribution", "uniform", "--zipf-theta", "1"}), HasSubstr("--zipf-theta is for"));
  EXPECT_THAT(complaint({"--store-bytes", "1gb"}), HasSubstr("for --null-server"));
  EXPECT_THAT(complaint({"--protocol", "memcached", "--password", "x"}), HasSubstr("--password is for"));
  EXPECT_THAT(complaint({"--batch-keys", "2", "--expire", "5"}), HasSubstr("MSET takes no time to live"));
  EXPECT_THAT(complaint({"--ratio", "1:0", "--write-bytes", "1mb"}), HasSubstr("needs a load that writes"));
  EXPECT_THAT(complaint({"--null-server", "--pipeline", "3"}), HasSubstr("--pipeline is for a load"));
  EXPECT_THAT(complaint({"--null-server", "--json"}), HasSubstr("--json is for a load"));
}

TEST(BenchOptions, TheNullServerTakesItsOwn) {
  const BenchOptions options =
      parse({"--null-server", "--port", "0", "--value-bytes", "1mb", "--store-bytes", "8mb", "--threads", "2"}).value();
  EXPECT_TRUE(options.null_server);
  EXPECT_EQ(options.floor.port, 0);
  EXPECT_EQ(options.floor.value_bytes, 1'048'576u);
  EXPECT_EQ(options.floor.store_bytes, 8'388'608u);
  EXPECT_EQ(options.floor.threads, 2u);
  EXPECT_THAT(complaint({"--null-server", "--value-bytes", "1:2"}), HasSubstr("takes one size"));
  EXPECT_THAT(complaint({"--null-server", "--value-bytes", "1mb", "--store-bytes", "512kb"}), HasSubstr("must hold"));
}

TEST(BenchOptions, HelpHasExamples) {
  EXPECT_THAT(parse({"--help"}).value().help, HasSubstr("Examples\n  larder-bench --fill"));
}

}  // namespace
}  // namespace larder::bench
