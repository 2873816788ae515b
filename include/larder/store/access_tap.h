// WHAT: where the store tells of a sample of what happens to it, for whoever learns from the traffic: look-ups, writes
// and removals of the keys below a threshold. Whoever does something with a key of the sample puts an event into a
// bounded ring, without a lock; one reader takes them out in the order in which they came, in its own time. A full ring
// drops what comes, and counts it. While the threshold is 0 nothing is told and all it costs is a comparison.
//
// STRUCTURE: a ring of places, each with the number of the turn in which it may be written or read next.
//
//     places   [ turn | event ] [ turn | event ] ...       put: claim `next_`, write, turn + 1
//                                                          take: read, turn + the ring's length
//
// Source of the ring: Vyukov, "Bounded MPMC queue", 2011.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "larder/base/clock.h"
#include "larder/base/item.h"
#include "larder/base/key_sample.h"
#include "larder/stats/counter.h"
#include "larder/store/item_size.h"

namespace larder {

struct AccessEvent {
  enum class Kind : std::uint8_t {
    kHit,   // looked up and found; what the item weighs is not told
    kMiss,  // looked up and not found
    kWrite,
    kGone,   // deleted (be it there or not), expired, flushed; not evicted
    kClear,  // everything is gone; `hash` is nothing
  };
  KeyHash hash = 0;
  TimeMs expire_at_ms = kNoExpiry;  // of kWrite
  ItemSize size = {};               // of kWrite
  Kind kind = Kind::kHit;
};

class AccessTap {
 public:
  static constexpr std::size_t kEventsMax = 8'192;

  AccessTap();

  // --- Any thread ---
  bool wants(KeyHash hash) const { return is_sampled(hash, threshold_.load(std::memory_order_relaxed)); }
  void put(const AccessEvent& event);
  SampleThreshold threshold() const { return threshold_.load(std::memory_order_relaxed); }

  // --- The reader's thread alone ---
  // Events of keys beyond a lowered threshold may still be in the ring.
  void set_threshold(SampleThreshold threshold) { threshold_.store(threshold, std::memory_order_relaxed); }
  // False: there is none.
  bool take(AccessEvent& event);

  // Since start; any thread. All that was put, dropped or not; of what was dropped, look-ups are counted apart too.
  std::uint64_t offered() const { return next_.load(std::memory_order_relaxed) + dropped(); }
  std::uint64_t dropped() const { return dropped_.get(); }
  std::uint64_t dropped_lookups() const { return dropped_lookups_.get(); }
  std::size_t bytes() const { return kEventsMax * sizeof(Place); }

 private:
  struct Place {
    std::atomic<std::uint64_t> turn{0};
    AccessEvent event;
  };

  // Read by every operation, seldom written.
  alignas(64) std::atomic<SampleThreshold> threshold_{0};
  alignas(64) std::atomic<std::uint64_t> next_{0};
  SharedCounter dropped_;
  SharedCounter dropped_lookups_;
  alignas(64) std::uint64_t taken_ = 0;
  const std::unique_ptr<Place[]> places_;
};

}  // namespace larder
