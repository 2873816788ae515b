// OBJECT. Replies that do not depend on time or policy are in protocol/vectors/inspection.vec.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Object, IdleTimeIsInSecondsSinceTheLastUse) {
  CommandRunner runner;
  runner.run({"SET", "k", "v"});
  runner.advance_ms(2'999);
  EXPECT_EQ(runner.run({"OBJECT", "IDLETIME", "k"}), integer(2));
  runner.run({"GET", "k"});
  runner.advance_ms(1'000);
  EXPECT_EQ(runner.run({"OBJECT", "IDLETIME", "k"}), integer(1));
}

TEST(Object, NothingOfItIsAUse) {
  CommandRunner runner({.maxitems = 2});
  runner.run({"SET", "cold", "v"});
  runner.advance_ms(10);
  runner.run({"SET", "warm", "v"});
  runner.advance_ms(5'000);
  for (const char* what : {"ENCODING", "REFCOUNT", "IDLETIME", "FREQ"}) runner.run({"OBJECT", what, "cold"});
  runner.run({"MEMORY", "USAGE", "cold"});
  EXPECT_EQ(runner.run({"OBJECT", "IDLETIME", "cold"}), integer(5));
  runner.run({"SET", "new", "v"});
  EXPECT_EQ(runner.run({"GET", "cold"}), kNull);
  EXPECT_EQ(runner.run({"EXISTS", "warm"}), integer(1));
}

TEST(Object, FrequencyCountsUsesUnderAnLfuPolicy) {
  CommandRunner runner({.policy = PolicyKind::kAllKeysLfu});
  runner.run({"SET", "k", "v"});
  EXPECT_EQ(runner.run({"OBJECT", "FREQ", "k"}), integer(1));
  for (int i = 0; i < 9; ++i) runner.run({"GET", "k"});
  EXPECT_EQ(runner.run({"OBJECT", "FREQ", "k"}), integer(10));
}

TEST(Object, FrequencyAndIdleTimeAreBothKnownToTinyLfu) {
  CommandRunner runner({.policy = PolicyKind::kAllKeysTinyLfu});
  runner.run({"SET", "k", "v"});
  runner.advance_ms(7'000);
  EXPECT_EQ(runner.run({"OBJECT", "IDLETIME", "k"}), integer(7));
  EXPECT_THAT(runner.run({"OBJECT", "FREQ", "k"}), StartsWith(":"));
}

TEST(Object, KeysThatAVolatileLfuDoesNotCountHaveFrequencyZero) {
  CommandRunner runner({.policy = PolicyKind::kVolatileLfu});
  runner.run({"SET", "stays", "v"});
  runner.run({"SET", "expires", "v", "EX", "100"});
  EXPECT_EQ(runner.run({"OBJECT", "FREQ", "stays"}), integer(0));
  EXPECT_EQ(runner.run({"OBJECT", "FREQ", "expires"}), integer(1));
}

TEST(Object, PoliciesWithoutTimesSayWhichPolicyItIs) {
  for (const PolicyKind policy : {PolicyKind::kNoEviction, PolicyKind::kAllKeysRandom}) {
    CommandRunner runner({.policy = policy});
    runner.run({"SET", "k", "v"});
    const std::string reply = runner.run({"OBJECT", "IDLETIME", "k"});
    EXPECT_THAT(reply, StartsWith("-ERR The maxmemory policy " + std::string(policy_name(policy)) + " "));
    EXPECT_THAT(reply, HasSubstr("idle time not tracked"));
  }
}

TEST(Object, AnswersWhileItemsAreBeingHandedToANewPolicy) {
  CommandRunner runner;
  runner.run({"SET", "k", "v"});
  runner.store().set_policy(PolicyKind::kAllKeysLfu);
  EXPECT_EQ(runner.run({"OBJECT", "FREQ", "k"}), integer(0));
  runner.maintain();
  EXPECT_EQ(runner.run({"OBJECT", "FREQ", "k"}), integer(1));
  runner.store().set_policy(PolicyKind::kAllKeysLru);
  EXPECT_EQ(runner.run({"OBJECT", "IDLETIME", "k"}), integer(0));
}

TEST(Object, ExpiredKeysAreNotThere) {
  CommandRunner runner;
  runner.run({"SET", "k", "v", "PX", "10"});
  runner.advance_ms(10);
  EXPECT_EQ(runner.run({"OBJECT", "ENCODING", "k"}), kNull);
  EXPECT_EQ(runner.run({"OBJECT", "IDLETIME", "k"}), kNull);
  EXPECT_EQ(runner.run({"MEMORY", "USAGE", "k"}), kNull);
}

TEST(Object, KeysAreThoseOfTheSelectedDatabase) {
  CommandRunner runner;
  runner.run({"SET", "k", "v"});
  runner.run({"SELECT", "1"});
  EXPECT_EQ(runner.run({"OBJECT", "ENCODING", "k"}), kNull);
  EXPECT_EQ(runner.run({"MEMORY", "USAGE", "k"}), kNull);
}

}  // namespace
}  // namespace larder::test
