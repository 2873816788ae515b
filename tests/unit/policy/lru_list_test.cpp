#include "larder/policy/lru_list.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace larder {
namespace {

class LruListTest : public ::testing::Test {
 protected:
  ~LruListTest() override { list_.check_invariants(); }

  // Indices of nodes_, coldest first.
  std::vector<int> order() const {
    std::vector<int> result;
    for (const LruNode* node = list_.coldest(); node != nullptr; node = list_.warmer(*node)) {
      result.push_back(static_cast<int>(node - nodes_.data()));
    }
    return result;
  }

  std::array<LruNode, 4> nodes_;
  LruList list_;
};

TEST_F(LruListTest, EmptyListHasNoEnds) {
  EXPECT_EQ(list_.size(), 0u);
  EXPECT_EQ(list_.coldest(), nullptr);
  EXPECT_EQ(list_.warmest(), nullptr);
}

TEST_F(LruListTest, TheFirstInIsTheColdest) {
  for (int i = 0; i < 3; ++i) list_.push_warmest(nodes_[i]);
  EXPECT_EQ(order(), (std::vector{0, 1, 2}));
  EXPECT_EQ(list_.warmest(), &nodes_[2]);
}

TEST_F(LruListTest, AUseMovesToTheWarmEndFromAnywhere) {
  for (int i = 0; i < 3; ++i) list_.push_warmest(nodes_[i]);
  list_.move_to_warmest(nodes_[0]);
  EXPECT_EQ(order(), (std::vector{1, 2, 0}));
  list_.move_to_warmest(nodes_[2]);
  EXPECT_EQ(order(), (std::vector{1, 0, 2}));
  list_.move_to_warmest(nodes_[2]);
  EXPECT_EQ(order(), (std::vector{1, 0, 2}));
}

TEST_F(LruListTest, ErasedNodesMayBeLinkedAgain) {
  for (int i = 0; i < 3; ++i) list_.push_warmest(nodes_[i]);
  list_.erase(nodes_[1]);
  EXPECT_EQ(order(), (std::vector{0, 2}));
  list_.push_warmest(nodes_[1]);
  EXPECT_EQ(order(), (std::vector{0, 2, 1}));
}

TEST_F(LruListTest, AReplacementInheritsThePlace) {
  for (int i = 0; i < 3; ++i) list_.push_warmest(nodes_[i]);
  for (int i = 0; i < 3; ++i) {
    list_.replace(nodes_[i], nodes_[3]);
    EXPECT_EQ(order()[static_cast<std::size_t>(i)], 3);
    list_.replace(nodes_[3], nodes_[i]);
  }
  EXPECT_EQ(order(), (std::vector{0, 1, 2}));
}

}  // namespace
}  // namespace larder
