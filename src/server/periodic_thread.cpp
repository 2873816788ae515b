#include "server/periodic_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "larder/base/check.h"

namespace larder {

PeriodicThread::PeriodicThread(std::string name, Step step, int niceness)
    : name_(std::move(name)), step_(std::move(step)), niceness_(niceness) {}

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
  // On Linux each thread has a niceness of its own. Where the system refuses, it does without.
  if (niceness_ != 0) {
    const int inherited = getpriority(PRIO_PROCESS, 0);
    static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), inherited + niceness_));
  }
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
