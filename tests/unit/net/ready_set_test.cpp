#include "net/ready_set.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <vector>

namespace larder::net {
namespace {

class Recorder final : public ReadyMember {
 public:
  void on_ready(Readiness now) override {
    told.push_back(now);
    if (then) then();
  }
  std::vector<Readiness> told;
  std::function<void()> then;
};

struct Pair {
  Pair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    ours = UniqueFd(fds[0]);
    theirs = UniqueFd(fds[1]);
  }
  void receive_from_peer() const { EXPECT_EQ(::write(theirs.get(), "x", 1), 1); }
  UniqueFd ours;
  UniqueFd theirs;
};

class ReadySetTest : public ::testing::Test {
 protected:
  // Runs what is ready now.
  void poll() {
    context_.restart();
    context_.poll();
  }

  asio::io_context context_{1};
  ReadySet set_{context_};
};

TEST_F(ReadySetTest, TellsWhatASocketIsReadyForAlready) {
  Pair pair;
  pair.receive_from_peer();
  Recorder member;
  ASSERT_TRUE(set_.add(pair.ours.get(), member));
  poll();
  ASSERT_EQ(member.told.size(), 1u);
  EXPECT_TRUE(member.told[0].readable);
  EXPECT_TRUE(member.told[0].writable);
  EXPECT_FALSE(member.told[0].hung_up);
  set_.remove(pair.ours.get(), member);
}

TEST_F(ReadySetTest, TellsOfAnEdgeOnceAndOfTheNextAgain) {
  Pair pair;
  Recorder member;
  ASSERT_TRUE(set_.add(pair.ours.get(), member));
  poll();
  member.told.clear();
  pair.receive_from_peer();
  poll();
  EXPECT_EQ(member.told.size(), 1u);
  poll();
  EXPECT_EQ(member.told.size(), 1u);  // what was not read makes no second edge
  pair.receive_from_peer();
  poll();
  EXPECT_EQ(member.told.size(), 2u);
  EXPECT_TRUE(member.told.back().readable);
  set_.remove(pair.ours.get(), member);
}

TEST_F(ReadySetTest, TellsThatThePeerHasEnded) {
  Pair pair;
  Recorder member;
  ASSERT_TRUE(set_.add(pair.ours.get(), member));
  poll();
  pair.theirs.reset();
  poll();
  EXPECT_TRUE(member.told.back().hung_up);
  EXPECT_TRUE(member.told.back().readable);
  set_.remove(pair.ours.get(), member);
}

TEST_F(ReadySetTest, ToldAtTheSameTimeOneMayRemoveTheOther) {
  std::array<Pair, 2> pairs;
  std::array<Recorder, 2> members;
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(set_.add(pairs[i].ours.get(), members[i]));
    members[i].then = [&, other = 1 - i] { set_.remove(pairs[other].ours.get(), members[other]); };
  }
  poll();
  EXPECT_EQ(members[0].told.size() + members[1].told.size(), 1u);
}

TEST_F(ReadySetTest, ServesMoreMembersThanOneRoundTells) {
  constexpr std::size_t kMembers = 400;
  std::vector<Pair> pairs(kMembers);
  std::vector<Recorder> members(kMembers);
  for (std::size_t i = 0; i < kMembers; ++i) ASSERT_TRUE(set_.add(pairs[i].ours.get(), members[i]));
  for (const Pair& pair : pairs) pair.receive_from_peer();
  poll();
  for (const Recorder& member : members) EXPECT_EQ(member.told.size(), 1u);
}

TEST_F(ReadySetTest, RefusesWhatIsNoSocket) {
  Recorder member;
  EXPECT_FALSE(set_.add(-1, member));
}

}  // namespace
}  // namespace larder::net
