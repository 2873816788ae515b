// LCS of values that take more than one slice; what the replies look like is in the vectors.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "commands/lcs_walk.h"
#include "larder/base/hash.h"
#include "larder/base/limits.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

std::string letters(SplitMix64& random, std::size_t bytes, std::uint64_t alphabet) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>('a' + random.below(alphabet));
  return text;
}

// The whole table of lengths, and the way back through it that prefers to shorten the second value.
std::vector<LcsWalk::Match> plain_matches(const std::string& a, const std::string& b, std::uint32_t& length) {
  std::vector<std::vector<std::uint32_t>> table(a.size() + 1, std::vector<std::uint32_t>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
    }
  }
  length = table[a.size()][b.size()];
  std::vector<LcsWalk::Match> matches;
  bool goes_on = false;
  for (std::size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      if (!goes_on) matches.push_back({i, j, 0});
      goes_on = true;
      matches.back() = {--i, --j, matches.back().length + 1};
    } else {
      goes_on = false;
      table[i - 1][j] > table[i][j - 1] ? --i : --j;
    }
  }
  return matches;
}

TEST(LcsWalkTest, FindsWhatTheWholeTableSaysHoweverItIsSliced) {
  SplitMix64 random(11);
  for (int round = 0; round < 300; ++round) {
    const std::string a = letters(random, random.below(round % 10 == 0 ? 3'000 : 60), 1 + random.below(5));
    const std::string b = letters(random, random.below(round % 7 == 0 ? 1'000 : 60), 1 + random.below(5));
    std::uint32_t length = 0;
    const auto expected = plain_matches(a, b, length);
    LcsWalk walk(a, b, true);
    LcsWalk only_length(a, b, false);
    while (!walk.step(1 + random.below(10'000))) {
    }
    while (!only_length.step(100)) {
    }
    ASSERT_EQ(walk.length(), length);
    ASSERT_EQ(only_length.length(), length);
    ASSERT_EQ(walk.matches().size(), expected.size()) << a << " " << b;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(walk.matches()[i].a, expected[i].a);
      ASSERT_EQ(walk.matches()[i].b, expected[i].b);
      ASSERT_EQ(walk.matches()[i].length, expected[i].length);
    }
  }
}

class LcsTest : public testing::Test {
 protected:
  static constexpr std::size_t kBytes = 2'000;  // of each: a dozen slices

  LcsTest() {
    SplitMix64 random(3);
    a_ = letters(random, kBytes, 4);
    b_ = letters(random, kBytes, 4);
    runner_.run({"MSET", "a", a_, "b", b_});
    plain_matches(a_, b_, length_);
  }

  std::string a_;
  std::string b_;
  std::uint32_t length_ = 0;
  CommandRunner runner_;
  TestClient& other_ = runner_.new_client();
};

TEST_F(LcsTest, OfLongValuesLetsTheOthersHaveTheirTurns) {
  EXPECT_EQ(runner_.send(encode_request({"LCS", "a", "b", "LEN"}) + encode_request({"PING"})), "");
  EXPECT_TRUE(runner_.client().session().parked());
  EXPECT_EQ(other_.run({"SET", "a", "other"}), kOk);
  runner_.pump();
  EXPECT_EQ(runner_.client().take_output(), integer(length_) + "+PONG\r\n");
  EXPECT_EQ(runner_.run({"LCS", "a", "b", "LEN"}).front(), ':');
}

TEST_F(LcsTest, OfLongValuesTellsTheSubsequenceAndItsParts) {
  EXPECT_EQ(runner_.run({"LCS", "a", "b"}), "");
  runner_.pump();
  EXPECT_EQ(runner_.client().take_output().substr(0, 6), bulk(std::string(length_, 'x')).substr(0, 6));
  EXPECT_EQ(runner_.run({"LCS", "a", "b", "IDX"}), "");
  runner_.pump();
  const std::string reply = runner_.client().take_output();
  EXPECT_TRUE(reply.ends_with(bulk("len") + integer(length_)));
}

TEST_F(LcsTest, WhoseClientLeavesGivesItsMemoryBack) {
  runner_.run({"SET", "long", std::string(11'000, 'x')});
  std::vector<TestClient*> clients;
  std::string reply;
  for (int i = 0; i < 8 && reply.empty(); ++i) {
    clients.push_back(&runner_.new_client());
    reply = clients.back()->run({"LCS", "long", "long"});
  }
  EXPECT_EQ(reply, error("ERR Insufficient memory for so many LCS at a time; try again later"));
  EXPECT_GT(clients.size(), 3u);
  for (TestClient* const client : clients) client->disconnect();
  runner_.pump();
  EXPECT_EQ(other_.run({"LCS", "long", "long"}), "");
}

TEST_F(LcsTest, InsideATransactionIsBounded) {
  other_.run({"MULTI"});
  other_.run({"LCS", "a", "b", "LEN"});
  other_.run({"MSET", "c", std::string(1'000, 'x'), "d", std::string(1'000, 'x')});
  other_.run({"LCS", "c", "d", "LEN"});
  EXPECT_EQ(other_.run({"EXEC"}),
            array({error("ERR LCS of values as long as these is not executed inside a transaction"), std::string(kOk),
                   integer(1'000)}));
}

}  // namespace
}  // namespace larder::test
