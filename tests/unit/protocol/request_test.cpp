#include "larder/protocol/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>

namespace larder {
namespace {

using ::testing::ElementsAre;

TEST(Request, ViewsStayValidWhenItMoves) {
  Request request;
  request.add_own("a");
  request.add("elsewhere");
  request.add_own("");
  request.add_own(std::string(1000, 'b'));
  const Request moved = std::move(request);
  EXPECT_THAT(moved.arguments(), ElementsAre("a", "elsewhere", "", std::string(1000, 'b')));
  static_assert(!std::is_copy_constructible_v<Request>, "a copy's views would point into the original");
}

TEST(Request, FindsTheBlockOfAnArgument) {
  Request request;
  request.add("SET");
  const BlobRef blob = Blob::allocate(10);
  request.add_blob(blob);
  request.add("x");
  request.add_blob(Blob::allocate(5));
  EXPECT_EQ(request.blob(0), nullptr);
  EXPECT_EQ(request.blob(1), blob.get());
  EXPECT_EQ(request.blob(2), nullptr);
  EXPECT_EQ(request[3].size(), 5U);
  EXPECT_EQ(request[3].data(), request.blob(3)->data());
}

TEST(Request, ClearForgetsEverything) {
  Request request;
  request.add_own("a");
  request.add_blob(Blob::allocate(10));
  request.add_skipped();
  request.set_wire_bytes(7);
  ASSERT_TRUE(request.body_skipped());
  request.clear();
  EXPECT_TRUE(request.empty());
  EXPECT_EQ(request.blob(1), nullptr);
  EXPECT_FALSE(request.body_skipped());
  EXPECT_EQ(request.wire_bytes(), 0U);
  EXPECT_TRUE(request.own_bytes().empty());
}

TEST(Request, ClearKeepsUsualBuffersAndGivesRareOnesBack) {
  Request request;
  request.add_own(std::string(1000, 'a'));
  request.clear();
  EXPECT_GE(request.own_bytes().capacity(), 1000U);
  for (int i = 0; i < 100'000; ++i) request.add_own("a word of some length");
  request.clear();
  EXPECT_LT(request.own_bytes().capacity(), 64U * 1024);
  EXPECT_LT(request.mutable_arguments().capacity(), 4096U);
}

}  // namespace
}  // namespace larder
