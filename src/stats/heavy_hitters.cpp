#include "larder/stats/heavy_hitters.h"

#include <algorithm>
#include <bit>

#include "larder/base/check.h"
#include "larder/base/prefetch.h"

namespace larder {

TrafficCounts& TrafficCounts::operator+=(const TrafficCounts& other) {
  operations += other.operations;
  writes += other.writes;
  hits += other.hits;
  misses += other.misses;
  bytes += other.bytes;
  loads += other.loads;
  load_us += other.load_us;
  return *this;
}

HeavyHitters::HeavyHitters(std::size_t sets) : sets_(sets), entries_(sets * kWays) {
  LARDER_CHECK(std::has_single_bit(sets));
}

void HeavyHitters::add(const Name& name, const TrafficCounts& counts) {
  const std::size_t number = set_number(name.hash);
  Set& set = sets_[number];
  std::size_t way = find(set, name.hash);
  const bool is_new = way == kWays;
  if (is_new) way = smallest(set);
  Entry& entry = entries_[number * kWays + way];
  if (is_new) {
    set.hash[way] = name.hash;
    set.bytes[way] = 0;
    entry.hash = name.hash;
    entry.database = name.database;
    entry.name_bytes = static_cast<std::uint32_t>(name.text.size());
    entry.kept_bytes = static_cast<std::uint16_t>(std::min(name.text.size(), kNameBytesMax));
    std::copy_n(name.text.data(), entry.kept_bytes, entry.kept.data());
    entry.counts = {};
  }
  set.rank[way] += counts.operations;
  set.bytes[way] += counts.bytes;
  entry.rank = set.rank[way];
  entry.counts += counts;
}

void HeavyHitters::prefetch_set(KeyHash hash) const {
  const Set& set = sets_[set_number(hash)];
  prefetch_to_write(set.hash.data());
  prefetch_to_write(set.rank.data());
  prefetch_to_write(set.bytes.data());
}

void HeavyHitters::prefetch_entry(KeyHash hash) const {
  const std::size_t number = set_number(hash);
  const Set& set = sets_[number];
  const std::size_t way = find(set, hash);
  const Entry* const entry = &entries_[number * kWays + (way == kWays ? smallest(set) : way)];
  prefetch_to_write(&entry->counts);
  // A newcomer's name is written.
  if (way != kWays) return;
  prefetch_to_write(&entry->hash);
  prefetch_to_write(entry->kept.data() + entry->kept.size() - 1);
}

void HeavyHitters::clear() {
  for (Set& set : sets_) set.rank.fill(0);
  for (Entry& entry : entries_) entry.rank = 0;
}

std::size_t HeavyHitters::find(const Set& set, KeyHash hash) {
  for (std::size_t way = 0; way < kWays; ++way) {
    if (set.hash[way] == hash && set.rank[way] > 0) return way;
  }
  return kWays;
}

std::size_t HeavyHitters::smallest(const Set& set) {
  std::size_t most_bytes = kWays;
  for (std::size_t way = 0; way < kWays; ++way) {
    if (set.rank[way] == 0) return way;  // free
    if (most_bytes == kWays || set.bytes[way] > set.bytes[most_bytes]) most_bytes = way;
  }
  std::size_t found = kWays;
  for (std::size_t way = 0; way < kWays; ++way) {
    if (way != most_bytes && (found == kWays || set.rank[way] < set.rank[found])) found = way;
  }
  return found;
}

}  // namespace larder
