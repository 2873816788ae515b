// The formulas of docs/OPERATIONS.md: what a cache is judged by. Pure functions of counts; the worked examples there
// are tests here. A ratio of nothing is 0.
#pragma once

#include <cstdint>

#include "larder/stats/time_series.h"

namespace larder {

// H = N_hit / N_query
double hit_ratio(std::uint64_t hits, std::uint64_t queries);
// U = S_used / S_total; 0 without a limit.
double memory_utilization(std::uint64_t used_bytes, std::uint64_t total_bytes);
// T = T_hit + (1 - H) T_load: what a query costs on average, when a miss costs the look-up and the load.
double average_access_time(double hit_ratio, double hit_time, double load_time);
// H T_cache + (1 - H) T_origin: the same when a miss costs the origin alone.
double weighted_access_time(double hit_ratio, double cache_time, double origin_time);

// Figures of the time between two samples.
struct WindowFigures {
  double seconds = 0;
  double hit_ratio = 0;
  double miss_ratio = 0;  // 0 too where there were no queries
  double requests_per_s = 0;
  double evicted_per_s = 0;
  double expired_per_s = 0;
  double received_bytes_per_s = 0;
  double sent_bytes_per_s = 0;
  double evicted_age_s = 0;  // mean time since last use, of the evicted
  double hit_us = 0;         // T_hit
  double load_us = 0;        // T_load; 0 while no refill was seen
  double access_us = 0;      // T
};
WindowFigures figures_between(const Sample& from, const Sample& to);
// Of the last `window_s` seconds of the series, or of as many as it has.
WindowFigures figures_of_last(const TimeSeries& series, double window_s);
// The counters of `to` less those of `from`, levels and time as in `to`. A sample is not one moment, its counters are
// read one after another; so where two samples were taken at almost the same time a count may seem to shrink: that is
// 0.
Sample counters_between(const Sample& from, const Sample& to);

}  // namespace larder
