// What one thread, or all of them together, did. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tools/bench/latency_histogram.h"
#include "tools/bench/request.h"

namespace larder::bench {

struct LoadFigures {
  std::array<std::uint64_t, kRequestKinds> requests{};  // answered, with errors too
  std::uint64_t hits = 0;                               // keys
  std::uint64_t misses = 0;
  std::uint64_t errors = 0;         // requests answered with one
  std::string first_error;          // its text
  std::uint64_t bytes_written = 0;  // of keys and values that were stored
  std::uint64_t bytes_in = 0;       // on the wire
  std::uint64_t bytes_out = 0;
  std::array<LatencyHistogram, kRequestKinds> latency;
  // Open loop: how far this program was behind at most, and what it left unsent as no connection was free in time.
  std::int64_t late_max_ns = 0;
  std::uint64_t unsent = 0;
  // This program's own CPU time.
  double user_s = 0;
  double system_s = 0;

  std::uint64_t operations() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : requests) sum += count;
    return sum;
  }
  void add(const LoadFigures& other);
};

}  // namespace larder::bench
