// What may wait to be sent to a client, by its class, as redis.conf's client-output-buffer-limit says it: a client is
// closed once `hard_bytes` wait, or once `soft_bytes` have waited for `soft_s` seconds; 0: no such limit. (The fixed
// limits of base/limits.h hold besides.) Thread-safe; read at each use.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "larder/base/status.h"

namespace larder {

// Replicas there are none; the class is there because clients set all three.
enum class OutputClass : std::uint8_t { kNormal, kReplica, kPubSub };
inline constexpr std::size_t kOutputClasses = 3;

struct OutputLimit {
  std::uint64_t hard_bytes = 0;
  std::uint64_t soft_bytes = 0;
  std::int64_t soft_s = 0;

  bool none() const { return hard_bytes == 0 && soft_bytes == 0; }
};

class OutputLimits {
 public:
  OutputLimit of(OutputClass output_class) const;
  // Whether that many bytes are too many whatever the time.
  bool is_beyond_hard(OutputClass output_class, std::uint64_t bytes) const {
    const std::uint64_t hard = at(output_class).hard_bytes.load(std::memory_order_relaxed);
    return hard != 0 && bytes >= hard;
  }
  // "normal 0 0 0 pubsub 32mb 8mb 60": the classes that it names; the others stay as they are. Errors:
  // kInvalidArgument, and nothing has changed.
  Status assign(std::string_view text);
  // All classes, in bytes: what CONFIG GET answers.
  std::string text() const;

 private:
  struct Row {
    std::atomic<std::uint64_t> hard_bytes{0};
    std::atomic<std::uint64_t> soft_bytes{0};
    std::atomic<std::int64_t> soft_s{0};
  };
  static constexpr std::size_t index(OutputClass output_class) { return static_cast<std::size_t>(output_class); }
  const Row& at(OutputClass output_class) const { return rows_[index(output_class)]; }

  std::array<Row, kOutputClasses> rows_;
};

}  // namespace larder
