// What took longer than it should, by kind, with the second in which it happened: LATENCY. Thread-safe; its lock is
// taken where something is added or read only.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "larder/base/mutex.h"

namespace larder {

enum class LatencyEvent : std::uint8_t {
  kCommand,      // a command that is not called fast, alone or among several that were timed together
  kFastCommand,  // one that is, or several
  kIoLoop,       // an io thread came late to what was due
  kShardHold,    // a shard was held
};
inline constexpr std::size_t kLatencyEvents = 4;
// As clients write them: "command", "fast-command", "io-loop", "shard-hold".
std::string_view latency_event_name(LatencyEvent event);
std::optional<LatencyEvent> find_latency_event(std::string_view name);

struct LatencySpike {
  std::int64_t unix_s = 0;
  std::int64_t ms = 0;
};

class LatencyMonitor {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  // Of each event; as Redis keeps them.
  static constexpr std::size_t kSpikesMax = 160;

  // 0: nothing is added.
  void set_threshold_ms(std::int64_t ms);
  // From which duration on something is to be added; kNever.
  std::uint64_t threshold_ns() const { return threshold_ns_.load(std::memory_order_relaxed); }

  // Of several in one second the longest is kept. Shorter ones than the threshold are left out.
  void add(LatencyEvent event, std::int64_t unix_s, std::uint64_t ns);
  struct History {
    LatencyEvent event;
    std::vector<LatencySpike> spikes;  // the oldest first; at least one
    std::int64_t ms_max = 0;           // of all there were
  };
  std::optional<History> history(LatencyEvent event) const;
  // Of all events that have one.
  std::vector<History> all() const;
  // False: there was nothing.
  bool reset(LatencyEvent event);

 private:
  struct Kept {
    std::deque<LatencySpike> spikes;
    std::int64_t ms_max = 0;
  };

  std::atomic<std::uint64_t> threshold_ns_{kNever};
  mutable Mutex mutex_;
  std::array<Kept, kLatencyEvents> events_ GUARDED_BY(mutex_);
};

}  // namespace larder
