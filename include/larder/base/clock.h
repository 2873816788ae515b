// Time as a parameter. Only `server`, `net` and the command dispatcher read a clock; everything below is handed `now`,
// so tests of expiry advance a ManualClock instead of sleeping. Both clocks may be read from any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace larder {

// Milliseconds since the Unix epoch: the unit of every expiry.
using TimeMs = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since the Unix epoch; follows the system's clock.
  virtual std::int64_t unix_us() const = 0;
  // Nanoseconds on a clock that never steps back; for durations only.
  virtual std::int64_t monotonic_ns() const = 0;

  TimeMs now_ms() const { return unix_us() / 1000; }
};

class SystemClock final : public Clock {
 public:
  std::int64_t unix_us() const override;
  std::int64_t monotonic_ns() const override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimeMs start_ms) : us_(start_ms * 1000) {}

  std::int64_t unix_us() const override { return us_.load(std::memory_order_relaxed); }
  std::int64_t monotonic_ns() const override { return us_.load(std::memory_order_relaxed) * 1000; }
  void advance_ms(std::int64_t ms) { us_.fetch_add(ms * 1000, std::memory_order_relaxed); }
  void advance_us(std::int64_t us) { us_.fetch_add(us, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> us_;
};

}  // namespace larder
