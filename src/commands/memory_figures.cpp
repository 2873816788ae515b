#include "commands/memory_figures.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace larder {

namespace {

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> size_pages >> resident_pages)) return 0;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

double fraction(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::int64_t difference(std::uint64_t bytes, std::uint64_t from_bytes) {
  return static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(from_bytes);
}

MemoryFigures memory_figures(const StoreStats& store) {
  const ShardStats& total = store.total;
  MemoryFigures figures;
  figures.used_bytes = store.used_bytes;
  figures.startup_bytes = std::min(store.startup_bytes, figures.used_bytes);
  figures.data_bytes = std::min(total.data_bytes, figures.used_bytes);
  figures.overhead_bytes = figures.used_bytes - figures.data_bytes;
  figures.committed_bytes = total.log_bytes + total.blob_bytes + store.warm_bytes + total.index_bytes +
                            total.policy_bytes + total.lease_bytes + total.tag_bytes + total.overhead_bytes;
  figures.resident_bytes = resident_bytes();
  figures.data_share = fraction(figures.data_bytes, figures.used_bytes - figures.startup_bytes);
  figures.fragmentation_ratio = fraction(figures.resident_bytes, figures.used_bytes);
  return figures;
}

}  // namespace larder
