// What waits for a client, and what becomes of it when the client is gone or too slow.
#include "commands/mailbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace larder {
namespace {

class MailboxTest : public ::testing::Test {
 protected:
  // Puts so many, and keeps an eye on each.
  std::vector<std::weak_ptr<const Push>> put(Mailbox& mailbox, int pushes) {
    std::vector<std::weak_ptr<const Push>> put;
    Wakeups wakeups;
    for (int i = 0; i < pushes; ++i) {
      auto push = std::make_shared<Push>();
      push->resp2 = "message";
      put.push_back(push);
      mailbox.put(std::move(push), wakeups);
    }
    return put;
  }
  static std::size_t alive(const std::vector<std::weak_ptr<const Push>>& pushes) {
    std::size_t count = 0;
    for (const auto& push : pushes) count += push.expired() ? 0 : 1;
    return count;
  }

  OutputLimits limits_;
  SharedCounter queued_bytes_;
  DiscardedPushes discarded_{queued_bytes_};
};

TEST_F(MailboxTest, WhatWaitedForAClientThatIsGoneIsFreedInSlicesByWhoeverHasTime) {
  Mailbox mailbox({.id = 1}, limits_, queued_bytes_, discarded_);
  const auto pushes = put(mailbox, 10'000);
  const std::uint64_t bytes = queued_bytes_.get();
  mailbox.close();
  EXPECT_EQ(mailbox.queued_bytes(), 0u);
  EXPECT_EQ(alive(pushes), 10'000u);
  EXPECT_EQ(queued_bytes_.get(), bytes) << "it counts until it is freed";
  EXPECT_TRUE(discarded_.free_some(4'000));
  EXPECT_EQ(alive(pushes), 6'000u);
  EXPECT_TRUE(discarded_.free_some(4'000));
  EXPECT_FALSE(discarded_.free_some(4'000));
  EXPECT_EQ(alive(pushes), 0u);
  EXPECT_EQ(queued_bytes_.get(), 0u);
  EXPECT_FALSE(discarded_.free_some(4'000));
}

TEST_F(MailboxTest, WhatIsTooMuchForASlowClientIsNotFreedByWhoPublishes) {
  ASSERT_TRUE(limits_.assign("pubsub 1mb 0 0").is_ok());
  Mailbox mailbox({.id = 1}, limits_, queued_bytes_, discarded_);
  const auto pushes = put(mailbox, 20'000);
  EXPECT_TRUE(mailbox.overflowed());
  EXPECT_GT(alive(pushes), 5'000u);
  while (discarded_.free_some(1'000)) {
  }
  EXPECT_EQ(alive(pushes), 0u);
  EXPECT_EQ(queued_bytes_.get(), 0u);
}

TEST_F(MailboxTest, FewAreFreedAtOnce) {
  Mailbox mailbox({.id = 1}, limits_, queued_bytes_, discarded_);
  const auto pushes = put(mailbox, 100);
  mailbox.close();
  EXPECT_EQ(alive(pushes), 0u);
  EXPECT_EQ(queued_bytes_.get(), 0u);
}

}  // namespace
}  // namespace larder
