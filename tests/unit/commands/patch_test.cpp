// SETRANGE and SETBIT on values of every size: against a string that is treated the same way.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/limits.h"
#include "larder/base/memory_range.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

TEST(PatchCommands, AreWhatWritingIntoAStringIs) {
  CommandRunner runner;
  SplitMix64 random(7);
  std::string expected;
  for (int round = 0; round < 600; ++round) {
    const std::size_t at = random.below(round % 10 == 0 ? 300'000 : expected.size() + 100);
    if (random.below(2) == 0) {
      const std::string part(1 + random.below(round % 7 == 0 ? 100'000 : 50),
                             static_cast<char>('a' + random.below(26)));
      if (at + part.size() > expected.size()) expected.resize(at + part.size());
      expected.replace(at, part.size(), part);
      ASSERT_EQ(runner.run({"SETRANGE", "k", std::to_string(at), part}),
                integer(static_cast<std::int64_t>(expected.size())));
    } else {
      const std::size_t offset = at * 8 + random.below(8);
      const bool bit = random.below(2) == 0;
      if (at >= expected.size()) expected.resize(at + 1);
      const auto mask = static_cast<char>(0x80 >> (offset % 8));
      const bool old = (expected[at] & mask) != 0;
      expected[at] = static_cast<char>(bit ? expected[at] | mask : expected[at] & ~mask);
      ASSERT_EQ(runner.run({"SETBIT", "k", std::to_string(offset), bit ? "1" : "0"}), integer(old ? 1 : 0));
    }
    if (expected.size() < 400'000 || round % 50 == 0) {
      ASSERT_EQ(runner.run({"GET", "k"}), bulk(expected)) << round;
    }
    // It begins anew at times, so that short ones have their turn.
    if (round % 60 == 59) {
      runner.run({"DEL", "k"});
      expected.clear();
    }
  }
  runner.store().check_invariants();
}

// Behind what was there a large value has zeroes, whatever was in its pages before.
TEST(PatchCommands, WhatIsSkippedIsZeroes) {
  CommandRunner runner;
  runner.run({"SET", "dirty", std::string(300'000, 'x')});
  runner.run({"DEL", "dirty"});
  runner.run({"SETRANGE", "k", "299999", "y"});
  std::string expected(300'000, '\0');
  expected.back() = 'y';
  EXPECT_EQ(runner.run({"GET", "k"}), bulk(expected));
}

// In place where nobody reads it; whoever does, keeps what he looked at.
TEST(PatchCommands, AValueThatIsBeingReadStaysWhatItWas) {
  CommandRunner runner;
  const std::string before(1 << 20, 'a');
  runner.run({"SET", "k", before});
  const Key key = runner.store().key(0, "k");
  BlobRef reader;
  runner.store().run(key, runner.now_ms(), [&](Shard& shard, Op& op) {
    reader = BlobRef::share(shard.get(key, Touch::kNo, op)->blob);
    return StatusCode::kOk;
  });
  EXPECT_EQ(runner.run({"SETRANGE", "k", "0", "b"}), integer(1 << 20));
  EXPECT_EQ(runner.run({"SETBIT", "k", "8", "1"}), integer(0));
  EXPECT_EQ(reader->view(), before);
  EXPECT_EQ(runner.run({"GETRANGE", "k", "0", "2"}), bulk("b\xe1"
                                                          "a"));
}

TEST(PatchCommands, AreRefusedWhereThereIsNoRoomAndChangeNothing) {
  CommandRunner runner({.maxmemory_bytes = 16 << 20, .policy = PolicyKind::kNoEviction});
  runner.run({"SET", "k", std::string(10 << 20, 'a')});
  EXPECT_EQ(runner.run({"SETRANGE", "other", std::to_string(8 << 20), "b"}).substr(0, 4), "-OOM");
  EXPECT_EQ(runner.run({"SETBIT", "other", std::to_string(8 * (8 << 20)), "1"}).substr(0, 4), "-OOM");
  // More than can ever fit is not even made.
  EXPECT_EQ(runner.run({"SETRANGE", "other", "500000000", "b"}).substr(0, 4), "-OOM");
  EXPECT_EQ(runner.run({"STRLEN", "k"}), integer(10 << 20));
  EXPECT_EQ(runner.run({"SETRANGE", "k", "5", "b"}), integer(10 << 20));
  EXPECT_EQ(runner.run({"EXISTS", "other"}), integer(0));
  runner.store().check_invariants();
}

// Both are there while one is made of the other.
TEST(PatchCommands, TheNewValueCountsBesideTheOneThatItIsMadeOf) {
  constexpr std::size_t kValueBytes = 10 << 20;
  constexpr std::uint64_t kMaxmemory = 32 << 20;
  for (const std::vector<std::string>& write : {std::vector<std::string>{"APPEND", "k", "b"},
                                                {"SETRANGE", "k", std::to_string(kValueBytes), "b"},
                                                {"SETBIT", "k", std::to_string(8 * kValueBytes), "1"}}) {
    CommandRunner runner({.maxmemory_bytes = kMaxmemory});
    runner.run({"SET", "k", std::string(kValueBytes, 'a')});
    const std::uint64_t used = runner.store().used_bytes();
    EXPECT_EQ(runner.run(write).front(), ':') << write[0];
    EXPECT_EQ(runner.run({"STRLEN", "k"}), integer(kValueBytes + 1));
    EXPECT_GE(runner.store().stats().peak_bytes, used + kValueBytes) << write[0];
    EXPECT_LE(runner.store().stats().peak_bytes, kMaxmemory);
    EXPECT_LE(runner.store().used_bytes(), used + 2 * kPageBytes);
    runner.store().check_invariants();
  }
}

TEST(PatchCommands, WhereThereIsNoRoomForBothTheValueStays) {
  for (const PolicyKind policy : {PolicyKind::kNoEviction, PolicyKind::kAllKeysLru}) {
    CommandRunner runner({.maxmemory_bytes = 16 << 20, .policy = policy});
    runner.run({"SET", "k", std::string(10 << 20, 'a')});
    EXPECT_EQ(runner.run({"APPEND", "k", "b"}).substr(0, 4), "-OOM");
    EXPECT_EQ(runner.run({"STRLEN", "k"}), integer(10 << 20));
    runner.store().check_invariants();
  }
}

TEST(PatchCommands, InsideATransactionTheRoomForBothIsMadeBefore) {
  constexpr std::uint64_t kMaxmemory = 32 << 20;
  CommandRunner runner({.maxmemory_bytes = kMaxmemory});
  const std::string filling(100'000, 'f');
  for (int i = 0; i < 400; ++i) runner.run({"SET", std::to_string(i), filling});
  runner.advance_ms(1);
  runner.run({"SET", "k", std::string(5 << 20, 'a')});
  runner.run({"MULTI"});
  for (int i = 0; i < 3; ++i) runner.run({"APPEND", "k", "b"});
  runner.run({"COPY", "k", "copy"});
  EXPECT_EQ(runner.run({"EXEC"}),
            array({integer((5 << 20) + 1), integer((5 << 20) + 2), integer((5 << 20) + 3), integer(1)}));
  EXPECT_LE(runner.store().stats().peak_bytes, kMaxmemory);
  runner.store().check_invariants();
}

TEST(PatchCommands, InsideATransactionThereIsRoomBesideWhatWasStoredInItToo) {
  constexpr std::uint64_t kMaxmemory = 32 << 20;
  CommandRunner runner({.maxmemory_bytes = kMaxmemory});
  const std::string filling(100'000, 'f');
  for (int i = 0; i < 400; ++i) runner.run({"SET", std::to_string(i), filling});
  runner.run({"SET", "grown", std::string(2 << 20, 'a')});
  runner.run({"MULTI"});
  for (int i = 0; i < 2; ++i) runner.run({"APPEND", "grown", std::string(3 << 20, 'b')});
  EXPECT_EQ(runner.run({"EXEC"}), array({integer(5 << 20), integer(8 << 20)}));
  runner.run({"MULTI"});
  runner.run({"SET", "new", std::string(5 << 20, 'a')});
  runner.run({"APPEND", "new", "b"});
  EXPECT_EQ(runner.run({"EXEC"}), array({std::string(kOk), integer((5 << 20) + 1)}));
  EXPECT_LE(runner.store().stats().peak_bytes, kMaxmemory);
  runner.store().check_invariants();
}

}  // namespace
}  // namespace larder::test
