// MEMORY. Replies to wrong arguments are in protocol/vectors/inspection.vec.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "commands/memory_doctor.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The fields of MEMORY STATS in RESP2: bulk name, integer or bulk.
std::map<std::string, double> stats(CommandRunner& runner) {
  std::istringstream reply(runner.run({"MEMORY", "STATS"}));
  std::string line;
  std::getline(reply, line);
  EXPECT_EQ(line[0], '*');
  std::map<std::string, double> fields;
  while (std::getline(reply, line)) {
    std::string name;
    std::getline(reply, name);
    std::getline(reply, line);
    if (line[0] == '$') std::getline(reply, line);
    const std::string value = line[0] == ':' ? line.substr(1) : line;
    EXPECT_TRUE(fields.emplace(name.substr(0, name.size() - 1), std::stod(value)).second) << name;
  }
  return fields;
}

TEST(Memory, UsageIsWhatTheItemAddsToUsedMemory) {
  CommandRunner runner;
  runner.run({"SET", "other", "v"});
  const std::uint64_t before = runner.store().used_bytes();
  runner.run({"SET", "key", std::string(1000, 'v')});
  const std::uint64_t added = runner.store().used_bytes() - before;
  constexpr std::uint64_t kIndexShareMax = 10;
  EXPECT_EQ(runner.run({"MEMORY", "USAGE", "key"}), integer(static_cast<std::int64_t>(added + kIndexShareMax)));
}

TEST(Memory, UsageOfALargeValueIsItsBlock) {
  CommandRunner runner;
  runner.run({"SET", "key", std::string(1 << 20, 'v')});
  const std::int64_t usage = std::stoll(runner.run({"MEMORY", "USAGE", "key"}).substr(1));
  EXPECT_GE(usage, 1 << 20);
  EXPECT_LT(usage, (1 << 20) + 8192);
}

TEST(Memory, UsageCountsNoLookUp) {
  CommandRunner runner;
  runner.run({"SET", "k", "v"});
  runner.run({"MEMORY", "USAGE", "k"});
  runner.run({"MEMORY", "USAGE", "none"});
  EXPECT_EQ(runner.statistics().totals().hits, 0u);
  EXPECT_EQ(runner.statistics().totals().misses, 0u);
}

TEST(Memory, StatsPartsAddUpToWhatIsUsed) {
  CommandRunner runner({.maxmemory_bytes = 64 << 20, .policy = PolicyKind::kAllKeysTinyLfu});
  for (int i = 0; i < 2'000; ++i) runner.run({"SET", "key:" + std::to_string(i), std::string(100, 'v')});
  runner.run({"SET", "large", std::string(100'000, 'v')});
  auto fields = stats(runner);
  EXPECT_EQ(fields.at("total.allocated"), static_cast<double>(runner.store().used_bytes()));
  EXPECT_EQ(fields.at("items.bytes") + fields.at("slack.bytes") + fields.at("blobs.bytes") + fields.at("index.bytes") +
                fields.at("policy.bytes") + fields.at("overhead.bytes"),
            fields.at("total.allocated"));
  EXPECT_GT(fields.at("policy.bytes"), 0);
  EXPECT_EQ(fields.at("overhead.total") + fields.at("dataset.bytes"), fields.at("total.allocated"));
  EXPECT_EQ(fields.at("keys.count"), 2'001);
  const double stored = fields.at("total.allocated") - fields.at("startup.allocated");
  EXPECT_EQ(fields.at("keys.bytes-per-key"), std::floor(stored / 2'001));
  EXPECT_NEAR(fields.at("dataset.percentage"), 100 * fields.at("dataset.bytes") / stored, 1e-9);
  EXPECT_GE(fields.at("log.committed"), fields.at("items.bytes"));
}

TEST(Memory, StatsIsAMapInResp3) {
  CommandRunner runner;
  const std::size_t fields = stats(runner).size();
  runner.run({"HELLO", "3"});
  const std::string reply = runner.run({"MEMORY", "STATS"});
  EXPECT_THAT(reply, StartsWith("%" + std::to_string(fields) + "\r\n"));
  EXPECT_THAT(reply, HasSubstr("$13\r\nfragmentation\r\n,"));
}

TEST(Memory, StatsFieldsAreExplainedInTheOperationsManual) {
  std::ifstream file(std::string(LARDER_SOURCE_DIR) + "/docs/OPERATIONS.md");
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  CommandRunner runner;
  for (const auto& [name, value] : stats(runner)) {
    EXPECT_NE(manual.find("`" + name + "`"), std::string::npos) << name;
  }
}

TEST(Memory, PurgeGivesFreedLargeValuesBack) {
  CommandRunner runner;
  runner.run({"SET", "k", std::string(1 << 20, 'v')});
  runner.run({"DEL", "k"});
  EXPECT_GT(runner.store().stats().warm_bytes, 0u);
  EXPECT_EQ(runner.run({"MEMORY", "PURGE"}), kOk);
  EXPECT_EQ(runner.store().stats().warm_bytes, 0u);
}

// --- MEMORY DOCTOR ---

constexpr std::uint64_t kMiB = 1 << 20;

// A million items in a gibibyte, and nothing to complain of.
MemoryCase healthy() {
  MemoryCase memory;
  memory.store.maxmemory_bytes = 1024 * kMiB;
  memory.store.peak_bytes = 700 * kMiB;
  memory.store.total.items = 1'000'000;
  memory.store.total.item_bytes = 550 * kMiB;
  memory.store.total.slack_bytes = 46 * kMiB;
  memory.store.total.log_bytes = 600 * kMiB;
  memory.figures.used_bytes = 700 * kMiB;
  memory.figures.startup_bytes = kMiB;
  memory.figures.data_bytes = 500 * kMiB;
  memory.figures.data_share = 0.7;
  memory.figures.resident_bytes = 720 * kMiB;
  return memory;
}

TEST(MemoryDoctor, FindsNothingWrongWithAHealthyStore) {
  EXPECT_THAT(memory_advice(healthy()), StartsWith("Nothing is wrong with the memory: 1000000 items take 699.00M"));
}

TEST(MemoryDoctor, SaysThatAnEmptyStoreTellsNothing) {
  MemoryCase memory = healthy();
  memory.figures.used_bytes = memory.figures.startup_bytes + 100;
  EXPECT_THAT(memory_advice(memory), StartsWith("There is too little in the store"));
}

TEST(MemoryDoctor, WarnsWhereAFullStoreMayNotEvict) {
  MemoryCase memory = healthy();
  memory.figures.used_bytes = memory.store.peak_bytes = 1020 * kMiB;
  memory.figures.resident_bytes = 1040 * kMiB;
  EXPECT_THAT(memory_advice(memory), StartsWith("Nothing is wrong"));
  memory.policy = PolicyKind::kNoEviction;
  EXPECT_THAT(memory_advice(memory), HasSubstr("noeviction"));
  memory.policy = PolicyKind::kVolatileLru;
  EXPECT_THAT(memory_advice(memory), HasSubstr("of which there are none"));
  memory.store.total.items_with_expiry = 10;
  EXPECT_THAT(memory_advice(memory), StartsWith("Nothing is wrong"));
}

TEST(MemoryDoctor, SeesALoweredLimitAHighPeakAndAnExcessOfResidentMemory) {
  MemoryCase memory = healthy();
  memory.store.maxmemory_bytes = 600 * kMiB;
  EXPECT_THAT(memory_advice(memory), HasSubstr("maxmemory was lowered"));
  memory = healthy();
  memory.store.peak_bytes = 1050 * kMiB;
  EXPECT_THAT(memory_advice(memory), HasSubstr("At the peak 1.03G were in use"));
  memory = healthy();
  memory.figures.resident_bytes = 900 * kMiB;
  EXPECT_THAT(memory_advice(memory), HasSubstr("MEMORY PURGE"));
}

TEST(MemoryDoctor, SeesALogThatLagsBuffersAndTinyItems) {
  MemoryCase memory = healthy();
  memory.store.total.log_bytes = 800 * kMiB;
  EXPECT_THAT(memory_advice(memory), HasSubstr("compaction is behind"));
  memory = healthy();
  memory.buffer_bytes = 200 * kMiB;
  EXPECT_THAT(memory_advice(memory), HasSubstr("CLIENT LIST"));
  memory = healthy();
  memory.figures.data_share = 0.25;
  memory.figures.data_bytes = 20'000'000;
  const std::string advice = memory_advice(memory);
  EXPECT_THAT(advice, HasSubstr("only 25% of what is stored, 20 bytes an item"));
  EXPECT_THAT(advice, Not(HasSubstr("Nothing is wrong")));
}

}  // namespace
}  // namespace larder::test
