// Everything the server counts about requests, by io thread (one writer each) and read by anyone: the stats thread samples the
// sums each second into a time series, INFO prints them. Bytes and keys are the store's figures, sockets the network's.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "larder/base/mutex.h"
#include "larder/stats/counter.h"
#include "larder/stats/histogram.h"
#include "larder/stats/time_series.h"

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
  explicit ThreadStatistics(std::size_t commands) : by_command(commands) {}

  Counter requests;
  Counter hits;    // keys looked up and found, as Redis's keyspace_hits
  Counter misses;  // looked up and not found
  Counter hit_ns;  // time of the GET-like requests that hit, and their number: T_hit
  Counter hit_requests;
  Counter load_us;  // refill times: from a GET miss to the SET of that key by the same connection: T_load
  Counter loads;
  std::vector<CommandCounters> by_command;  // by CommandSpec::index
};

class Statistics {
 public:
  Statistics(unsigned threads, std::size_t commands);

  ThreadStatistics& thread(unsigned index) { return *threads_[index]; }

  // Sums over the threads. Cheap enough for once a second.
  RequestTotals totals() const;
  struct CommandTotals {
    std::uint64_t calls = 0;
    std::uint64_t total_ns = 0;
    std::uint64_t rejected = 0;
    std::uint64_t failed = 0;
    HistogramSnapshot latency;
  };
  CommandTotals command_totals(std::size_t command) const;

  // Error replies by their code ("ERR", "WRONGTYPE", ...), at most 128 different ones.
  void count_error(std::string_view code);
  std::map<std::string, std::uint64_t> errors() const;
  std::uint64_t error_replies() const { return error_replies_.get(); }

  TimeSeries& series() { return series_; }
  const TimeSeries& series() const { return series_; }

  // CONFIG RESETSTAT.
  void reset();

 private:
  std::vector<std::unique_ptr<ThreadStatistics>> threads_;
  SharedCounter error_replies_;
  mutable Mutex errors_mutex_;
  std::map<std::string, std::uint64_t> errors_ GUARDED_BY(errors_mutex_);
  TimeSeries series_;
};

}  // namespace larder
