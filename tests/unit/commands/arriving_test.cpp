// Large values on their way in: their room is made while they come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "larder/base/limits.h"
#include "larder/base/memory_range.h"
#include "support/command_runner.h"

namespace larder {
namespace {

using test::CommandRunner;
using test::encode_request;
using test::error;
using test::integer;
using test::kNull;
using test::kOk;
using test::TestClient;

constexpr std::size_t kMaxmemory = 8 << 20;
const std::string kOom = error("OOM command not allowed when used memory > 'maxmemory'.");

std::string value(std::size_t bytes) {
  return std::string(bytes, 'v');
}

void fill_with_small_items(CommandRunner& runner) {
  const std::string small(100, 's');
  for (int i = 0; runner.store().stats().total.evicted == 0; ++i) {
    ASSERT_EQ(runner.run({"SET", "small:" + std::to_string(i), small}), kOk);
  }
}

void expect_exact(CommandRunner& runner) {
  EXPECT_EQ(runner.store().stats().receiving_bytes, 0u);
  EXPECT_EQ(runner.store().used_bytes(), runner.store().stats().total.used_bytes());
  runner.store().check_invariants();
}

TEST(Arriving, RoomIsMadeWhileTheValueComesAndOthersHaveTurns) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  fill_with_small_items(runner);
  const std::string request = encode_request({"SET", "big", value(3 << 20)});
  EXPECT_EQ(runner.send(std::string_view(request).substr(0, 2 << 20)), "");
  EXPECT_GT(runner.client().yields(), 10u);
  const std::uint64_t receiving = runner.store().stats().receiving_bytes;
  EXPECT_GT(receiving, (2u << 20) - 100'000);
  EXPECT_LT(receiving, (2u << 20) + 100'000);
  EXPECT_LE(runner.store().used_bytes(), kMaxmemory);
  EXPECT_EQ(runner.send(std::string_view(request).substr(2 << 20)), kOk);
  EXPECT_EQ(runner.run({"STRLEN", "big"}), integer(3 << 20));
  expect_exact(runner);
}

TEST(Arriving, AnnouncingAValueEvictsNothing) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  fill_with_small_items(runner);
  const std::uint64_t evicted = runner.store().stats().total.evicted;
  for (int i = 0; i < 20; ++i) {
    const std::string request = encode_request({"SET", "big", value(7 << 20)});
    EXPECT_EQ(runner.new_client().send(std::string_view(request).substr(0, 50)), "");
  }
  // The few bytes that came of each.
  EXPECT_LE(runner.store().stats().total.evicted - evicted, 20u * 5);
}

TEST(Arriving, RoomGoesBackWhenTheClientLeaves) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  TestClient& client = runner.new_client();
  const std::string request = encode_request({"SET", "big", value(3 << 20)});
  client.send(std::string_view(request).substr(0, 2 << 20));
  EXPECT_GT(runner.store().stats().receiving_bytes, 1u << 20);
  client.disconnect();
  expect_exact(runner);
}

TEST(Arriving, RoomGoesBackWhenTheRequestFails) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  EXPECT_EQ(runner.run({"SET", "k", value(1 << 20), "NONSENSE"}), error("ERR syntax error"));
  EXPECT_EQ(runner.run({"SET", "k", value(1 << 20), "XX"}), kNull);
  expect_exact(runner);
}

TEST(Arriving, AnOverwriteKeepsOnlyWhatItNeeds) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  ASSERT_EQ(runner.run({"SET", "k", value(2 << 20)}), kOk);
  const std::uint64_t used = runner.store().used_bytes();
  ASSERT_EQ(runner.run({"SET", "k", value(2 << 20)}), kOk);
  EXPECT_EQ(runner.store().used_bytes(), used);
  ASSERT_EQ(runner.run({"APPEND", "k", value(1 << 20)}), integer(3 << 20));
  EXPECT_EQ(runner.run({"GETSET", "k", value(100'000)}).size(), (3u << 20) + 12);
  expect_exact(runner);
}

TEST(Arriving, UnderNoEvictionTheValueIsPassedOverAndRefused) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory, .policy = PolicyKind::kNoEviction});
  ASSERT_EQ(runner.run({"SET", "old", value(6 << 20)}), kOk);
  const std::uint64_t used = runner.store().used_bytes();
  const std::string request = encode_request({"SET", "big", value(3 << 20)}) + encode_request({"STRLEN", "old"});
  EXPECT_EQ(runner.send(request), kOom + integer(6 << 20));
  EXPECT_EQ(runner.store().used_bytes(), used);
  // The refusal is that request's alone.
  EXPECT_EQ(runner.run({"SET", "fits", value(100'000)}), kOk);
  EXPECT_EQ(runner.run({"SET", "never", value(9 << 20)}),
            error("OOM the item is larger than 'maxmemory' can ever hold"));
  expect_exact(runner);
}

TEST(Arriving, WhatStoresNothingIsNotRefused) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory, .policy = PolicyKind::kNoEviction});
  ASSERT_EQ(runner.run({"SET", "old", value(6 << 20)}), kOk);
  EXPECT_EQ(runner.run({"EXISTS", value(3 << 20)}), integer(0));
  expect_exact(runner);
}

TEST(Arriving, SeveralLargeValuesOfOneRequestAreRoomTogether) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  fill_with_small_items(runner);
  const std::string request = encode_request({"MSET", "a", value(1 << 20), "b", "small", "c", value(2 << 20)});
  runner.send(std::string_view(request).substr(0, (5 << 20) / 2));
  EXPECT_GT(runner.store().stats().receiving_bytes, (2u << 20));
  EXPECT_EQ(runner.send(std::string_view(request).substr((5 << 20) / 2)), kOk);
  EXPECT_EQ(runner.run({"STRLEN", "c"}), integer(2 << 20));
  expect_exact(runner);
}

TEST(Arriving, SeveralThatDoNotFitTogetherAreRefusedTogether) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  ASSERT_EQ(runner.run({"SET", "k", "v"}), kOk);
  const std::string request = encode_request({"MSET", "a", value(5 << 20), "b", value(5 << 20), "c", value(1 << 20)});
  EXPECT_EQ(runner.send(request), kOom);
  EXPECT_EQ(runner.run({"EXISTS", "a", "b", "c"}), integer(0));
  expect_exact(runner);
}

TEST(Arriving, ManySmallValuesOfOneRequestMakeTheirRoomWhileTheyCome) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  fill_with_small_items(runner);
  std::vector<std::string> arguments = {"MSET"};
  for (int i = 0; i < 50; ++i) {
    arguments.push_back("key:" + std::to_string(i));
    arguments.push_back(value(60'000));
  }
  const std::string request = encode_request(arguments);
  // As the network brings it.
  std::size_t at = 0;
  for (; request.size() - at > limits::kReadBufferBytes; at += limits::kReadBufferBytes) {
    EXPECT_EQ(runner.send(std::string_view(request).substr(at, limits::kReadBufferBytes)), "");
  }
  EXPECT_GT(runner.store().stats().receiving_bytes, 2'600'000u);
  EXPECT_EQ(runner.send(std::string_view(request).substr(at)), kOk);
  expect_exact(runner);
}

// The old value is there while the new one is joined, and not kept beside it.
TEST(Arriving, AppendingToALargeValueKeepsTheGrowthAlone) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory, .policy = PolicyKind::kNoEviction});
  ASSERT_EQ(runner.run({"SET", "k", value(2 << 20)}), kOk);
  const std::uint64_t used = runner.store().used_bytes();
  EXPECT_EQ(runner.run({"APPEND", "k", "more"}), integer((2 << 20) + 4));
  EXPECT_EQ(runner.run({"APPEND", "k", value(1 << 20)}), integer((3 << 20) + 4));
  EXPECT_LE(runner.store().used_bytes(), used + (1 << 20) + 2 * kPageBytes);
  expect_exact(runner);
}

// Two values that need each other's room: one is refused, not both kept waiting for ever.
TEST(Arriving, AValueThatFindsNoRoomForLongIsRefused) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = kMaxmemory});
  TestClient& first = runner.new_client();
  TestClient& second = runner.new_client();
  const std::string request = encode_request({"SET", "big", value(6 << 20)});
  first.send(std::string_view(request).substr(0, 4 << 20));
  EXPECT_EQ(second.send(request), "");
  runner.advance_ms(limits::kRoomWaitMsMax + 1);
  EXPECT_EQ(second.send(encode_request({"PING"})), kOom + "+PONG\r\n");
  EXPECT_EQ(first.send(std::string_view(request).substr(4 << 20)), kOk);
  expect_exact(runner);
}

}  // namespace
}  // namespace larder
