#include "tools/bench/load_figures.h"

#include <algorithm>

namespace larder::bench {

void LoadFigures::add(const LoadFigures& other) {
  for (std::size_t kind = 0; kind < kRequestKinds; ++kind) {
    requests[kind] += other.requests[kind];
    latency[kind].add(other.latency[kind]);
  }
  hits += other.hits;
  misses += other.misses;
  errors += other.errors;
  if (first_error.empty()) first_error = other.first_error;
  bytes_written += other.bytes_written;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  late_max_ns = std::max(late_max_ns, other.late_max_ns);
  unsent += other.unsent;
  user_s += other.user_s;
  system_s += other.system_s;
}

}  // namespace larder::bench
