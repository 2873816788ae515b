// The simulator tells the truth about the server: the same trace through a running server, over a socket, misses what
// larder-sim says. Cache-aside: read the key; after a miss store it, and only then go on.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/test_server.h"
#include "tools/sim/store_replay.h"
#include "tools/sim/synthetic.h"

namespace larder::test {
namespace {

constexpr std::uint64_t kHashSeed = 42;
constexpr std::uint64_t kMaxItems = 1'500;
// With several shards it depends on the clock which of them makes room.
constexpr double kPointsWithManyShards = 0.5;

// Popular objects, other ones in each quarter, so that each policy has something to forget.
const sim::Trace& trace() {
  static const sim::Trace made = [] {
    auto reader =
        sim::make_synthetic({.name = "shift", .objects = 15'000, .requests = 24'000, .alpha = 0.9, .seed = 7});
    return sim::Trace::load(*reader.value()).value();
  }();
  return made;
}

class TraceReplayTest : public testing::TestWithParam<std::string> {
 protected:
  static double percent(std::uint64_t misses) {
    return 100 * static_cast<double>(misses) / static_cast<double>(trace().requests().size());
  }
  std::uint64_t misses_in_simulator(std::uint32_t shards) const {
    sim::RequestCount progress;
    return sim::replay_store(trace(),
                             {.policy = parse_policy(GetParam()).value(),
                              .capacity = {sim::CapacityUnit::kItems, kMaxItems},
                              .shards = shards,
                              .hash_seed = kHashSeed},
                             progress)
        .misses();
  }
  std::uint64_t misses_in_server(std::uint32_t shards) {
    TestServer server({{"maxitems", std::to_string(kMaxItems)},
                       {"maxmemory-policy", GetParam()},
                       {"shards", std::to_string(shards)},
                       {"hash-seed", std::to_string(kHashSeed)},
                       {"threads", "1"}});
    SocketClient client = server.connect();
    sim::Trace::KeyBuffer buffer;
    std::uint64_t misses = 0;
    for (const sim::ObjectNumber object : trace().requests()) {
      const std::string key(trace().key(object, buffer));
      client.send("GET " + key + "\r\n");
      const std::string head = client.receive_until("\r\n");
      if (head == "$0\r\n") {
        client.receive(2);
        continue;
      }
      EXPECT_EQ(head, "$-1\r\n");
      ++misses;
      // Under a volatile policy only what has an expiry may be evicted.
      const std::string set =
          GetParam().substr(0, 9) == "volatile-" ? "SET " + key + " \"\" EX 100000\r\n" : "SET " + key + " \"\"\r\n";
      EXPECT_EQ(client.exchange(set, "+OK\r\n"), "+OK\r\n");
      if (HasFailure()) return 0;
    }
    server.server().store().check_invariants();
    return misses;
  }
};

TEST_P(TraceReplayTest, OneShardMissesExactlyWhatTheSimulatorSays) {
  EXPECT_EQ(misses_in_server(1), misses_in_simulator(1));
}

// And no more than the simulator's single shard misses: each shard has a sixteenth of the items to learn from.
TEST_P(TraceReplayTest, SixteenShardsMissAboutWhatTheSimulatorSays) {
  const double in_server = percent(misses_in_server(16));
  EXPECT_NEAR(in_server, percent(misses_in_simulator(16)), kPointsWithManyShards);
  EXPECT_LE(in_server, percent(misses_in_simulator(1)) + kPointsWithManyShards);
}

INSTANTIATE_TEST_SUITE_P(Policies, TraceReplayTest,
                         testing::Values("allkeys-lru", "allkeys-s3fifo", "allkeys-tinylfu", "allkeys-lfu",
                                         "volatile-lru"),
                         [](const auto& test) {
                           std::string name = test.param;
                           name[name.find('-')] = '_';
                           return name;
                         });

}  // namespace
}  // namespace larder::test
