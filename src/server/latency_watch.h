// Looks once a second whether a shard was held, or an io thread came late, for as long as latency-monitor-threshold
// says, and tells the LatencyMonitor. It draws on histograms that are kept anyway, so a time is right within 12.5 %,
// and of the quick holds only those count that were timed. (Commands tell the monitor themselves.) Used by the stats
// thread alone.
#pragma once

#include <optional>

#include "commands/sampling.h"
#include "larder/stats/histogram.h"

namespace larder {

class LatencyWatch {
 public:
  // The sources must outlive it.
  explicit LatencyWatch(const SampleSources& sources) : sources_(sources) {}

  void look();

 private:
  struct Seen {
    HistogramSnapshot holds;
    HistogramSnapshot lags;
  };
  Seen see() const;

  const SampleSources sources_;
  std::optional<Seen> before_;  // nothing: the monitor was off
};

}  // namespace larder
