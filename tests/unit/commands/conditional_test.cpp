// SET IFEQ, DELEX and their relatives beyond what the vectors show: large values, memory, batches.
#include <gtest/gtest.h>

#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

TEST(ConditionalCommands, ALargeValueIsReplacedWithoutTakingTwice) {
  CommandRunner runner({.maxmemory_bytes = 40 << 20, .policy = PolicyKind::kNoEviction});
  const std::string before(10 << 20, 'a');
  const std::string after(11 << 20, 'b');
  ASSERT_EQ(runner.run({"SET", "k", before}), kOk);
  EXPECT_EQ(runner.run({"SET", "k", after, "IFEQ", before}), kOk);
  EXPECT_EQ(runner.run({"SET", "k", "x", "IFEQ", before}), kNull);
  EXPECT_EQ(runner.run({"STRLEN", "k"}), integer(11 << 20));
  EXPECT_EQ(runner.store().budget().pinned_bytes(), 0u);
  EXPECT_EQ(runner.run({"DELEX", "k", "IFEQ", after}), integer(1));
  EXPECT_LT(runner.store().used_bytes(), 1u << 20);
  EXPECT_EQ(runner.store().budget().pinned_bytes(), 0u);
  runner.store().check_invariants();
}

TEST(ConditionalCommands, RoomIsMadeBetweenTheLookAndTheWrite) {
  CommandRunner runner({.maxmemory_bytes = 32 << 20, .policy = PolicyKind::kAllKeysLru});
  const std::string before(1 << 20, 'a');
  for (int i = 0; i < 100; ++i) runner.run({"SET", "other" + std::to_string(i), before});
  ASSERT_EQ(runner.run({"SET", "k", before}), kOk);
  EXPECT_EQ(runner.run({"SET", "k", std::string(12 << 20, 'b'), "IFEQ", before}), kOk);
  EXPECT_EQ(runner.run({"STRLEN", "k"}), integer(12 << 20));
  runner.store().check_invariants();
}

// The shard's lock that a batch keeps from one command to the next is given up first.
TEST(ConditionalCommands, AreOneOfManyInABatch) {
  CommandRunner runner({.shards = 1});
  std::string batch;
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    batch += encode_request({"SET", "k", std::to_string(i)});
    batch += encode_request({"SET", "k", "x", "IFEQ", std::to_string(i)});
    batch += encode_request({"SET", "k", "y", "IFEQ", std::to_string(i)});
    batch += encode_request({"GET", "k"});
    expected += std::string(kOk) + std::string(kOk) + std::string(kNull) + bulk("x");
  }
  EXPECT_EQ(runner.send(batch), expected);
}

TEST(ConditionalCommands, ALargeValueIsReplacedByItsDigestWithoutTakingTwice) {
  CommandRunner runner({.maxmemory_bytes = 40 << 20, .policy = PolicyKind::kNoEviction});
  ASSERT_EQ(runner.run({"SET", "k", std::string(10 << 20, 'a')}), kOk);
  const std::string digest = runner.run({"DIGEST", "k"}).substr(5, 16);
  EXPECT_EQ(runner.run({"SET", "k", "x", "IFDNE", digest}), kNull);
  EXPECT_EQ(runner.run({"SET", "k", std::string(11 << 20, 'b'), "IFDEQ", digest}), kOk);
  EXPECT_EQ(runner.run({"DELEX", "k", "IFDEQ", digest}), integer(0));
  EXPECT_EQ(runner.run({"DELEX", "k", "IFDNE", digest}), integer(1));
  EXPECT_LT(runner.store().used_bytes(), 1u << 20);
  EXPECT_EQ(runner.store().budget().pinned_bytes(), 0u);
  runner.store().check_invariants();
}

TEST(ConditionalCommands, ADigestLooksAtAValueWithoutHoldingItsShard) {
  CommandRunner runner({.maxmemory_bytes = 32 << 20, .policy = PolicyKind::kAllKeysLru});
  for (int i = 0; i < 100; ++i) runner.run({"SET", "other" + std::to_string(i), std::string(1 << 20, 'a')});
  ASSERT_EQ(runner.run({"SET", "k", std::string(1 << 20, 'a')}), kOk);
  const std::string digest = runner.run({"DIGEST", "k"}).substr(5, 16);
  EXPECT_EQ(runner.run({"SET", "k", std::string(12 << 20, 'b'), "IFDEQ", digest}), kOk);
  EXPECT_EQ(runner.run({"STRLEN", "k"}), integer(12 << 20));
  runner.store().check_invariants();
}

TEST(ConditionalCommands, MsetexStoresAllOrNothing) {
  CommandRunner runner({.shards = 4, .maxmemory_bytes = 64 << 20, .policy = PolicyKind::kNoEviction});
  const std::string large(15 << 20, 'x');
  EXPECT_EQ(runner.run({"MSETEX", "2", "a", large, "b", large, "PX", "1000"}), integer(1));
  const std::string refused = runner.run({"MSETEX", "3", "c", large, "d", large, "e", large, "PX", "1000"});
  EXPECT_EQ(refused.substr(0, 4), "-OOM");
  EXPECT_EQ(runner.run({"EXISTS", "a", "b", "c", "d", "e"}), integer(2));
  runner.advance_ms(1000);
  EXPECT_EQ(runner.run({"EXISTS", "a", "b"}), integer(0));
  runner.store().check_invariants();
}

TEST(ConditionalCommands, CompareBytesAndNotNumbers) {
  CommandRunner runner;
  const std::string binary("\0\r\n\xff", 4);
  runner.run({"SET", "k", binary});
  EXPECT_EQ(runner.run({"DELIFEQ", "k", std::string("\0\r\n\xfe", 4)}), integer(0));
  EXPECT_EQ(runner.run({"DELIFEQ", "k", binary}), integer(1));
  runner.run({"SET", "n", "1"});
  EXPECT_EQ(runner.run({"DELIFEQ", "n", "01"}), integer(0));
}

}  // namespace
}  // namespace larder::test
