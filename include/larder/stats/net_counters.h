// What the network counts. Per-thread parts have one writer each.
#pragma once

#include <cstdint>
#include <vector>

#include "larder/stats/counter.h"
#include "larder/stats/histogram.h"

namespace larder {

struct alignas(64) ThreadNetCounters {
  Counter received_bytes;
  Counter sent_bytes;
  Counter read_turns;
  Counter write_turns;
  Histogram loop_lag;  // how late the thread came to what was due, looked at about once a second
};

struct NetCounters {
  explicit NetCounters(unsigned threads) : by_thread(threads) {}

  std::vector<ThreadNetCounters> by_thread;
  SharedCounter connections_accepted;  // since start
  SharedCounter connections_rejected;  // maxclients
  SharedCounter connections_now;
  SharedCounter closed_idle;
  SharedCounter closed_output_limit;   // hard limit or stalled reader
  SharedCounter closed_receive_stall;  // half a request, then silence
  SharedCounter accept_errors;
  SharedCounter receiving_bytes_now;  // held by unfinished requests
  SharedCounter connections_parked_now;
};

// Of all threads, since start.
inline HistogramSnapshot loop_lags(const NetCounters& net) {
  HistogramSnapshot sum;
  for (const ThreadNetCounters& thread : net.by_thread) thread.loop_lag.add_to(sum);
  return sum;
}

}  // namespace larder
