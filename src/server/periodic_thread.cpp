#include "server/periodic_thread.h"

#include <pthread.h>

#include <utility>

#include "larder/base/check.h"

namespace larder {

PeriodicThread::PeriodicThread(std::string name, Step step) : name_(std::move(name)), step_(std::move(step)) {}

PeriodicThread::~PeriodicThread() {
  stop();
}

void PeriodicThread::start() {
  LARDER_CHECK(!thread_.joinable());
  thread_ = std::thread([this] { run(); });
}

void PeriodicThread::stop() {
  {
    const LockGuard guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PeriodicThread::run() {
  constexpr std::size_t kThreadNameMax = 15;
  pthread_setname_np(pthread_self(), name_.substr(0, kThreadNameMax).c_str());
  while (wait_for(step_())) {
  }
}

bool PeriodicThread::wait_for(std::chrono::nanoseconds delay) {
  const auto until = std::chrono::steady_clock::now() + delay;
  const LockGuard guard(mutex_);
  while (!stopping_) {
    if (wake_.wait_until(mutex_, until) == std::cv_status::timeout) break;
  }
  return !stopping_;
}

}  // namespace larder
