// A thread that repeats one step until it is stopped. Between steps it sleeps for as long as the step asked, and wakes
// at once when stop() is called. start() and stop() belong to one thread; steps never overlap.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <string>
#include <thread>

#include "larder/base/mutex.h"

namespace larder {

class PeriodicThread {
 public:
  // Does its work and answers how long to wait before the next call. Called by the thread.
  using Step = std::function<std::chrono::nanoseconds()>;

  // `name` shows in top and gdb; the system cuts it to 15 characters. `niceness`: how far it stands back behind the
  // process's other threads where there are too few cores, 0 (not at all) to 19.
  PeriodicThread(std::string name, Step step, int niceness = 0);
  ~PeriodicThread();
  PeriodicThread(const PeriodicThread&) = delete;
  PeriodicThread& operator=(const PeriodicThread&) = delete;

  // The first step comes at once. REQUIRES: not started.
  void start();
  // Returns after the running step. May be called twice, or without start().
  void stop();

 private:
  void run();
  // False: stopped.
  bool wait_for(std::chrono::nanoseconds delay);

  const std::string name_;
  const Step step_;
  const int niceness_;
  Mutex mutex_;
  std::condition_variable_any wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace larder
