#include "net/receive_budget.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace larder::net {
namespace {

class ReceiveBudgetTest : public testing::Test {
 protected:
  std::unique_ptr<ReceiveBudget::Share> share(char name) {
    return std::make_unique<ReceiveBudget::Share>([this, name] { granted += name; });
  }

  std::atomic<std::uint64_t> max{1000};
  SharedCounter held;
  ReceiveBudget budget{max, held};
  std::string granted;  // in this order
};

TEST_F(ReceiveBudgetTest, WhatFitsIsGrantedAtOnce) {
  const auto a = share('a');
  const auto b = share('b');
  EXPECT_TRUE(budget.reserve(*a, 600));
  EXPECT_TRUE(budget.reserve(*b, 400));
  EXPECT_EQ(held.get(), 1000U);
  budget.release(*a);
  budget.release(*b);
  EXPECT_EQ(held.get(), 0U);
  EXPECT_EQ(granted, "");
}

TEST_F(ReceiveBudgetTest, WaitingSharesAreServedInOrderOfArrival) {
  const auto a = share('a');
  const auto b = share('b');
  const auto c = share('c');
  const auto d = share('d');
  EXPECT_TRUE(budget.reserve(*a, 900));
  EXPECT_FALSE(budget.reserve(*b, 800));
  EXPECT_FALSE(budget.reserve(*c, 100)) << "nobody overtakes";
  EXPECT_FALSE(budget.reserve(*d, 200));
  budget.release(*a);
  EXPECT_EQ(granted, "bc");
  budget.release(*c);
  EXPECT_EQ(granted, "bcd");
  budget.release(*b);
  budget.release(*d);
  EXPECT_EQ(held.get(), 0U);
}

TEST_F(ReceiveBudgetTest, WaitingShareThatGoesAwayLetsTheNextOn) {
  const auto a = share('a');
  const auto b = share('b');
  const auto c = share('c');
  EXPECT_TRUE(budget.reserve(*a, 500));
  EXPECT_FALSE(budget.reserve(*b, 800));
  EXPECT_FALSE(budget.reserve(*c, 100));
  budget.release(*b);
  EXPECT_EQ(granted, "c");
  budget.release(*a);
  budget.release(*c);
}

TEST_F(ReceiveBudgetTest, RequestLargerThanTheLimitProceedsAlone) {
  const auto a = share('a');
  const auto b = share('b');
  EXPECT_TRUE(budget.reserve(*a, 5000));
  EXPECT_FALSE(budget.reserve(*b, 10));
  budget.release(*a);
  EXPECT_EQ(granted, "b");
  budget.release(*b);
}

TEST_F(ReceiveBudgetTest, HoldersThatAllWaitDoNotWaitForEver) {
  const auto a = share('a');
  const auto b = share('b');
  EXPECT_TRUE(budget.reserve(*a, 500));
  EXPECT_TRUE(budget.reserve(*b, 500));
  EXPECT_FALSE(budget.reserve(*a, 600)) << "b may still finish";
  EXPECT_FALSE(budget.reserve(*b, 600));
  EXPECT_EQ(granted, "a");
  EXPECT_TRUE(budget.reserve(*a, 600)) << "it stays the one that may exceed";
  budget.release(*a);
  EXPECT_EQ(granted, "ab");
  budget.release(*b);
  EXPECT_EQ(held.get(), 0U);
}

TEST_F(ReceiveBudgetTest, WhatIsAtRestHoldsNobodyUp) {
  const auto a = share('a');
  const auto b = share('b');
  const auto c = share('c');
  budget.take(*a, 1000);
  EXPECT_FALSE(budget.reserve(*b, 300)) << "a may still finish";
  budget.set_at_rest(*a, true);
  EXPECT_EQ(granted, "b");
  EXPECT_FALSE(budget.reserve(*c, 300)) << "one beyond the limit at a time";
  budget.release(*b);
  EXPECT_EQ(granted, "bc");
  budget.release(*c);
  budget.set_at_rest(*a, false);
  EXPECT_FALSE(budget.reserve(*b, 300)) << "a goes on";
  budget.release(*a);
  EXPECT_EQ(granted, "bcb");
  budget.release(*b);
  EXPECT_EQ(held.get(), 0U);
}

TEST_F(ReceiveBudgetTest, PartGivenBackIsGrantedToTheNext) {
  const auto a = share('a');
  const auto b = share('b');
  EXPECT_TRUE(budget.reserve(*a, 900));
  EXPECT_FALSE(budget.reserve(*b, 400));
  budget.give_back(*a, 300);
  EXPECT_EQ(granted, "b");
  budget.release(*a);
  budget.release(*b);
}

TEST_F(ReceiveBudgetTest, RaisedLimitIsNoticed) {
  const auto a = share('a');
  const auto b = share('b');
  EXPECT_TRUE(budget.reserve(*a, 900));
  EXPECT_FALSE(budget.reserve(*b, 400));
  max = 2000;
  budget.recheck();
  EXPECT_EQ(granted, "b");
  budget.release(*a);
  budget.release(*b);
}

}  // namespace
}  // namespace larder::net
