// Whether anything at all stands beside the usual way of a command: a pause, a client that monitors. One word that is 0
// nearly always, so that a command asks one question, and one that is answered from its processor's own cache.
#pragma once

#include <atomic>
#include <cstdint>

namespace larder {

enum class Attention : std::uint32_t { kPause = 1u << 0, kMonitors = 1u << 1 };

// Thread-safe. Nobody learns anything else from it: what it points to is behind a lock of its own.
class alignas(64) AttentionFlags {
 public:
  bool any() const { return bits_.load(std::memory_order_relaxed) != 0; }
  bool has(Attention what) const {
    return (bits_.load(std::memory_order_relaxed) & static_cast<std::uint32_t>(what)) != 0;
  }
  void set(Attention what, bool on) {
    const auto bit = static_cast<std::uint32_t>(what);
    if (on) {
      bits_.fetch_or(bit);
    } else {
      bits_.fetch_and(~bit);
    }
  }

 private:
  std::atomic<std::uint32_t> bits_{0};
};

}  // namespace larder
