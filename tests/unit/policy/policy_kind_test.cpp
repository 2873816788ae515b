#include "larder/policy/policy_kind.h"

#include <gtest/gtest.h>

#include <string>

namespace larder {
namespace {

TEST(ParsePolicy, TakesEveryNameInAnyCase) {
  for (const PolicyKind kind : kPolicyKinds) {
    EXPECT_EQ(parse_policy(policy_name(kind)).value(), kind);
  }
  EXPECT_EQ(parse_policy("AllKeys-LRU").value(), PolicyKind::kAllKeysLru);
  EXPECT_EQ(parse_policy("VOLATILE-TTL").value(), PolicyKind::kVolatileTtl);
}

TEST(ParsePolicy, NamesEveryPolicyWhenItKnowsNoneOfThatName) {
  for (const char* name : {"", "lru", "allkeys-lru ", "no\neviction", "volatile-s3fifo"}) {
    const Result<PolicyKind> result = parse_policy(name);
    ASSERT_FALSE(result.is_ok());
    EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(result.status().message().find("is not an eviction policy; choose noeviction, allkeys-lru, allkeys-lfu, "
                                             "allkeys-random, allkeys-s3fifo, allkeys-tinylfu, volatile-lru, "
                                             "volatile-lfu, volatile-random or volatile-ttl"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace larder
