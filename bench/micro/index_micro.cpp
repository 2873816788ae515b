// HashIndex alone, at a million entries: growth from nothing, and finds in an order that no cache holds. An entry is
// compared as the store does it, by what it leads to, which here is eight bytes in an array and in the store a record.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "larder/base/hash.h"
#include "larder/store/hash_index.h"
#include "micro.h"

namespace larder {
namespace {

constexpr std::size_t kEntries = 1'000'000;

// Locations are numbers from 1 on, and each has a position.
class Entries {
 public:
  Entries() : positions_(kEntries + 1) {
    for (Location entry = 1; entry <= kEntries; ++entry) positions_[entry] = position(entry);
  }

  static std::uint64_t position(std::uint64_t number) { return hash_position(mix_bits(number), 0); }
  std::unique_ptr<HashIndex> empty_index() const {
    return std::make_unique<HashIndex>(HashIndex::Options{.entries_max = 2 * kEntries},
                                       [this](Location entry) { return positions_[entry]; });
  }
  void insert_all(HashIndex& index) const {
    for (Location entry = 1; entry <= kEntries; ++entry) {
      index.insert(positions_[entry], entry);
      if (index.wants_step()) index.step();
    }
  }
  Location find(const HashIndex& index, std::uint64_t position) const {
    return index.find(position, [&](Location entry) { return positions_[entry] == position; });
  }

 private:
  std::vector<std::uint64_t> positions_;
};

// An iteration is a million inserts, and the steps of growth that they pay for.
void index_insert(benchmark::State& state) {
  const Entries entries;
  for (auto _ : state) {
    const std::unique_ptr<HashIndex> index = entries.empty_index();
    entries.insert_all(*index);
    if (index->size() != kEntries) std::abort();
  }
  report_each(state, state.iterations() * static_cast<std::int64_t>(kEntries));
}

void index_find(benchmark::State& state, bool hit) {
  const Entries entries;
  const std::unique_ptr<HashIndex> index = entries.empty_index();
  entries.insert_all(*index);
  SplitMix64 random(1);
  for (auto _ : state) {
    const std::uint64_t number = 1 + random.below(kEntries) + (hit ? 0 : kEntries);
    const Location found = entries.find(*index, Entries::position(number));
    if ((found != kNowhere) != hit) std::abort();
    benchmark::DoNotOptimize(found);
  }
}

BENCHMARK(index_insert)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(index_find, hit, true);
BENCHMARK_CAPTURE(index_find, miss, false);

}  // namespace
}  // namespace larder
