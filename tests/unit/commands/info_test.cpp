#include "commands/info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "commands/sampling.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The text of a bulk reply.
std::string info(CommandRunner& runner, std::vector<std::string> sections) {
  sections.insert(sections.begin(), "INFO");
  const std::string reply = runner.run(sections);
  const std::size_t begin = reply.find("\r\n") + 2;
  return reply.substr(begin, reply.size() - begin - 2);
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    found.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return found;
}

std::vector<std::string> titles(const std::string& text) {
  std::vector<std::string> found;
  for (const std::string& line : lines(text)) {
    if (line.rfind("# ", 0) == 0) found.push_back(line.substr(2));
  }
  return found;
}

std::map<std::string, std::string> fields(CommandRunner& runner, const std::vector<std::string>& sections) {
  std::map<std::string, std::string> found;
  for (const std::string& line : lines(info(runner, sections))) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) found[line.substr(0, colon)] = line.substr(colon + 1);
  }
  return found;
}

void sample(CommandRunner& runner) {
  runner.statistics().series().add(take_sample({runner.statistics(), runner.store(), runner.net(), runner.clock()}));
}

void get(CommandRunner& runner, const std::string& key, int times) {
  for (int i = 0; i < times; ++i) runner.run({"GET", key});
}

TEST(Info, DefaultSectionsComeInRedisOrderWithOursAtTheEnd) {
  CommandRunner runner;
  const auto expected = ElementsAre("Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU",
                                    "Modules", "Errorstats", "Cluster", "Keyspace", "Cache", "Advisor");
  EXPECT_THAT(titles(info(runner, {})), expected);
  EXPECT_THAT(titles(info(runner, {"default"})), expected);
}

TEST(Info, AllLeavesOutModulesAndEverythingNothing) {
  CommandRunner runner;
  EXPECT_THAT(titles(info(runner, {"all"})),
              ElementsAre("Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Commandstats",
                          "Errorstats", "Latencystats", "Cluster", "Keyspace", "Cache", "Advisor"));
  EXPECT_THAT(titles(info(runner, {"EVERYTHING"})),
              ElementsAre("Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules",
                          "Commandstats", "Errorstats", "Latencystats", "Cluster", "Keyspace", "Cache", "Advisor",
                          "Distributions"));
}

TEST(Info, NamedSectionsComeOnceInTheTablesOrderWhateverTheirCase) {
  CommandRunner runner;
  EXPECT_THAT(titles(info(runner, {"KEYSPACE", "cluster", "Cluster", "nosuch"})), ElementsAre("Cluster", "Keyspace"));
}

TEST(Info, AnUnknownSectionAloneIsAnEmptyString) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"INFO", "nosuch"}), "$0\r\n\r\n");
  runner.run({"HELLO", "3"});
  EXPECT_EQ(runner.run({"INFO", "nosuch", "neither"}), "=4\r\ntxt:\r\n");
}

TEST(Info, IsAVerbatimStringInResp3) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"INFO", "cluster"}), "$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n");
  runner.run({"HELLO", "3"});
  EXPECT_EQ(runner.run({"INFO", "cluster"}), "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n");
}

TEST(Info, EveryLineIsATitleAFieldOrBlankAndNoNameComesTwice) {
  CommandRunner runner;
  runner.run({"SET", "a", "1"});
  runner.run({"NOSUCH"});
  std::set<std::string> names;
  for (const std::string& line : lines(info(runner, {"everything"}))) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t colon = line.find(':');
    ASSERT_NE(colon, std::string::npos) << line;
    EXPECT_TRUE(names.insert(line.substr(0, colon)).second) << line;
  }
}

TEST(Info, ServerTellsVersionUptimeAndProcess) {
  CommandRunner runner;
  runner.advance_ms(90'000'500);
  const auto server = fields(runner, {"server"});
  EXPECT_EQ(server.at("redis_version"), "7.0.15");
  EXPECT_EQ(server.at("larder_version").empty(), false);
  EXPECT_EQ(server.at("redis_mode"), "standalone");
  EXPECT_EQ(server.at("uptime_in_seconds"), "90000");
  EXPECT_EQ(server.at("uptime_in_days"), "1");
  EXPECT_EQ(server.at("server_time_usec"), std::to_string(runner.clock().unix_us()));
  EXPECT_EQ(server.at("process_id"), std::to_string(getpid()));
  EXPECT_EQ(server.at("run_id"), runner.facts().run_id);
  EXPECT_EQ(server.at("tcp_port"), std::to_string(runner.facts().tcp_port));
}

TEST(Info, ClientsAreCounted) {
  CommandRunner runner;
  TestClient& second = runner.new_client();
  EXPECT_EQ(fields(runner, {"clients"}).at("connected_clients"), "2");
  EXPECT_EQ(fields(runner, {"clients"}).at("maxclients"), "10000");
  EXPECT_EQ(fields(runner, {"clients"}).at("blocked_clients"), "0");
  second.disconnect();
  EXPECT_EQ(fields(runner, {"clients"}).at("connected_clients"), "1");
}

TEST(Info, ClientsThatLookForAReadyMasterFindOne) {
  CommandRunner runner;
  EXPECT_EQ(fields(runner, {"persistence"}).at("loading"), "0");
  EXPECT_EQ(fields(runner, {"replication"}).at("role"), "master");
  EXPECT_EQ(fields(runner, {"replication"}).at("connected_slaves"), "0");
}

TEST(Info, MemoryAndItsPartsAddUp) {
  CommandRunner runner({.maxmemory_bytes = 64 << 20});
  runner.run({"SET", "key", std::string(1000, 'v')});
  runner.run({"SET", "large", std::string(100'000, 'v')});
  const auto memory = fields(runner, {"memory"});
  const auto cache = fields(runner, {"cache"});
  const auto number = [](const std::string& text) { return std::stoull(text); };
  const std::uint64_t used = runner.store().used_bytes();
  EXPECT_EQ(number(memory.at("used_memory")), used);
  EXPECT_EQ(number(cache.at("used_items_bytes")) + number(cache.at("used_blobs_bytes")) +
                number(cache.at("used_index_bytes")) + number(cache.at("used_policy_bytes")) +
                number(cache.at("used_overhead_bytes")) + number(cache.at("used_slack_bytes")) +
                number(cache.at("used_receiving_bytes")) + number(cache.at("pinned_bytes")),
            used);
  EXPECT_EQ(memory.at("used_memory_dataset"), "101008");
  EXPECT_EQ(cache.at("data_bytes"), "101008");
  EXPECT_EQ(memory.at("maxmemory"), std::to_string(64 << 20));
  EXPECT_EQ(memory.at("maxmemory_human"), "64.00M");
  EXPECT_EQ(memory.at("maxmemory_policy"), "allkeys-lru");
  EXPECT_EQ(memory.at("mem_allocator"), "libc");
  EXPECT_GT(number(memory.at("used_memory_rss")), used);
  EXPECT_GT(number(memory.at("total_system_memory")), number(memory.at("used_memory_rss")));
  EXPECT_EQ(cache.at("memory_utilization"), decimal_text(static_cast<double>(used) / (64 << 20), 4));
  EXPECT_EQ(cache.at("data_utilization"), decimal_text(101'008.0 / (64 << 20), 4));
}

TEST(Info, WithoutALimitUtilizationIsZero) {
  CommandRunner runner;
  runner.run({"SET", "key", "v"});
  EXPECT_EQ(fields(runner, {"cache"}).at("memory_utilization"), "0.0000");
}

TEST(Info, KeyspaceHasALineForEachDatabaseWithKeys) {
  CommandRunner runner;
  runner.run({"SET", "a", "1"});
  runner.run({"SELECT", "3"});
  runner.run({"SET", "b", "1", "PX", "1000"});
  runner.run({"SET", "c", "1"});
  EXPECT_EQ(info(runner, {"keyspace"}),
            "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\ndb3:keys=2,expires=1,avg_ttl=1000\r\n");
}

TEST(Info, HitsMissesEvictionsAndExpirationsAreExact) {
  CommandRunner runner({.maxitems = 3});
  for (const char* key : {"a", "b", "c", "d"}) runner.run({"SET", key, "1"});
  runner.run({"GET", "a"});
  runner.run({"MGET", "a", "b", "c"});
  runner.run({"SET", "b", "1", "PX", "10"});
  runner.advance_ms(10);
  runner.run({"GET", "b"});
  const auto stats = fields(runner, {"stats"});
  EXPECT_EQ(stats.at("evicted_keys"), "1");
  EXPECT_EQ(stats.at("expired_keys"), "1");
  EXPECT_EQ(stats.at("keyspace_hits"), "2");
  EXPECT_EQ(stats.at("keyspace_misses"), "3");
  EXPECT_EQ(stats.at("total_commands_processed"), "8");
}

TEST(Info, RatiosAreOfTheirWindows) {
  CommandRunner runner;
  runner.run({"SET", "a", "1"});
  sample(runner);
  get(runner, "missing", 100);  // five minutes ago
  runner.advance_ms(240'000);
  sample(runner);
  get(runner, "a", 50);  // a minute ago
  get(runner, "missing", 50);
  runner.advance_ms(59'000);
  sample(runner);
  get(runner, "a", 70);  // in the last second
  get(runner, "missing", 30);
  runner.advance_ms(1'000);
  sample(runner);

  const auto cache = fields(runner, {"cache"});
  EXPECT_EQ(cache.at("hit_ratio_1s"), "0.7000");
  EXPECT_EQ(cache.at("miss_ratio_1s"), "0.3000");
  EXPECT_EQ(cache.at("hit_ratio_1m"), "0.6000");
  EXPECT_EQ(cache.at("hit_ratio_5m"), "0.4000");
  EXPECT_EQ(cache.at("hit_ratio_total"), "0.4000");
  EXPECT_EQ(cache.at("miss_ratio_total"), "0.6000");
  EXPECT_EQ(fields(runner, {"stats"}).at("instantaneous_ops_per_sec"), "100");
}

TEST(Info, LoadTimeIsFromTheMissToTheRefill) {
  CommandRunner runner;
  sample(runner);
  runner.run({"GET", "page"});
  runner.advance_ms(10);
  runner.run({"SET", "page", "body"});
  get(runner, "page", 3);
  runner.advance_ms(990);
  sample(runner);
  const auto cache = fields(runner, {"cache"});
  EXPECT_EQ(cache.at("avg_load_us"), "10000.000");
  EXPECT_EQ(cache.at("avg_hit_us"), "0.000");
  EXPECT_EQ(cache.at("avg_access_us"), "2500.000");
}

TEST(Info, RatesAndTheAgeAtEvictionAreOfTheLastMinute) {
  CommandRunner runner({.maxitems = 1});
  runner.run({"SET", "a", "1"});
  sample(runner);
  runner.advance_ms(3'000);
  runner.run({"SET", "b", "1"});
  runner.run({"SET", "c", "1", "PX", "500"});
  runner.advance_ms(1'000);
  runner.run({"GET", "c"});
  sample(runner);
  const auto cache = fields(runner, {"cache"});
  EXPECT_EQ(cache.at("evicted_per_s"), "0.50");
  EXPECT_EQ(cache.at("expired_per_s"), "0.25");
  EXPECT_EQ(cache.at("evicted_age_s"), "1.50");
  EXPECT_EQ(cache.at("maxitems"), "1");
}

TEST(Info, WhatTheNetworkCountedIsShown) {
  CommandRunner runner;
  runner.net().by_thread[0].received_bytes.add(1000);
  runner.net().by_thread[0].sent_bytes.add(2000);
  runner.net().by_thread[0].read_turns.add(3);
  runner.net().connections_accepted.add(5);
  runner.net().connections_rejected.add(2);
  runner.net().receiving_bytes_now.add(77);
  runner.net().closed_output_limit.add(4);
  const auto stats = fields(runner, {"stats"});
  EXPECT_EQ(stats.at("total_net_input_bytes"), "1000");
  EXPECT_EQ(stats.at("total_net_output_bytes"), "2000");
  EXPECT_EQ(stats.at("total_reads_processed"), "3");
  EXPECT_EQ(stats.at("total_connections_received"), "5");
  EXPECT_EQ(stats.at("rejected_connections"), "2");
  EXPECT_EQ(fields(runner, {"cache"}).at("receiving_bytes"), "77");
  EXPECT_EQ(fields(runner, {"cache"}).at("closed_output_limit"), "4");
}

TEST(Info, CommandstatsTellCallsRejectionsAndFailuresOfCommandsThatWereUsed) {
  CommandRunner runner;
  runner.run({"SET", "a", "x"});
  runner.run({"INCR", "a"});
  runner.run({"INCR"});
  runner.run({"CONFIG", "GET", "maxmemory"});
  const std::string text = info(runner, {"commandstats"});
  EXPECT_THAT(text, StartsWith("# Commandstats\r\n"));
  EXPECT_THAT(text, HasSubstr("cmdstat_set:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0\r\n"));
  EXPECT_THAT(text, HasSubstr("cmdstat_incr:calls=1,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=1\r\n"));
  EXPECT_THAT(text,
              HasSubstr("cmdstat_config|get:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("cmdstat_del")));
}

TEST(Info, LatencystatsTellPercentilesInMicroseconds) {
  CommandRunner runner;
  runner.run({"SET", "a", "x"});
  EXPECT_EQ(info(runner, {"latencystats"}),
            "# Latencystats\r\nlatency_percentiles_usec_set:p50=0.000,p99=0.000,p99.9=0.000\r\n");
}

TEST(Info, ErrorstatsCountErrorsByCode) {
  CommandRunner runner;
  EXPECT_EQ(info(runner, {"errorstats"}), "# Errorstats\r\n");
  runner.run({"NOSUCH"});
  runner.run({"SET", "a"});
  EXPECT_EQ(info(runner, {"errorstats"}), "# Errorstats\r\nerrorstat_ERR:count=2\r\n");
  EXPECT_EQ(fields(runner, {"stats"}).at("total_error_replies"), "2");
}

TEST(Info, DistributionsTellOfSizesAgesAndLoads) {
  CommandRunner runner({.maxitems = 4, .policy = PolicyKind::kAllKeysLru});
  for (int i = 0; i < 4; ++i) runner.run({"SET", "k" + std::to_string(i), std::string(i < 3 ? 10 : 100, 'v')});
  runner.run({"PEXPIRE", "k0", "1000000"});
  runner.advance_ms(9);
  runner.run({"GET", "new"});
  runner.advance_ms(3);
  runner.run({"SET", "new", ""});  // in the place of k1 or another that was not used for 12 ms
  const auto found = fields(runner, {"distributions"});
  EXPECT_EQ(found.at("items_looked_at"), "4");
  EXPECT_EQ(found.at("key_bytes_percentiles"), "p50=2,p90=3,p99=3,max=3");
  EXPECT_EQ(found.at("key_bytes_distribution"), "2=4");
  EXPECT_EQ(found.at("value_bytes_distribution").substr(0, 4), "0=1,");
  EXPECT_EQ(found.at("evicted_age_ms_percentiles"), "p50=12,p90=12,p99=12,max=12");
  EXPECT_EQ(found.at("evicted_age_ms_distribution"), "8=1");
  EXPECT_EQ(found.at("load_us_distribution"), "2048=1");
  EXPECT_EQ(found.at("idle_ms_distribution"), "0=1,8=3");
}

// The manual's name for it: those that come once a command, an error or a database stand there with a star.
std::string manual_name(const std::string& field) {
  for (const std::string prefix : {"cmdstat_", "errorstat_", "latency_percentiles_usec_", "db"}) {
    if (field.rfind(prefix, 0) == 0) return "`" + prefix + "*`";
  }
  return "`" + field + "`";
}

TEST(Info, EveryFieldIsExplainedInTheOperationsManual) {
  std::ifstream file(std::string(LARDER_SOURCE_DIR) + "/docs/OPERATIONS.md");
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  CommandRunner runner;
  runner.run({"SET", "k", "v"});
  runner.run({"SET", "k"});
  const auto all = fields(runner, {"everything"});
  EXPECT_GT(all.size(), 150U);
  for (const auto& [name, value] : all) {
    EXPECT_NE(manual.find(manual_name(name)), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace larder::test
