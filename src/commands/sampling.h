// A sample of every counter there is: requests, store, network, levels. Taken each second by the stats thread for the
// time series, and by INFO for what is reported since start or since CONFIG RESETSTAT. Thread-safe.
#pragma once

#include "larder/commands/services.h"
#include "larder/stats/time_series.h"

namespace larder {

struct SampleSources {
  Statistics& statistics;
  ShardedStore& store;
  const NetCounters& net;
  const Clock& clock;
};

inline SampleSources sample_sources(const Services& services) {
  return {services.statistics, services.store, services.net, services.clock};
}

Sample take_sample(const SampleSources& sources);
// The same with the store's part as it was read just before.
Sample take_sample(const SampleSources& sources, const StoreStats& store);

}  // namespace larder
