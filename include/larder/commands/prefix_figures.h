// What the prefixes of keys have of the latest requests, which a sample of them tells, and of the items, which a look
// at some of those tells: what PREFIXSTATS answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "larder/commands/services.h"

namespace larder {

struct PrefixFigures {
  std::string prefix;  // with its delimiter; empty: of keys without one
  Database database = 0;
  // Of the last 60 to 120 seconds.
  double ops_per_s = 0;
  double writes_per_s = 0;
  double hits_per_s = 0;
  double misses_per_s = 0;
  double hit_ratio = 0;
  double bytes_per_s = 0;  // of requests and replies
  double load_us = 0;      // mean refill time; 0: none was seen
  // Now.
  double items = 0;
  double data_bytes = 0;  // keys and values
};
enum class PrefixOrder : std::uint8_t { kOperations, kBytes, kItems };

// The `count` that come first. Thread-safe; no shard is locked. A few milliseconds.
std::vector<PrefixFigures> prefix_figures(const Services& services, TimeMs now_ms, PrefixOrder order,
                                          std::size_t count);

}  // namespace larder
