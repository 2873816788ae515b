#include "server/periodic_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace larder {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

TEST(PeriodicThread, RepeatsItsStep) {
  std::promise<void> third_step;
  int steps = 0;
  PeriodicThread thread("test", [&] {
    if (++steps == 3) third_step.set_value();
    return steps < 3 ? nanoseconds(0) : nanoseconds(hours(1));
  });
  thread.start();
  third_step.get_future().wait();
  thread.stop();
  EXPECT_EQ(steps, 3);
}

TEST(PeriodicThread, StopEndsALongPause) {
  std::promise<void> stepped;
  PeriodicThread thread("test", [&] {
    stepped.set_value();
    return nanoseconds(hours(1));
  });
  thread.start();
  stepped.get_future().wait();
  thread.stop();  // would last an hour
}

TEST(PeriodicThread, MayBeStoppedWithoutAStart) {
  PeriodicThread thread("test", [] { return nanoseconds(0); });
  thread.stop();
  thread.stop();
}

}  // namespace
}  // namespace larder
