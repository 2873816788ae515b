#include "larder/commands/prefix_figures.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "commands/keyspace_sample.h"

namespace larder {

namespace {

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

PrefixFigures traffic_of(Hitter&& hitter, double seconds) {
  const TrafficCounts& counts = hitter.counts;
  return {.prefix = std::move(hitter.name),
          .database = hitter.database,
          .ops_per_s = counts.operations / seconds,
          .writes_per_s = counts.writes / seconds,
          .hits_per_s = counts.hits / seconds,
          .misses_per_s = counts.misses / seconds,
          .hit_ratio = ratio(counts.hits, counts.hits + counts.misses),
          .bytes_per_s = counts.bytes / seconds,
          .load_us = ratio(counts.load_us, counts.loads)};
}

double weight(const PrefixFigures& prefix, PrefixOrder order) {
  switch (order) {
    case PrefixOrder::kOperations:
      return prefix.ops_per_s;
    case PrefixOrder::kBytes:
      return prefix.bytes_per_s;
    case PrefixOrder::kItems:
      return prefix.items;
  }
  return 0;
}

}  // namespace

std::vector<PrefixFigures> prefix_figures(const Services& services, TimeMs now_ms, PrefixOrder order,
                                          std::size_t count) {
  const std::string delimiter = services.statistics.prefix_delimiter();
  if (delimiter.empty()) return {};
  const std::int64_t now_ns = services.clock.monotonic_ns();
  TrafficReport report =
      services.statistics.hot_prefixes(now_ns, HitterOrder::kOperations, std::numeric_limits<std::size_t>::max());
  const KeyspaceSample sample =
      sample_keyspace(services.store, now_ms, {.seed = static_cast<std::uint64_t>(now_ns), .delimiter = delimiter});

  std::unordered_map<KeyHash, PrefixFigures> by_hash;
  for (Hitter& hitter : report.hitters) {
    const KeyHash hash = hash_of_prefix(hitter.database, hitter.name);
    by_hash.emplace(hash, traffic_of(std::move(hitter), report.seconds));
  }
  for (const auto& [hash, contents] : sample.prefixes) {
    PrefixFigures& figures = by_hash[hash];
    figures.prefix = contents.prefix;
    figures.database = contents.database;
    figures.items = contents.items;
    figures.data_bytes = contents.bytes;
  }
  std::vector<PrefixFigures> found;
  found.reserve(by_hash.size());
  for (auto& [hash, figures] : by_hash) found.push_back(std::move(figures));
  const auto before = [order](const PrefixFigures& a, const PrefixFigures& b) {
    if (weight(a, order) != weight(b, order)) return weight(a, order) > weight(b, order);
    if (a.items != b.items) return a.items > b.items;
    return std::pair(std::string_view(a.prefix), a.database) < std::pair(std::string_view(b.prefix), b.database);
  };
  const std::size_t wanted = std::min(count, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(wanted), found.end(), before);
  found.resize(wanted);
  return found;
}

}  // namespace larder
