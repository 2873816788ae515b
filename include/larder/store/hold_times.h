// How long a shard is held: a histogram of holds, and the longest of each kind. One a shard, written under its lock, so
// it costs no atomic operation; read by anyone.
//
// Most holds are one operation of well under a microsecond, or a few of a batch, where reading a clock twice would
// show: of those one in sample_every is timed and counts as that many. All other kinds are timed every time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "larder/stats/histogram.h"

namespace larder {

enum class HoldKind : std::uint8_t {
  kOperation,    // of commands on one key, up to a batch of them; what they pay for compaction and growth included
  kSeveralKeys,  // of a write to several keys, once it has all its locks
  kTransaction,  // of EXEC, likewise
  kKeyspace,     // SCAN, RANDOMKEY, sums
  kEviction,
  kMaintenance,
  kFlush,
  kSetting,  // a new policy
};
inline constexpr std::size_t kHoldKinds = 8;
std::string_view hold_kind_name(HoldKind kind);

// Nanoseconds on whatever clock holds are to be measured with.
using HoldClock = std::int64_t (*)();

struct HoldReport {
  HistogramSnapshot holds;
  std::array<std::int64_t, kHoldKinds> longest_ns{};

  std::int64_t longest_of_all_ns() const;
};

class HoldTimes {
 public:
  // Whether the hold that begins now is to be timed.
  bool wants(HoldKind kind, std::uint32_t sample_every) {
    if (kind != HoldKind::kOperation) return true;
    if (++operations_ < sample_every) return false;
    operations_ = 0;
    return true;
  }
  void record(HoldKind kind, std::int64_t ns, std::uint32_t sample_every);
  void add_to(HoldReport& sum) const;

 private:
  std::uint32_t operations_ = 0;  // since the last one that was timed
  std::array<std::atomic<std::int64_t>, kHoldKinds> longest_ns_{};
  Histogram holds_;
};

}  // namespace larder
