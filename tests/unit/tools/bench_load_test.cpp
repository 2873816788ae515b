// Whole loads against servers in this process: the null server, and toys that answer as a test wishes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/clock.h"
#include "tools/bench/load.h"
#include "tools/bench/null_server.h"
#include "tools/bench/values.h"
#include "unit/tools/bench_toy_server.h"

namespace larder::bench {
namespace {

using ::testing::HasSubstr;

const SystemClock kClock;

std::uint64_t count_of(const LoadResult& result, RequestKind kind) {
  return result.load.figures.requests[index_of(kind)];
}

// --- The null server ---

class BenchNullServer : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  // Values of the parameter's size.
  LoadOptions load() {
    server_ = std::make_unique<NullServer>(NullServerOptions{
        .port = 0, .value_bytes = GetParam(), .store_bytes = 2 * (GetParam() + 65'536) + 77, .threads = 2});
    const std::uint16_t port = server_->listen().value();
    server_->start();
    return {.endpoint = {.port = port},
            .threads = 2,
            .connections = 5,
            .pipeline = 8,
            .keys = {.count = 100},
            .value_bytes = {.min = GetParam(), .max = GetParam()},
            .requests = 501};
  }
  std::unique_ptr<NullServer> server_;
};

TEST_P(BenchNullServer, AnswersAnyMixWithWhatTheLoadExpects) {
  LoadOptions options = load();
  options.mix = {.get_parts = 1, .set_parts = 1};
  options.expire_s = 10;
  options.fill = true;
  const Result<LoadResult> result = run_load(options, kClock, {});
  ASSERT_TRUE(result.is_ok()) << result.status().message();
  EXPECT_EQ(result.value().load.figures.operations(), 501u);
  EXPECT_EQ(result.value().load.figures.errors, 0u);
  EXPECT_EQ(result.value().load.figures.hits, count_of(result.value(), RequestKind::kGet));
  EXPECT_EQ(result.value().load.figures.bytes_written, count_of(result.value(), RequestKind::kSet) * (16 + GetParam()));
  EXPECT_EQ(result.value().fill->figures.operations(), 100u);
}

TEST_P(BenchNullServer, AnswersBatches) {
  LoadOptions options = load();
  options.mix = {.get_parts = 1, .set_parts = 1, .batch_keys = 3};
  const Result<LoadResult> result = run_load(options, kClock, {});
  ASSERT_TRUE(result.is_ok()) << result.status().message();
  EXPECT_EQ(result.value().load.figures.operations(), 501u);
  EXPECT_EQ(result.value().load.figures.hits, 3 * count_of(result.value(), RequestKind::kGet));
}

// Copied; just not; in a block of its own; several of them do not fit into one pass of the store.
INSTANTIATE_TEST_SUITE_P(ValueBytes, BenchNullServer, ::testing::Values(0, 100, 20'000, 65'536, 300'000));

TEST(BenchLoad, ItsConstantValuesAreNotWhatVerifyExpects) {
  NullServer server({.port = 0, .value_bytes = 100});
  const std::uint16_t port = server.listen().value();
  server.start();
  const Result<LoadResult> result =
      run_load({.endpoint = {.port = port}, .mix = {.set_parts = 0}, .requests = 10, .verify = true}, kClock, {});
  ASSERT_FALSE(result.is_ok());
  EXPECT_THAT(result.status().message(), HasSubstr("wrong value: byte 0 of the 100 of key:"));
}

// --- Toys ---

// The number in a RESP request whose last word is a key of 16 bytes.
std::uint64_t key_number(std::string_view request) {
  return std::stoull(std::string(request.substr(request.size() - 14, 12)));
}

bool is_get(std::string_view request) {
  return request.starts_with("*2\r\n$3\r\nGET");
}

LoadOptions one_connection(const ToyServer& server) {
  return {.endpoint = {.port = server.port()}, .connections = 1, .keys = {.count = 50}, .requests = 40};
}

TEST(BenchLoad, VerifyFindsOneWrongByteAmongManyValues) {
  const Values values(100);
  for (const bool corrupt : {false, true}) {
    int gets = 0;
    ToyServer server([&](std::string_view request) -> std::string {
      if (!is_get(request)) return "+OK\r\n";
      std::string value(values.of(key_number(request), 100));
      if (++gets == 30 && corrupt) value[57] ^= 1;
      return "$100\r\n" + value + "\r\n";
    });
    LoadOptions options = one_connection(server);
    options.mix.set_parts = 0;
    options.pipeline = 16;
    options.verify = true;
    const Result<LoadResult> result = run_load(options, kClock, {});
    ASSERT_EQ(result.is_ok(), !corrupt);
    if (!corrupt) continue;
    EXPECT_THAT(result.status().message(), HasSubstr("wrong value: byte 57 of the 100 of key:"));
  }
}

TEST(BenchLoad, ErrorRepliesAreCountedAndTheLoadGoesOn) {
  int sets = 0;
  ToyServer server([&](std::string_view) { return ++sets % 4 == 0 ? "-OOM full\r\n" : "+OK\r\n"; });
  LoadOptions options = one_connection(server);
  options.mix.get_parts = 0;
  const LoadResult result = run_load(options, kClock, {}).value();
  EXPECT_EQ(result.load.figures.operations(), 40u);
  EXPECT_EQ(result.load.figures.errors, 10u);
  EXPECT_EQ(result.load.figures.first_error, "-OOM full");
  EXPECT_EQ(result.load.figures.bytes_written, 30u * 116);
}

TEST(BenchLoad, AServerThatClosesIsAFailure) {
  int requests = 0;
  ToyServer server([&](std::string_view) { return ++requests == 5 ? "" : "$-1\r\n"; });
  LoadOptions options = one_connection(server);
  options.mix.set_parts = 0;
  EXPECT_THAT(run_load(options, kClock, {}).status().message(), HasSubstr("closed a connection"));
}

TEST(BenchLoad, NobodyThereIsAFailureThatNamesThePlace) {
  const std::uint16_t port = net::bound_port(net::open_tcp_listener("127.0.0.1", 0, 1).value());
  EXPECT_THAT(run_load({.endpoint = {.port = port}}, kClock, {}).status().message(),
              HasSubstr("cannot connect to 127.0.0.1:" + std::to_string(port)));
  EXPECT_THAT(run_load({.endpoint = {.unix_path = "/nowhere/at.all"}}, kClock, {}).status().message(),
              HasSubstr("cannot connect to /nowhere/at.all: No such file"));
}

TEST(BenchLoad, AWrongPasswordIsAFailure) {
  ToyServer server([](std::string_view request) {
    return request == "*2\r\n$4\r\nAUTH\r\n$6\r\nsesame\r\n" ? "+OK\r\n" : "-WRONGPASS no\r\n";
  });
  LoadOptions options = one_connection(server);
  options.password = "guess";
  EXPECT_THAT(run_load(options, kClock, {}).status().message(), HasSubstr("the reply to AUTH is '-WRONGPASS no'"));
}

TEST(BenchLoad, ItEndsWhenEnoughIsWritten) {
  ToyServer server([](std::string_view) { return "+OK\r\n"; });
  LoadOptions options = one_connection(server);
  options.mix.get_parts = 0;
  options.requests.reset();
  options.write_bytes = 116 * 7 - 1;
  options.pipeline = 32;
  EXPECT_EQ(run_load(options, kClock, {}).value().load.figures.operations(), 7u);
}

TEST(BenchLoad, SequentialKeysComeInOrder) {
  std::vector<std::uint64_t> numbers;
  std::optional<ToyServer> server(std::in_place, [&](std::string_view request) {
    numbers.push_back(key_number(request));
    return "$-1\r\n";
  });
  LoadOptions options = one_connection(*server);
  options.keys = {.first = 100, .count = 30, .distribution = Distribution::kSequential};
  options.mix.set_parts = 0;
  ASSERT_TRUE(run_load(options, kClock, {}).is_ok());
  server.reset();  // its thread is over
  ASSERT_EQ(numbers.size(), 40u);
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], 100 + i % 30);
}

// Time stands still but for a stall of 100 ms in the first request. Everything that was due in it has waited, and says
// so; a closed loop has simply not asked.
TEST(BenchLoad, AStallIsSeenByAllThatWasDueInIt) {
  for (const bool open : {true, false}) {
    ManualClock clock(1'000);
    std::atomic<int> requests{0};
    ToyServer server([&](std::string_view) {
      if (++requests == 1) clock.advance_ms(100);
      return "$-1\r\n";
    });
    LoadOptions options = one_connection(server);
    options.mix.set_parts = 0;
    options.requests = 50;
    options.rate = open ? 1'000 : 0;
    const LoadResult result = run_load(options, clock, {}).value();
    const LatencyHistogram& latency = result.load.figures.latency[index_of(RequestKind::kGet)];
    EXPECT_EQ(latency.count(), 50u);
    EXPECT_EQ(latency.max_ns(), 100'000'000);
    if (open) {
      // 100, 99, ... 51 ms.
      EXPECT_DOUBLE_EQ(latency.mean_ns(), 75'500'000);
      EXPECT_EQ(result.load.figures.late_max_ns, 0) << "the server's fault, not ours";
    } else {
      EXPECT_DOUBLE_EQ(latency.mean_ns(), 2'000'000);
      EXPECT_EQ(latency.quantile_ns(0.98), 0);
    }
  }
}

TEST(BenchLoad, WhatFindsNoPlaceInTimeIsCountedAsUnsent) {
  ManualClock clock(1'000);
  ToyServer server([&](std::string_view) {
    clock.advance_ms(100);
    return "$-1\r\n";
  });
  LoadOptions options = one_connection(server);
  options.mix.set_parts = 0;
  options.requests.reset();
  options.seconds = 0.25;
  options.rate = 100;
  const LoadResult result = run_load(options, clock, {}).value();
  // Due at 0, 10, ... 250 ms, 26 in all; sent at 0, 100 and 200 ms.
  EXPECT_EQ(result.load.figures.operations(), 3u);
  EXPECT_EQ(result.load.figures.unsent, 23u);
}

}  // namespace
}  // namespace larder::bench
