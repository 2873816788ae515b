// larder-bench against the whole server: every kind of load is answered as it expects, byte for byte.
#include <gtest/gtest.h>

#include "larder/base/clock.h"
#include "support/test_server.h"
#include "tools/bench/load.h"

namespace larder::test {
namespace {

using bench::LoadOptions;
using bench::LoadResult;
using bench::RequestKind;

LoadResult run(const LoadOptions& options) {
  const SystemClock clock;
  Result<LoadResult> result = bench::run_load(options, clock, {});
  EXPECT_TRUE(result.is_ok()) << result.status().message();
  return result.is_ok() ? result.value() : LoadResult{};
}

std::uint64_t keys_of(const TestServer& server) {
  SocketClient client = server.connect();
  client.send("DBSIZE\r\n");
  const std::string reply = client.receive_until("\r\n");
  return std::stoull(reply.substr(1));
}

class BenchTest : public ::testing::Test {
 protected:
  LoadOptions load() const {
    return {.endpoint = {.port = server_.port()},
            .threads = 2,
            .connections = 6,
            .pipeline = 16,
            .keys = {.count = 500},
            .requests = 3'000,
            .fill = true,
            .verify = true};
  }
  const TestServer server_;
};

TEST_F(BenchTest, AfterAFillEveryGetHits) {
  const LoadResult result = run(load());
  EXPECT_EQ(result.fill->figures.operations(), 500u);
  EXPECT_EQ(result.load.figures.operations(), 3'000u);
  EXPECT_EQ(result.load.figures.misses, 0u);
  EXPECT_EQ(result.load.figures.errors, 0u);
  EXPECT_EQ(keys_of(server_), 500u);
}

TEST_F(BenchTest, BatchesOfSizesBetweenTwoBounds) {
  LoadOptions options = load();
  options.value_bytes = {.min = 0, .max = 70'000};
  options.mix = {.get_parts = 1, .set_parts = 1, .batch_keys = 5};
  options.requests = 400;
  const LoadResult result = run(options);
  EXPECT_EQ(result.load.figures.hits, 5 * result.load.figures.requests[bench::index_of(RequestKind::kGet)]);
  EXPECT_EQ(result.load.figures.misses, 0u);
  EXPECT_EQ(result.load.figures.errors, 0u);
}

TEST_F(BenchTest, TouchesDeletesAndTimesToLive) {
  LoadOptions options = load();
  options.fill = false;
  options.mix = {.touch_percent = 20, .delete_percent = 20, .get_parts = 1, .set_parts = 1};
  options.expire_s = 100;
  const LoadResult result = run(options);
  EXPECT_EQ(result.load.figures.operations(), 3'000u);
  EXPECT_EQ(result.load.figures.errors, 0u);
  EXPECT_GT(result.load.figures.hits, 0u);
  EXPECT_GT(result.load.figures.misses, 0u);
  SocketClient client = server_.connect();
  client.send("INFO keyspace\r\n");
  const std::string info = client.receive_until("avg_ttl");
  EXPECT_NE(info.find("keys=" + std::to_string(keys_of(server_)) + ",expires=" + std::to_string(keys_of(server_))),
            std::string::npos)
      << info;
}

TEST_F(BenchTest, LargeValuesInBothDirections) {
  LoadOptions options = load();
  options.keys.count = 10;
  options.value_bytes = {.min = 1'500'000, .max = 1'500'000};
  options.mix = {.get_parts = 1, .set_parts = 1};
  options.requests = 60;
  for (const bool verify : {true, false}) {
    options.verify = verify;
    const LoadResult result = run(options);
    EXPECT_EQ(result.load.figures.operations(), 60u);
    EXPECT_EQ(result.load.figures.misses, 0u);
  }
}

TEST_F(BenchTest, AnOpenLoopSendsWhatIsDue) {
  LoadOptions options = load();
  options.rate = 20'000;
  options.requests = 2'000;
  const LoadResult result = run(options);
  EXPECT_EQ(result.load.figures.operations(), 2'000u);
  EXPECT_EQ(result.load.figures.unsent, 0u);
  EXPECT_GE(result.load.seconds, 1'999 / 20'000.0) << "and not before";
}

}  // namespace
}  // namespace larder::test
