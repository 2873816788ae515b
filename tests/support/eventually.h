// Waiting for something that another thread brings about and that has no handle to wait on, such as a counter.
#pragma once

#include <chrono>
#include <thread>

namespace larder::test {

// True as soon as the condition holds; false if it does not within the limit.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::milliseconds(10'000)) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace larder::test
