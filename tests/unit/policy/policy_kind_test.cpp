#include "larder/policy/policy_kind.h"

#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

TEST(ParsePolicy, TakesItsOwnNamesInAnyCase) {
  for (const PolicyKind kind : {PolicyKind::kNoEviction, PolicyKind::kAllKeysLru}) {
    EXPECT_EQ(parse_policy(policy_name(kind)).value(), kind);
  }
  EXPECT_EQ(parse_policy("AllKeys-LRU").value(), PolicyKind::kAllKeysLru);
}

TEST(ParsePolicy, SaysThatAKnownPolicyIsNotThereYet) {
  for (const char* name : {"allkeys-lfu", "allkeys-random", "allkeys-s3fifo", "allkeys-tinylfu", "volatile-lru",
                           "volatile-lfu", "volatile-random", "volatile-ttl"}) {
    const Result<PolicyKind> result = parse_policy(name);
    ASSERT_FALSE(result.is_ok());
    EXPECT_EQ(result.status().message(),
              "'" + std::string(name) + "' is not available in this version; choose noeviction or allkeys-lru");
  }
}

TEST(ParsePolicy, SaysThatAnUnknownNameIsNoPolicy) {
  for (const char* name : {"", "lru", "allkeys-lru ", "no\neviction"}) {
    const Result<PolicyKind> result = parse_policy(name);
    ASSERT_FALSE(result.is_ok());
    EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(result.status().message().find("is not an eviction policy; choose noeviction or allkeys-lru"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace larder
