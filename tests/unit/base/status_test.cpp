#include "larder/base/status.h"

#include <gtest/gtest.h>

#include "larder/base/clock.h"

namespace larder {
namespace {

TEST(Status, IsOkByDefaultAndCarriesAMessageOtherwise) {
  EXPECT_TRUE(Status().is_ok());
  const Status status = Status::invalid("no");
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "no");
}

TEST(Result, IsAValueOrAStatus) {
  const Result<int> value(3);
  EXPECT_EQ(value.value(), 3);
  const Result<int> failure = Status(StatusCode::kNotFound);
  EXPECT_FALSE(failure.is_ok());
  EXPECT_EQ(failure.status().code(), StatusCode::kNotFound);
}

TEST(ResultDeathTest, StopsTheProcessWhenAFailureIsUsedAsAValue) {
  EXPECT_DEATH(static_cast<void>(Result<int>(Status(StatusCode::kIo)).value()), "check failed");
}

TEST(ManualClock, MovesOnlyWhenToldTo) {
  ManualClock clock(1'000);
  EXPECT_EQ(clock.now_ms(), 1'000);
  clock.advance_ms(5);
  clock.advance_us(999);
  EXPECT_EQ(clock.now_ms(), 1'005);
  EXPECT_EQ(clock.unix_us(), 1'005'999);
}

TEST(SystemClock, ReadsTheEpochAndNeverStepsBack) {
  const SystemClock clock;
  EXPECT_GT(clock.now_ms(), 1'600'000'000'000);
  const std::int64_t before = clock.monotonic_ns();
  EXPECT_GE(clock.monotonic_ns(), before);
}

}  // namespace
}  // namespace larder
