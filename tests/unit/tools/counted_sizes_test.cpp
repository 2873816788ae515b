#include "tools/sim/counted_sizes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "larder/base/limits.h"
#include "unit/tools/lists.h"

namespace larder::sim {
namespace {

using ::testing::HasSubstr;

TEST(CountedSizes, MakesTheSmallestStepOfSizesABlockOfWholePages) {
  const CountedSizes sectors = CountedSizes::make(trace_of({{1, 512}, {2, 69'632}})).value();
  EXPECT_TRUE(sectors.is_exact());
  EXPECT_EQ(sectors.scale(), 128u);
  EXPECT_EQ(sectors.value(512)->size(), 65'536u);
  EXPECT_EQ(sectors.value(69'632)->size(), 69'632u * 128);
  const CountedSizes odd = CountedSizes::make(trace_of({{1, 1}, {2, 3}})).value();
  EXPECT_TRUE(odd.is_exact());
  EXPECT_EQ(odd.scale(), 65'536u);
}

TEST(CountedSizes, ObjectsOfOneSizeShareTheirBytes) {
  const Trace trace = trace_of({{1, 512}, {2, 512}, {3, 0}});
  const CountedSizes sizes = CountedSizes::make(trace).value();
  const BlobRef first = sizes.value(trace.size_bytes(0));
  const BlobRef second = sizes.value(trace.size_bytes(1));
  EXPECT_NE(first.get(), second.get());
  EXPECT_EQ(first->data(), second->data());
  EXPECT_FALSE(first->is_shared());
  EXPECT_EQ(sizes.value(0)->size(), 0u);
}

TEST(CountedSizes, SaysThatSizesAreTooFarApart) {
  const CountedSizes blocks = CountedSizes::make(trace_of({{1, 1'001}, {2, 500'000}})).value();
  EXPECT_FALSE(blocks.is_exact());
  EXPECT_GE(blocks.scale() * 1'001, limits::kBodyBytesMin);
  const CountedSizes as_they_are = CountedSizes::make(trace_of({{1, 1}, {2, 400'000'000}})).value();
  EXPECT_FALSE(as_they_are.is_exact());
  EXPECT_EQ(as_they_are.scale(), 1u);
}

TEST(CountedSizes, RefusesWhatNoValueCanBeAndWhatAddressSpaceCannotHold) {
  EXPECT_THAT(CountedSizes::make(trace_of({{1, (512u << 20) + 1}})).status().message(), HasSubstr("536870913 bytes"));
  std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
  for (std::uint64_t id = 0; id < 1'000; ++id) list.emplace_back(id, (512u << 20) - id);
  EXPECT_THAT(CountedSizes::make(trace_of(list)).status().message(), HasSubstr("too many different sizes"));
}

}  // namespace
}  // namespace larder::sim
