// What the server was asked to show first: with room for three items the least recently used one goes, under the policy
// of that name. Over a socket, a thousand times.
#include <gtest/gtest.h>

#include <string>

#include "support/test_server.h"

namespace larder::test {
namespace {

constexpr int kRuns = 1'000;

class LruDemonstrationTest : public testing::TestWithParam<const char*> {
 protected:
  TestServer server_{{{"maxitems", "3"}, {"maxmemory-policy", "allkeys-lru"}, {"threads", GetParam()}}};
};

TEST_P(LruDemonstrationTest, TheFourthItemReplacesTheOneUsedLongestAgo) {
  SocketClient client = server_.connect();
  const std::string requests =
      "SET a 1\r\nSET b 2\r\nSET c 3\r\nGET a\r\nGET b\r\nGET c\r\nSET d 4\r\nGET a\r\nGET d\r\nFLUSHALL\r\n";
  const std::string replies = "+OK\r\n+OK\r\n+OK\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n+OK\r\n$-1\r\n$1\r\n4\r\n+OK\r\n";
  for (int run = 0; run < kRuns; ++run) ASSERT_EQ(client.exchange(requests, replies), replies) << "run " << run;
}

// The accesses 1 2 3 1 4 5: a miss inserts. 4 replaces 2, 5 replaces 3; 1, 4 and 5 are left.
TEST_P(LruDemonstrationTest, TheAccesses123145EvictTwoAndThenThree) {
  SocketClient client = server_.connect();
  const std::string before =
      "SET 1 x\r\nSET 2 x\r\nSET 3 x\r\nGET 1\r\nSET 4 x\r\nEXISTS 1\r\nEXISTS 2\r\nEXISTS 3\r\nEXISTS 4\r\n";
  const std::string before_replies = "+OK\r\n+OK\r\n+OK\r\n$1\r\nx\r\n+OK\r\n:1\r\n:0\r\n:1\r\n:1\r\n";
  const std::string after = "SET 5 x\r\nGET 1\r\nGET 2\r\nGET 3\r\nGET 4\r\nGET 5\r\nFLUSHALL\r\n";
  const std::string after_replies = "+OK\r\n$1\r\nx\r\n$-1\r\n$-1\r\n$1\r\nx\r\n$1\r\nx\r\n+OK\r\n";
  for (int run = 0; run < kRuns; ++run) {
    ASSERT_EQ(client.exchange(before, before_replies), before_replies) << "run " << run;
    ASSERT_EQ(client.exchange(after, after_replies), after_replies) << "run " << run;
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, LruDemonstrationTest, testing::Values("1", "4"),
                         [](const auto& test) { return std::string("Threads") + test.param; });

}  // namespace
}  // namespace larder::test
