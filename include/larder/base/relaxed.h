// A value that one thread at a time changes, under a lock, while others may read it without: each read gives some value
// that it had, and says nothing of what else was changed. Copies and moves as the value does. For hints: what is read
// together need not belong together.
#pragma once

#include <atomic>

namespace larder {

template <class T>
class Relaxed {
 public:
  constexpr Relaxed(T value) : value_(value) {}  // NOLINT(google-explicit-constructor): stands for the value
  Relaxed(const Relaxed& other) : value_(other.get()) {}
  Relaxed& operator=(const Relaxed& other) {
    value_.store(other.get(), std::memory_order_relaxed);
    return *this;
  }
  ~Relaxed() = default;

  T get() const { return value_.load(std::memory_order_relaxed); }
  operator T() const { return get(); }  // NOLINT(google-explicit-constructor): stands for the value

 private:
  std::atomic<T> value_;
};

}  // namespace larder
