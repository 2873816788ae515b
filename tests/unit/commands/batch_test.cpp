// Requests that are executed as a batch: what is found out ahead of all of them, what they share, and what they count.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "commands/batch_statistics.h"
#include "commands/command_table.h"
#include "support/command_runner.h"

namespace larder {
namespace {

using test::array;
using test::bulk;
using test::CommandRunner;
using test::encode_request;
using test::integer;
using test::kNull;
using test::kOk;

std::size_t index_of(std::string_view name) {
  return CommandTable::instance().find(name).index;
}

std::string pipeline(const std::vector<std::vector<std::string>>& requests) {
  std::string bytes;
  for (const auto& request : requests) bytes += encode_request(request);
  return bytes;
}

struct StoreShape {
  std::uint32_t shards = 1;
  unsigned threads = 1;
};
class BatchTest : public ::testing::TestWithParam<StoreShape> {
 protected:
  CommandRunner runner_{{.shards = GetParam().shards, .threads = GetParam().threads}};
};
INSTANTIATE_TEST_SUITE_P(Stores, BatchTest,
                         ::testing::Values(StoreShape{1, 1}, StoreShape{8, 1}, StoreShape{1, 2}, StoreShape{8, 2},
                                           StoreShape{32, 1}),
                         [](const auto& instance) {
                           return std::to_string(instance.param.shards) + "Shards" +
                                  std::to_string(instance.param.threads) + "Threads";
                         });

TEST_P(BatchTest, EachRequestSeesWhatThoseBeforeItHaveDone) {
  EXPECT_EQ(runner_.send(pipeline({{"SET", "a", "1"},
                                   {"GET", "a"},
                                   {"INCR", "a"},
                                   {"APPEND", "a", "0"},
                                   {"GET", "a"},
                                   {"DEL", "a"},
                                   {"GET", "a"}})),
            std::string(kOk) + bulk("1") + integer(2) + integer(2) + bulk("20") + integer(1) + std::string(kNull));
}

TEST_P(BatchTest, AKeyHashedAheadOfSelectIsLookedForInTheNewDatabase) {
  runner_.run({"SET", "k", "zero"});
  EXPECT_EQ(runner_.send(pipeline({{"GET", "k"},
                                   {"SELECT", "3"},
                                   {"GET", "k"},
                                   {"SET", "k", "three"},
                                   {"GET", "k"},
                                   {"SELECT", "0"},
                                   {"GET", "k"}})),
            bulk("zero") + std::string(kOk) + std::string(kNull) + std::string(kOk) + bulk("three") + std::string(kOk) +
                bulk("zero"));
  EXPECT_EQ(runner_.store().size(3), 1u);
}

// One that needs several shards, or a lock of its own, comes between those that share a shard's lock.
TEST_P(BatchTest, CommandsThatLockOtherwiseComeBetween) {
  EXPECT_EQ(runner_.send(pipeline({{"SET", "a", "1"},
                                   {"DBSIZE"},
                                   {"SET", "a", "2"},
                                   {"MSET", "a", "3", "b", "4"},
                                   {"GET", "a"},
                                   {"MGET", "a", "b", "c"},
                                   {"GET"},
                                   {"GET", "b"},
                                   {"INCR", "b"},
                                   {"NOSUCH", "b"},
                                   {"EXISTS", "a", "b", "a", "c"},
                                   {"FLUSHALL"},
                                   {"GET", "a"}})),
            std::string(kOk) + integer(1) + std::string(kOk) + std::string(kOk) + bulk("3") +
                array({bulk("3"), bulk("4"), std::string(kNull)}) +
                "-ERR wrong number of arguments for 'get' command\r\n" + bulk("4") + integer(5) +
                "-ERR unknown command 'NOSUCH', with args beginning with: 'b' \r\n" + integer(3) + std::string(kOk) +
                std::string(kNull));
}

TEST_P(BatchTest, ManyKeysOfOneRequestAreAnsweredInOrder) {
  std::vector<std::string> set = {"MSET"};
  std::vector<std::string> get = {"MGET"};
  std::vector<std::string> values;
  for (int i = 0; i < 200; ++i) {
    get.push_back("key" + std::to_string(i));
    if (i % 7 == 0) {
      values.emplace_back(kNull);
      continue;
    }
    set.insert(set.end(), {get.back(), "value" + std::to_string(i)});
    values.push_back(bulk(set.back()));
  }
  EXPECT_EQ(runner_.run(set), kOk);
  EXPECT_EQ(runner_.run(get), array(values));
  get[0] = "EXISTS";
  EXPECT_EQ(runner_.run(get), integer(171));
  get[0] = "DEL";
  EXPECT_EQ(runner_.run(get), integer(171));
  EXPECT_EQ(runner_.store().size(0), 0u);
}

TEST_P(BatchTest, RepeatsAWriteThatNeedsRoomWithinARunForOneShard) {
  CommandRunner small({.shards = GetParam().shards, .threads = GetParam().threads, .maxitems = 5});
  std::string requests;
  std::string replies;
  for (int i = 0; i < 100; ++i) {
    requests += encode_request({"SET", std::to_string(i), "v"}) + encode_request({"GET", std::to_string(i)});
    replies += std::string(kOk) + bulk("v");
  }
  EXPECT_EQ(small.send(requests), replies);
  EXPECT_EQ(small.store().size(0), 5u);
}

TEST_P(BatchTest, CountsEveryRequestOnce) {
  runner_.run({"SET", "a", "1"});
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests += pipeline({{"GET", "a"}, {"GET", "none"}, {"SET", "b", "2"}, {"INCR", "word"}, {"PING"}});
  }
  runner_.send(requests);
  const Statistics& statistics = runner_.statistics();
  EXPECT_EQ(statistics.totals().requests, 501u);
  EXPECT_EQ(statistics.totals().hits, 100u);
  EXPECT_EQ(statistics.totals().misses, 100u);
  EXPECT_EQ(statistics.command_totals(index_of("get")).calls, 200u);
  EXPECT_EQ(statistics.command_totals(index_of("set")).calls, 101u);
  EXPECT_EQ(statistics.command_totals(index_of("incr")).latency.count(), 100u);
  EXPECT_EQ(statistics.command_totals(index_of("ping")).calls, 100u);
}

// --- The lock of a shard is kept over neighbouring requests for it ---

std::uint64_t holds_of(const std::string& requests) {
  CommandRunner runner({.shards = 1, .hold_clock = [] { return std::int64_t{0}; }});
  const std::uint64_t before = runner.store().holds().holds.count();
  runner.send(requests);
  return runner.store().holds().holds.count() - before;
}

TEST(KeptLocks, OneHoldServesNeighboursInOneShard) {
  std::string requests;
  for (int i = 0; i < 10; ++i) {
    requests += pipeline({{"SET", "key" + std::to_string(i), "v"}, {"GET", "key" + std::to_string(i)}});
  }
  EXPECT_EQ(holds_of(requests), 1u);
  EXPECT_EQ(holds_of(requests + pipeline({{"PING"}}) + requests.substr(0, 100)), 2u);
}

TEST(KeptLocks, AreGivenUpOnceMuchWasMoved) {
  std::string requests;
  for (int i = 0; i < 8; ++i) requests += pipeline({{"SET", "key" + std::to_string(i), std::string(20'000, 'v')}});
  EXPECT_EQ(holds_of(requests), 2u);  // after the fourth it is more than 64 KiB
}

// --- BatchStatistics: quick commands share the time between two readings of the clock ---

class BatchStatisticsTest : public ::testing::Test {
 protected:
  ManualClock clock_{1'000};
  Statistics statistics_{1, CommandTable::instance().size()};
  const CountedRequest get_{nullptr, index_of("get")};
  const CountedRequest set_{nullptr, index_of("set")};
};

TEST_F(BatchStatisticsTest, SharesTheTimeInEqualPartsAndLosesNothing) {
  {
    BatchStatistics batch(statistics_.thread(0), clock_);
    clock_.advance_us(10);
    batch.count(get_, true);
    batch.count(get_, false);
    batch.count(set_, false);
  }
  const auto get = statistics_.command_totals(get_.command);
  const auto set = statistics_.command_totals(set_.command);
  EXPECT_EQ(get.calls, 2u);
  EXPECT_EQ(set.calls, 1u);
  EXPECT_EQ(get.total_ns + set.total_ns, 10'000u);
  EXPECT_EQ(set.total_ns, 3'333u);
  EXPECT_EQ(statistics_.thread(0).hit_requests.get(), 1u);
  EXPECT_EQ(statistics_.thread(0).hit_ns.get(), 3'333u);
  EXPECT_EQ(statistics_.totals().requests, 3u);
}

TEST_F(BatchStatisticsTest, WhatIsClosedBeforeAndAfterHasItsTimeForItself) {
  BatchStatistics batch(statistics_.thread(0), clock_);
  batch.count(get_, true);
  clock_.advance_us(2);
  batch.close();
  clock_.advance_us(500);
  batch.count(set_, false);
  batch.close();
  EXPECT_EQ(statistics_.command_totals(get_.command).total_ns, 2'000u);
  EXPECT_EQ(statistics_.command_totals(set_.command).total_ns, 500'000u);
}

TEST_F(BatchStatisticsTest, TakesMoreRequestsThanABatchHas) {
  {
    BatchStatistics batch(statistics_.thread(0), clock_);
    for (std::size_t i = 0; i < 3 * limits::kBatchRequestsMax + 1; ++i) batch.count(get_, false);
  }
  EXPECT_EQ(statistics_.command_totals(get_.command).calls, 3 * limits::kBatchRequestsMax + 1);
}

}  // namespace
}  // namespace larder
