// Asking the memory for the items of operations that are to come.
#include <algorithm>

#include "larder/base/prefetch.h"
#include "larder/store/shard.h"

namespace larder {

namespace {

constexpr std::size_t kPrefetchedLinesMax = 4;

}  // namespace

bool Shard::prefetch_item(KeyHash hash) const {
  return index_.prefetch_further(position_of(hash), [&](Location location) { prefetch_record(location); });
}

void Shard::prefetch_spilled_item(KeyHash hash) const {
  index_.prefetch_spilled(position_of(hash), [&](Location location) { prefetch_record(location); });
}

// As many lines as a record of mean length has: what is beyond comes by the processor's own look-ahead, and the memory
// works off no more at a time.
void Shard::note_record_length() {
  if (index_.size() == 0) return;
  const std::size_t mean_bytes = stats_.item_bytes / index_.size();
  const std::size_t lines =
      std::clamp<std::size_t>((mean_bytes + kCacheLineBytes - 1) / kCacheLineBytes, 1, kPrefetchedLinesMax);
  if (lines != prefetched_lines_) prefetched_lines_ = lines;
}

void Shard::prefetch_record(Location location) const {
  const char* const record = item(location).record();
  for (std::size_t line = 0; line < prefetched_lines_; ++line) larder::prefetch(record + line * kCacheLineBytes);
}

}  // namespace larder
