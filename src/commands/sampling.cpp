#include "commands/sampling.h"

namespace larder {

Sample take_sample(const SampleSources& sources) {
  return take_sample(sources, sources.store.stats());
}

Sample take_sample(const SampleSources& sources, const StoreStats& store) {
  Sample sample;
  sample.monotonic_ns = sources.clock.monotonic_ns();
  sample.requests = sources.statistics.totals();
  sample.evicted = store.total.evicted;
  sample.evicted_age_ms_sum = store.total.evicted_age_ms_sum;
  sample.expired = store.total.expired;
  for (const ThreadNetCounters& thread : sources.net.by_thread) {
    sample.received_bytes += thread.received_bytes.get();
    sample.sent_bytes += thread.sent_bytes.get();
    sample.read_turns += thread.read_turns.get();
    sample.write_turns += thread.write_turns.get();
  }
  sample.connections_accepted = sources.net.connections_accepted.get();
  sample.connections_rejected = sources.net.connections_rejected.get();
  sample.used_bytes = store.used_bytes;
  sample.maxmemory_bytes = store.maxmemory_bytes;
  sample.data_bytes = store.total.data_bytes;
  sample.items = store.total.items;
  sample.clients = sources.net.connections_now.get();
  return sample;
}

}  // namespace larder
