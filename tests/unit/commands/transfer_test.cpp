// RENAME and COPY beyond what the vectors show: memory, limits, several shards.
#include <gtest/gtest.h>

#include <string>

#include "larder/base/page_arena.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

std::string value(std::size_t bytes) {
  return std::string(bytes, 'v');
}

class TransferCommands : public testing::TestWithParam<std::uint32_t> {
 protected:
  ~TransferCommands() override { runner_.store().check_invariants(); }

  std::string run(const std::vector<std::string>& arguments) { return runner_.run(arguments); }

  CommandRunner runner_{{.shards = GetParam()}};
};

INSTANTIATE_TEST_SUITE_P(Shards, TransferCommands, testing::Values(1, 16));

TEST_P(TransferCommands, RenamingTakesNoMemory) {
  run({"SET", "k", value(1 << 20)});
  const std::uint64_t used = runner_.store().used_bytes();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(run({"RENAME", i == 0 ? "k" : "k" + std::to_string(i - 1), "k" + std::to_string(i)}), kOk);
  }
  EXPECT_EQ(run({"STRLEN", "k99"}), integer(1 << 20));
  EXPECT_EQ(run({"DBSIZE"}), integer(1));
  EXPECT_NEAR(static_cast<double>(runner_.store().used_bytes()), static_cast<double>(used), 200'000);
}

TEST_P(TransferCommands, RenamingOntoAnotherGivesItsMemoryBack) {
  run({"SET", "a", value(1 << 20)});
  const std::uint64_t used = runner_.store().used_bytes();
  run({"SET", "b", value(1 << 20)});
  EXPECT_EQ(run({"RENAME", "a", "b"}), kOk);
  EXPECT_EQ(run({"DBSIZE"}), integer(1));
  EXPECT_NEAR(static_cast<double>(runner_.store().used_bytes()), static_cast<double>(used), 200'000);
}

TEST_P(TransferCommands, ACopyIsMemoryOfItsOwn) {
  run({"SET", "a", value(1 << 20)});
  const std::uint64_t used = runner_.store().used_bytes();
  EXPECT_EQ(run({"COPY", "a", "b"}), integer(1));
  EXPECT_GE(runner_.store().used_bytes(), used + (1 << 20));
  EXPECT_EQ(run({"SETRANGE", "b", "0", "x"}), integer(1 << 20));
  EXPECT_EQ(run({"GETRANGE", "a", "0", "1"}), bulk("vv"));
  EXPECT_EQ(run({"GETRANGE", "b", "0", "1"}), bulk("xv"));
  EXPECT_EQ(run({"DEL", "a", "b"}), integer(2));
  EXPECT_LT(runner_.store().used_bytes(), used);
}

TEST_P(TransferCommands, AKeyThatIsTooLongIsRefusedAndNothingHasChanged) {
  const std::string longer(70'000, 'k');
  run({"SET", "a", "v"});
  const std::string refused = error("ERR key is too long (at most 65535 bytes)");
  EXPECT_EQ(run({"RENAME", "a", longer}), refused);
  EXPECT_EQ(run({"RENAMENX", "a", longer}), refused);
  EXPECT_EQ(run({"COPY", "a", longer}), refused);
  EXPECT_EQ(run({"GET", "a"}), bulk("v"));
}

TEST(TransferAtTheLimit, RenamingNeedsNoRoomAndCopyingDoes) {
  CommandRunner runner({.maxmemory_bytes = 16 << 20, .policy = PolicyKind::kNoEviction});
  int stored = 0;
  while (runner.run({"SET", "k" + std::to_string(stored), value(1 << 20)}) == kOk) ++stored;
  ASSERT_GT(stored, 8);
  EXPECT_EQ(runner.run({"RENAME", "k0", "other"}), kOk);
  EXPECT_EQ(runner.run({"STRLEN", "other"}), integer(1 << 20));
  EXPECT_EQ(runner.run({"COPY", "other", "copy"}), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(runner.run({"EXISTS", "other", "copy", "k0"}), integer(1));
  runner.store().check_invariants();
}

// What is copied has its room before it has its memory.
TEST(TransferAtTheLimit, ACopyThatFindsNoRoomIsNotMade) {
  CommandRunner runner({.maxmemory_bytes = 16 << 20, .policy = PolicyKind::kNoEviction});
  runner.run({"SET", "k", value(10 << 20)});
  PageArena& arena = PageArena::of_process();
  arena.release_warm();
  EXPECT_EQ(runner.run({"COPY", "k", "copy"}), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(arena.warm_bytes(), 0u);
  runner.store().check_invariants();
}

TEST(TransferAtTheLimit, ItemsAreCountedOnce) {
  CommandRunner runner({.maxitems = 2, .policy = PolicyKind::kNoEviction});
  runner.run({"MSET", "a", "1", "b", "2"});
  EXPECT_EQ(runner.run({"RENAME", "a", "c"}), kOk);
  EXPECT_EQ(runner.run({"COPY", "c", "b", "REPLACE"}), integer(1));
  EXPECT_EQ(runner.run({"COPY", "c", "d"}), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(runner.run({"MGET", "a", "b", "c", "d"}),
            array({std::string(kNull), bulk("1"), bulk("1"), std::string(kNull)}));
  runner.store().check_invariants();
}

}  // namespace
}  // namespace larder::test
