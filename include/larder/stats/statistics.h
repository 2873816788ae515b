// Everything the server counts about requests, by io thread (one writer each) and read by anyone: the stats thread
// samples the sums each second into a time series, INFO prints them. Bytes and keys are the store's figures, sockets
// the network's.
//
// CONFIG RESETSTAT cannot set counters of other threads to zero (an add in progress would undo it). It keeps what they
// were: everything that is reported "since the reset" is the difference.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/mutex.h"
#include "larder/stats/counter.h"
#include "larder/stats/histogram.h"
#include "larder/stats/latency_monitor.h"
#include "larder/stats/time_series.h"
#include "larder/stats/traffic_sample.h"

namespace larder {

struct CommandCounters {
  Counter calls;     // executed, failed ones included
  Counter total_ns;  // of those
  Counter rejected;  // refused before execution: arity, NOAUTH, OOM, ...
  Counter failed;    // executed and answered by an error
  Histogram latency;
};

// Written by one io thread.
struct alignas(64) ThreadStatistics {
  // `number`: the io thread's.
  ThreadStatistics(std::size_t commands, unsigned number) : by_command(commands), traffic(number) {}

  Counter requests;
  Counter hits;    // keys looked up and found, as Redis's keyspace_hits
  Counter misses;  // looked up and not found
  Counter hit_ns;  // time of the GET-like requests that hit, and their number: T_hit
  Counter hit_requests;
  Counter load_us;  // refill times: from a GET miss to the SET of that key by the same connection: T_load
  Counter loads;
  Histogram load_times;
  std::vector<CommandCounters> by_command;  // by CommandSpec::index
  TrafficSample traffic;
};

class Statistics {
 public:
  Statistics(unsigned threads, std::size_t commands);

  ThreadStatistics& thread(unsigned index) { return *threads_[index]; }

  // Sums over the threads since start, resets or not. Cheap enough for once a second.
  RequestTotals totals() const;
  HistogramSnapshot load_times() const;
  struct CommandTotals {
    std::uint64_t calls = 0;
    std::uint64_t total_ns = 0;
    std::uint64_t rejected = 0;
    std::uint64_t failed = 0;
    HistogramSnapshot latency;
  };
  // Since the reset. REQUIRES: command < the number given at construction.
  CommandTotals command_totals(std::size_t command) const;

  // Error replies since the reset by their code ("ERR", "WRONGTYPE", ...): at most kErrorCodesMax different ones, what
  // comes after them counts as kOtherErrors.
  static constexpr std::size_t kErrorCodesMax = 128;
  static constexpr std::string_view kOtherErrors = "OTHER";
  void count_error(std::string_view code);
  std::map<std::string, std::uint64_t, std::less<>> errors() const;
  std::uint64_t error_replies() const { return error_replies_.get(); }

  LatencyMonitor& latency() { return latency_; }
  const LatencyMonitor& latency() const { return latency_; }

  TimeSeries& series() { return series_; }
  const TimeSeries& series() const { return series_; }

  // --- What the requests of late were about, as far as the sample tells ---
  // The `count` keys that come first, of the last 10 to 20 seconds.
  TrafficReport hot_keys(std::int64_t now_ns, HitterOrder order, std::size_t count) const;
  // The same of their prefixes, of the last 60 to 120 seconds.
  TrafficReport hot_prefixes(std::int64_t now_ns, HitterOrder order, std::size_t count) const;
  // See TrafficSample. Any thread.
  void set_sample_every(std::uint32_t batches);
  void set_prefix_delimiter(std::string_view delimiter);
  std::string prefix_delimiter() const;
  // What all that takes: fixed at the start.
  std::size_t sample_bytes() const;

  // CONFIG RESETSTAT: what is reported begins anew from the counters as they are in `now`, and so does the series.
  void reset(const Sample& now);
  // The counters as they were at the last reset; all zero before the first.
  Sample reset_mark() const;

 private:
  CommandTotals command_totals_since_start(std::size_t command) const;

  std::vector<std::unique_ptr<ThreadStatistics>> threads_;
  std::size_t commands_;
  SharedCounter error_replies_;
  mutable Mutex errors_mutex_;
  std::map<std::string, std::uint64_t, std::less<>> errors_ GUARDED_BY(errors_mutex_);
  mutable Mutex reset_mutex_;
  Sample reset_mark_ GUARDED_BY(reset_mutex_);
  std::vector<CommandTotals> commands_at_reset_ GUARDED_BY(reset_mutex_);  // empty before the first reset
  mutable Mutex delimiter_mutex_;
  std::string delimiter_ GUARDED_BY(delimiter_mutex_) = ":";
  LatencyMonitor latency_;
  TimeSeries series_;
};

}  // namespace larder
