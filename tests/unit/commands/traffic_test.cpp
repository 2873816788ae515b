// HOTKEYS, PREFIXSTATS: what the sample of requests brings to the client. With every request drawn, so that figures are
// exact.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "commands/keyspace_sample.h"
#include "larder/commands/prefix_figures.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TrafficTest : public ::testing::Test {
 protected:
  TrafficTest() { runner_.statistics().set_sample_every(1); }

  TrafficReport keys(HitterOrder order = HitterOrder::kOperations) {
    return runner_.statistics().hot_keys(runner_.clock().monotonic_ns(), order, 100);
  }
  Hitter key(const std::string& name) {
    for (const Hitter& hitter : keys().hitters) {
      if (hitter.name == name) return hitter;
    }
    return {};
  }

  CommandRunner runner_;
};

TEST_F(TrafficTest, OneByOneEachRequestIsSeen) {
  runner_.run({"SET", "a", "0123456789"});
  runner_.run({"GET", "a"});
  runner_.run({"GET", "a"});
  runner_.run({"GET", "none"});
  runner_.run({"PING"});
  runner_.run({"NOSUCH", "a"});
  const Hitter a = key("a");
  EXPECT_EQ(a.counts.operations, 3);
  EXPECT_EQ(a.counts.writes, 1);
  EXPECT_EQ(a.counts.hits, 2);
  EXPECT_EQ(a.counts.misses, 0);
  const std::size_t get_bytes = encode_request({"GET", "a"}).size() + bulk("0123456789").size();
  const std::size_t set_bytes = encode_request({"SET", "a", "0123456789"}).size() + kOk.size();
  EXPECT_EQ(a.counts.bytes, static_cast<double>(2 * get_bytes + set_bytes));
  EXPECT_EQ(key("none").counts.misses, 1);
  EXPECT_EQ(keys().hitters.size(), 2U);
}

TEST_F(TrafficTest, OneRequestOfABatchStandsForAll) {
  std::string batch;
  for (int i = 0; i < 10; ++i) batch += encode_request({"GET", "k"});
  runner_.send(batch);
  EXPECT_EQ(key("k").counts.operations, 10);
  EXPECT_EQ(key("k").counts.misses, 10);
}

TEST_F(TrafficTest, ARequestOfManyKeysIsAnOperationOnEach) {
  runner_.run({"MSET", "a", "1", "b", "2"});
  runner_.run({"MGET", "a", "b", "none", "a"});
  EXPECT_EQ(key("a").counts.operations, 3);
  EXPECT_EQ(key("a").counts.writes, 1);
  EXPECT_EQ(key("b").counts.operations, 2);
  EXPECT_EQ(key("b").counts.hits, 0.75) << "three hits among four keys";
  EXPECT_EQ(key("none").counts.misses, 0.25);
  EXPECT_EQ(keys().all.operations, 6);
}

TEST_F(TrafficTest, OfVeryManyKeysSomeStandForTheOthers) {
  std::vector<std::string> request = {"MGET"};
  for (int i = 0; i < 3'200; ++i) request.push_back("k" + std::to_string(i));
  runner_.run(request);
  const TrafficReport report = keys();
  EXPECT_EQ(report.hitters.size(), 8U);
  EXPECT_NEAR(report.all.operations, 3'200, 1e-6);
  EXPECT_NEAR(report.all.misses, 3'200, 1e-6);
}

TEST_F(TrafficTest, KeysOfTwoDatabasesAreTwo) {
  runner_.run({"GET", "k"});
  runner_.run({"SELECT", "5"});
  runner_.run({"GET", "k"});
  const TrafficReport report = keys();
  ASSERT_EQ(report.hitters.size(), 2U);
  EXPECT_EQ(report.hitters[0].database + report.hitters[1].database, 5);
}

// Which of the three is drawn is chance.
TEST_F(TrafficTest, AKeyIsOfTheDatabaseThatItsOwnBatchSelected) {
  const std::string batch =
      encode_request({"SELECT", "5"}) + encode_request({"GET", "k"}) + encode_request({"GET", "k"});
  for (int i = 0; i < 20; ++i) {
    runner_.run({"SELECT", "0"});
    runner_.send(batch);
  }
  const TrafficReport report = keys();
  ASSERT_EQ(report.hitters.size(), 1U);
  EXPECT_EQ(report.hitters[0].database, 5);
}

TEST_F(TrafficTest, NothingIsSeenWhereItIsOff) {
  runner_.statistics().set_sample_every(0);
  runner_.run({"GET", "k"});
  EXPECT_EQ(runner_.run({"HOTKEYS"}), "*0\r\n");
}

TEST_F(TrafficTest, StrangersAreNotSeen) {
  CommandRunner runner({.password = "secret"});
  runner.statistics().set_sample_every(1);
  runner.run({"GET", "k"});
  EXPECT_TRUE(runner.statistics().hot_keys(runner.clock().monotonic_ns(), HitterOrder::kOperations, 9).hitters.empty());
}

TEST_F(TrafficTest, HotKeysTellsRatesOfTheTimeItKnows) {
  for (int i = 0; i < 4; ++i) runner_.run({"SET", "k", "v"});
  runner_.run({"GET", "other"});
  runner_.advance_ms(2'000);
  runner_.run({"HELLO", "3"});
  const std::string reply = runner_.run({"HOTKEYS", "count", "1"});
  EXPECT_EQ(reply, "*1\r\n%7\r\n" + bulk("key") + bulk("k") + bulk("key_bytes") + integer(1) + bulk("database") +
                       integer(0) + bulk("ops_per_s") + ",2\r\n" + bulk("writes_per_s") + ",2\r\n" +
                       bulk("bytes_per_s") + ",64\r\n" + bulk("share") + ",0.8\r\n");
}

TEST_F(TrafficTest, HotKeysByBytesPutsTheLargeFirst) {
  runner_.run({"GET", "often"});
  runner_.run({"GET", "often"});
  runner_.run({"SET", "large", std::string(1'000, 'x')});
  EXPECT_THAT(runner_.run({"HOTKEYS", "COUNT", "1"}), HasSubstr("often"));
  EXPECT_THAT(runner_.run({"HOTKEYS", "BY", "bytes", "COUNT", "1"}), HasSubstr("large"));
  EXPECT_THAT(runner_.run({"HOTKEYS", "BY", "bytes", "BY", "OPS", "COUNT", "1"}), Not(HasSubstr("large")));
}

TEST_F(TrafficTest, HotKeysWantsWhatItKnows) {
  for (const std::vector<std::string>& request : std::vector<std::vector<std::string>>{
           {"HOTKEYS", "COUNT"}, {"HOTKEYS", "BY", "NAME"}, {"HOTKEYS", "SOME", "1"}}) {
    EXPECT_EQ(runner_.run(request), error("ERR syntax error"));
  }
  for (const std::string count : {"0", "-1", "many", "1025"}) {
    EXPECT_EQ(runner_.run({"HOTKEYS", "COUNT", count}), error("ERR value is not an integer or out of range"));
  }
}

// The figures of one prefix out of a reply in RESP3.
std::string figure(const std::string& reply, const std::string& prefix, const std::string& name) {
  std::size_t at = reply.find(bulk("prefix") + bulk(prefix));
  if (at == std::string::npos) return "no such prefix";
  at = reply.find(bulk(name), at) + bulk(name).size();
  return reply.substr(at, reply.find("\r\n", at) - at);
}

TEST_F(TrafficTest, PrefixStatsJoinsRequestsAndItems) {
  for (int i = 0; i < 10; ++i) runner_.run({"SET", "user:" + std::to_string(i), "12345"});
  runner_.run({"SET", "page:1", std::string(1'000, 'p')});
  for (int i = 0; i < 6; ++i) runner_.run({"GET", "user:1"});
  for (int i = 0; i < 4; ++i) runner_.run({"GET", "user:none"});
  runner_.advance_ms(2'000);
  runner_.run({"HELLO", "3"});
  const std::string reply = runner_.run({"PREFIXSTATS"});
  EXPECT_EQ(figure(reply, "user:", "ops_per_s"), ",10");
  EXPECT_EQ(figure(reply, "user:", "writes_per_s"), ",5");
  EXPECT_EQ(figure(reply, "user:", "hits_per_s"), ",3");
  EXPECT_EQ(figure(reply, "user:", "misses_per_s"), ",2");
  EXPECT_EQ(figure(reply, "user:", "hit_ratio"), ",0.6");
  EXPECT_EQ(figure(reply, "user:", "items"), ":10");
  EXPECT_EQ(figure(reply, "user:", "data_bytes"), ":110");
  EXPECT_EQ(figure(reply, "page:", "data_bytes"), ":1006");
  EXPECT_THAT(runner_.run({"PREFIXSTATS", "COUNT", "1"}), HasSubstr("user:"));
  EXPECT_THAT(runner_.run({"PREFIXSTATS", "COUNT", "1", "BY", "BYTES"}), HasSubstr("page:"));
  EXPECT_THAT(runner_.run({"PREFIXSTATS", "COUNT", "1", "BY", "ITEMS"}), HasSubstr("user:"));
  runner_.statistics().set_prefix_delimiter("");
  EXPECT_EQ(runner_.run({"PREFIXSTATS"}), "*0\r\n");
}

TEST_F(TrafficTest, PrefixStatsTellsHowLongRefillsTake) {
  for (int i = 0; i < 3; ++i) {
    const std::string key = "slow:" + std::to_string(i);
    runner_.run({"GET", key});
    runner_.advance_ms(40);
    runner_.run({"SET", key, "v"});
  }
  runner_.run({"HELLO", "3"});
  EXPECT_EQ(figure(runner_.run({"PREFIXSTATS"}), "slow:", "load_us"), ",40000");
}

TEST_F(TrafficTest, PrefixStatsInsideExecSeesTheKeyspaceToo) {
  runner_.statistics().set_sample_every(0);
  runner_.run({"HELLO", "3"});
  runner_.run({"SET", "user:1", "v"});
  runner_.run({"MULTI"});
  runner_.run({"SET", "page:1", "v"});
  runner_.run({"PREFIXSTATS"});
  const std::string reply = runner_.run({"EXEC"});
  EXPECT_EQ(figure(reply, "page:", "items"), ":1");
  EXPECT_EQ(figure(reply, "user:", "items"), ":1");
  EXPECT_EQ(figure(reply, "page:", "ops_per_s"), ",0");
}

TEST(KeyspaceSampleTest, OfASmallKeyspaceItIsAll) {
  CommandRunner runner({.shards = 4, .policy = PolicyKind::kAllKeysLru});
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = std::to_string(i);
    runner.run({"SET", (i % 2 == 0 ? "even:" : "odd:") + text, std::string(100, 'v'), "PX", "5000"});
  }
  runner.run({"SET", "plain", ""});
  runner.advance_ms(1'000);
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const KeyspaceSample sample = sample_keyspace(runner.store(), runner.now_ms(), {.seed = seed, .delimiter = ":"});
    EXPECT_EQ(sample.looked_at, 1'001U);
    EXPECT_EQ(sample.scale, 1);
    EXPECT_EQ(sample.prefixes.size(), 3U);
    EXPECT_EQ(sample.prefixes.at(hash_of_prefix(0, "odd:")).items, 500);
    EXPECT_EQ(sample.prefixes.at(hash_of_prefix(0, "")).bytes, 5);
    EXPECT_EQ(sample.value_bytes.count(), 1'001U);
    EXPECT_NEAR(static_cast<double>(sample.value_bytes.quantile_ns(0.5)), 100, 13);
    EXPECT_EQ(sample.ttl_ms.count(), 1'000U);
    EXPECT_NEAR(static_cast<double>(sample.ttl_ms.quantile_ns(0.5)), 4'000, 500);
    EXPECT_NEAR(static_cast<double>(sample.idle_ms.quantile_ns(0.5)), 1'000, 125);
  }
}

TEST(KeyspaceSampleTest, WhatIsDeadIsNotCounted) {
  CommandRunner runner({.shards = 4});
  for (int i = 0; i < 400; ++i) runner.run({"SET", "dead:" + std::to_string(i), "v", "PX", "10"});
  for (int i = 0; i < 600; ++i) runner.run({"SET", "live:" + std::to_string(i), "v"});
  runner.advance_ms(10);
  const KeyspaceSample sample = sample_keyspace(runner.store(), runner.now_ms(), {.seed = 1, .delimiter = ":"});
  EXPECT_EQ(sample.scale, 1);
  ASSERT_EQ(sample.prefixes.size(), 1U);
  EXPECT_EQ(sample.prefixes.at(hash_of_prefix(0, "live:")).items, 600);
}

TEST(KeyspaceSampleTest, WhereMostIsDeadItEndsAllTheSame) {
  CommandRunner runner;
  for (int i = 0; i < 40'000; ++i) {
    const std::string number = std::to_string(i);
    if (i % 40 == 0) {
      runner.run({"SET", "live:" + number, "v"});
    } else {
      runner.run({"SET", "dead:" + number, "v", "PX", "10"});
    }
  }
  runner.advance_ms(10);
  const KeyspaceSample sample = sample_keyspace(runner.store(), runner.now_ms(), {.seed = 1, .delimiter = ":"});
  EXPECT_GT(runner.store().size(0), 10'000U) << "what it passes is reclaimed";
  EXPECT_GT(sample.looked_at, 100U);
  EXPECT_NEAR(sample.prefixes.at(hash_of_prefix(0, "live:")).items, 1'000, 200);
}

TEST(KeyspaceSampleTest, OfALargeOneItIsAFairPart) {
  CommandRunner runner({.shards = 4});
  for (int i = 0; i < 40'000; ++i) runner.run({"SET", (i % 4 == 0 ? "a:" : "b:") + std::to_string(i), "v"});
  const KeyspaceSample sample = sample_keyspace(runner.store(), runner.now_ms(), {.seed = 1, .delimiter = ":"});
  EXPECT_GE(sample.looked_at, 10'000U);
  EXPECT_LT(sample.looked_at, 12'000U);
  EXPECT_NEAR(sample.prefixes.at(hash_of_prefix(0, "a:")).items, 10'000, 700);
  EXPECT_NEAR(sample.prefixes.at(hash_of_prefix(0, "b:")).items, 30'000, 700);
}

}  // namespace
}  // namespace larder::test
