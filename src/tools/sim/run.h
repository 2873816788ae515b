// One run of the simulator: a trace through a cache of one policy and one size. And what the ways to do it share.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "larder/policy/policy_kind.h"

namespace larder::sim {

enum class CapacityUnit : std::uint8_t { kItems, kBytes };

struct Capacity {
  CapacityUnit unit = CapacityUnit::kItems;
  std::uint64_t limit = 0;
};

// One of the server's policies, or none: Belady's, which knows the future.
using PolicyChoice = std::optional<PolicyKind>;
inline constexpr PolicyChoice kBelady = {};
inline constexpr std::string_view kBeladyName = "belady";

struct RunResult {
  std::uint64_t requests = 0;
  std::uint64_t hits = 0;
  std::uint64_t requested_bytes = 0;
  std::uint64_t hit_bytes = 0;
  std::uint64_t stored = 0;  // how often an object was; not told by Belady's
  double seconds = 0;

  std::uint64_t misses() const { return requests - hits; }
  double hit_ratio() const { return requests == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(requests); }
  double byte_hit_ratio() const {
    return requested_bytes == 0 ? 0 : static_cast<double>(hit_bytes) / static_cast<double>(requested_bytes);
  }
  void count(bool hit, std::uint64_t size_bytes) {
    ++requests;
    requested_bytes += size_bytes;
    if (!hit) return;
    ++hits;
    hit_bytes += size_bytes;
  }
};

// How many requests all runs together have replayed. Each run tells now and then.
class RequestCount {
 public:
  std::uint64_t value() const { return count_.load(std::memory_order_relaxed); }

  // Call once for each request of one run.
  class Teller {
   public:
    explicit Teller(RequestCount& total) : total_(total) {}
    ~Teller() { tell(); }
    Teller(const Teller&) = delete;
    Teller& operator=(const Teller&) = delete;
    void operator()() {
      if (++untold_ == kTellEvery) tell();
    }

   private:
    static constexpr std::uint64_t kTellEvery = 4096;
    void tell() {
      total_.count_.fetch_add(untold_, std::memory_order_relaxed);
      untold_ = 0;
    }
    RequestCount& total_;
    std::uint64_t untold_ = 0;
  };

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace larder::sim
