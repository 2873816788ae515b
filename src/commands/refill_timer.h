// Measures how long a cache-aside client takes from a GET miss to its SET of the same key: the user's load time, seen
// from here. A few slots a session; a miss takes the oldest; a SET that finds its hash there yields the time.
// Single-threaded.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "larder/base/hash.h"

namespace larder {

class RefillTimer {
 public:
  void on_miss(KeyHash hash, std::int64_t now_ns);
  // The time since the miss of that key, once; nothing if none is remembered.
  std::optional<std::int64_t> on_set(KeyHash hash, std::int64_t now_ns);

 private:
  static constexpr std::size_t kSlots = 8;
  struct Slot {
    KeyHash hash = 0;
    std::int64_t missed_ns = 0;  // 0: free
  };
  Slot* find(KeyHash hash);

  std::array<Slot, kSlots> slots_{};
  std::uint8_t next_ = 0;
  std::uint8_t used_ = 0;
};

}  // namespace larder
