// When the requests of an open loop are due: evenly spaced from a beginning on, whatever the server does. Reads no
// clock. One thread.
#pragma once

#include <cstdint>

namespace larder::bench {

class Pacer {
 public:
  // The first request is due at `begin_ns`, the others `per_second` apart. REQUIRES: per_second > 0.
  Pacer(std::int64_t begin_ns, double per_second) : begin_ns_(begin_ns), interval_ns_(1e9 / per_second) {}

  // When the next one is due.
  std::int64_t due_ns() const {
    return begin_ns_ + static_cast<std::int64_t>(static_cast<double>(taken_) * interval_ns_);
  }
  // How many that were not taken are due by `now_ns`.
  std::uint64_t backlog(std::int64_t now_ns) const {
    if (now_ns < begin_ns_) return 0;
    const auto due = static_cast<std::uint64_t>(static_cast<double>(now_ns - begin_ns_) / interval_ns_) + 1;
    return due > taken_ ? due - taken_ : 0;
  }
  // The next one is sent: returns when it was due.
  std::int64_t take() {
    const std::int64_t due = due_ns();
    ++taken_;
    return due;
  }

 private:
  const std::int64_t begin_ns_;
  const double interval_ns_;
  std::uint64_t taken_ = 0;
};

}  // namespace larder::bench
