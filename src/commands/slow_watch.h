// Notices what belongs into the slow log, and what is a spike to LATENCY, while a batch is executed. It reads no clock:
// BatchStatistics tells what time went by over which requests. Where that is below the threshold none of them was slow,
// which is all that a quick batch is asked. Where quick commands that share their time took longer together, nobody
// knows which of them it was, and one entry says so: the first of them, the time of all, how many more there were.
// Below kSharedNsMin a threshold is about single commands, so each is then timed for itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "commands/client_registry.h"
#include "larder/commands/services.h"
#include "larder/protocol/request.h"

namespace larder {

// A request, and its command's index in the table.
struct CountedRequest {
  const Request* request = nullptr;
  std::size_t command = 0;
};

class SlowWatch {
 public:
  SlowWatch(const Services& services, const ClientRecord& client)
      : services_(services),
        client_(client),
        threshold_ns_(std::min(services.slow_log.threshold_ns(), services.statistics.latency().threshold_ns())) {}
  // Tells the latency monitor: at the end, since shards are held between the commands of a transaction.
  ~SlowWatch() {
    if ((spike_ns_ | fast_spike_ns_) != 0) [[unlikely]]
      tell_spikes();
  }
  SlowWatch(const SlowWatch&) = delete;
  SlowWatch& operator=(const SlowWatch&) = delete;

  bool wants_each() const { return threshold_ns_ < kSharedNsMin; }
  // The requests, which are there still, took so long together. Shards may be locked, in a transaction.
  void took(std::span<const CountedRequest> requests, std::uint64_t ns) {
    if (ns >= threshold_ns_) [[unlikely]]
      tell(requests, ns);
  }

 private:
  static constexpr std::uint64_t kSharedNsMin = 1'000'000;

  void tell(std::span<const CountedRequest> requests, std::uint64_t ns);
  void tell_spikes() const;
  void log(std::span<const CountedRequest> requests, std::uint64_t ns) const;

  const Services& services_;
  const ClientRecord& client_;
  const std::uint64_t threshold_ns_;
  // The longest of each kind; 0: none.
  std::uint64_t spike_ns_ = 0;
  std::uint64_t fast_spike_ns_ = 0;
};

}  // namespace larder
