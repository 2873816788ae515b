#include "larder/stats/heavy_hitters.h"

#include <algorithm>
#include <bit>

#include "larder/base/check.h"

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
  Entry& entry = place_for(name);
  entry.rank += counts.operations;
  entry.counts += counts;
}

void HeavyHitters::clear() {
  for (Entry& entry : entries_) entry.rank = 0;
}

HeavyHitters::Entry& HeavyHitters::place_for(const Name& name) {
  const std::size_t set = static_cast<std::size_t>(mix_bits(name.hash)) & (sets_ - 1);
  const std::span<Entry> ways = std::span(entries_).subspan(set * kWays, kWays);
  Entry* most_bytes = &ways[0];
  for (Entry& entry : ways) {
    if (entry.rank > 0 && entry.hash == name.hash) return entry;
    if (entry.rank > 0 && (most_bytes->rank == 0 || entry.counts.bytes > most_bytes->counts.bytes)) most_bytes = &entry;
  }
  Entry* smallest = nullptr;
  for (Entry& entry : ways) {
    if (&entry == most_bytes && entry.rank > 0) continue;
    if (smallest == nullptr || entry.rank < smallest->rank) smallest = &entry;
  }
  smallest->hash = name.hash;
  smallest->database = name.database;
  smallest->name_bytes = static_cast<std::uint32_t>(name.text.size());
  smallest->kept_bytes = static_cast<std::uint16_t>(std::min(name.text.size(), kNameBytesMax));
  std::copy_n(name.text.data(), smallest->kept_bytes, smallest->kept.data());
  smallest->counts = {};
  return *smallest;
}

}  // namespace larder
