// Which keys and which prefixes of keys the requests of late were about, from a sample of them. One an io thread, which
// draws and adds; anybody may ask, for which a lock is taken with each request that was drawn and with no other.
//
// The sample is one request of one batch in `every`, and it stands for as many requests as its batch had, times
// `every`: so each request is expected to weigh 1 in it, whatever its batch. A thread that executes them one by one,
// which costs each of them a system call, looks at one in `every`, one that is given full batches at one in many times
// that. Where more would be drawn in a second than the figures need, fewer batches are drawn from, and each stands for
// more: from then on, so that what a request weighs does not depend on what it is.
//
// What is kept goes by windows of fixed length, the same for all threads: this one and the one before it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/mutex.h"
#include "larder/stats/heavy_hitters.h"

namespace larder {

// What was found out about a name, by one thread or by all.
struct Hitter {
  std::string name;  // cut after HeavyHitters::kNameBytesMax
  std::size_t name_bytes = 0;
  Database database = 0;
  TrafficCounts counts;
};

// Sums over threads and windows.
struct TrafficReport {
  double seconds = 0;  // that it is about; at least 1, so that a rate of the first moments is not made up
  TrafficCounts all;   // of every name, reported or not
  std::vector<Hitter> hitters;
};
enum class HitterOrder : std::uint8_t { kOperations, kBytes };

// The heavy hitters of the last one or two windows. Not thread-safe.
class RecentHitters {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::size_t kWindows = 2;

  RecentHitters(std::int64_t window_ns, std::size_t sets)
      : window_ns_(window_ns), windows_{Window(sets), Window(sets)} {}

  // REQUIRES: times do not go back.
  void add(std::int64_t now_ns, const HeavyHitters::Name& name, const TrafficCounts& counts);
  void clear();
  // For the next add() of a name with this hash. Only for the thread that adds.
  void prefetch_set(KeyHash hash) const { windows_[current_].names.prefetch_set(hash); }
  void prefetch_entry(KeyHash hash) const { windows_[current_].names.prefetch_entry(hash); }
  std::size_t bytes() const { return windows_[0].names.bytes() + windows_[1].names.bytes(); }

  // What is reported of one thread: of each of its windows the names, so that one may be there twice.
  struct Copy {
    std::int64_t from_ns = kNever;
    TrafficCounts all;
    std::vector<HeavyHitters::Entry> entries;
  };
  // Allocates nothing if there is room for all entries.
  void copy_to(Copy& copy, std::int64_t now_ns) const;
  // To be filled by all threads.
  struct Sum {
    std::int64_t from_ns = kNever;
    TrafficCounts all;
    std::unordered_map<KeyHash, Hitter> by_name;

    Sum& operator+=(const Copy& copy);
  };
  // The `count` that come first.
  static TrafficReport report(Sum sum, std::int64_t now_ns, HitterOrder order, std::size_t count);

 private:
  struct Window {
    explicit Window(std::size_t sets) : names(sets) {}
    void clear();

    std::int64_t number = kNone;
    TrafficCounts all;
    HeavyHitters names;
  };
  static constexpr std::int64_t kNone = -2;

  void begin_window(std::int64_t number);

  const std::int64_t window_ns_;
  std::int64_t began_ns_ = kNever;  // when the first was added
  std::array<Window, kWindows> windows_;
  std::size_t current_ = 0;
};

class TrafficSample {
 public:
  static constexpr std::int64_t kKeyWindowNs = 10'000'000'000;
  static constexpr std::int64_t kPrefixWindowNs = 60'000'000'000;
  static constexpr std::uint32_t kEveryDefault = 4;
  // Keys added in a second at most, once the pace has settled, with `every` at its default; as many more as it is
  // lower. The tenth of a million keys by Zipf 0.99 has 0.7 % of all operations: 1,000 of ten seconds' draws, which is
  // 3 % of error.
  static constexpr std::uint32_t kAddedPerSecond = 16'000;
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  // `seed`: another for each thread.
  explicit TrafficSample(std::uint64_t seed) : random_(seed) {}

  // --- The io thread ---
  struct Draw {
    std::size_t index = kNone;  // in the batch
    double weight = 0;          // for how many requests it stands
  };
  // From a batch of `size` requests. REQUIRES: size > 0.
  Draw draw(std::size_t size) {
    const std::uint32_t every = every_.load(std::memory_order_relaxed);
    if (every == 0) return {};
    const std::uint64_t of = std::uint64_t{std::max(every, paced_every_)} * size;
    const std::uint64_t drawn = random_.below(of);
    if (drawn >= size) return {};
    return {.index = static_cast<std::size_t>(drawn), .weight = static_cast<double>(of)};
  }
  // What add() of this key will look at is rarely in a cache: it can be on its way while requests are executed, in two
  // steps. Nobody else writes to the keys' tables, so no lock is taken.
  void prefetch_set(KeyHash key) const NO_LOCK_ANALYSIS { keys_.prefetch_set(key); }
  void prefetch_entry(KeyHash key) const NO_LOCK_ANALYSIS { keys_.prefetch_entry(key); }
  // No shard is locked.
  void add(std::int64_t now_ns, const HeavyHitters::Name& key, const TrafficCounts& counts);

  // --- Any thread ---
  // 0: nothing is drawn. Any other after it begins anew: rates are not of the time in between.
  void set_every(std::uint32_t every);
  // What ends a key's prefix, which includes it; a key without it has an empty one. Empty: no prefixes are kept.
  void set_delimiter(std::string_view delimiter);
  void add_keys_to(RecentHitters::Sum& sum, std::int64_t now_ns) const;
  void add_prefixes_to(RecentHitters::Sum& sum, std::int64_t now_ns) const;
  // Fixed.
  std::size_t bytes() const;

 private:
  static constexpr std::size_t kKeySets = 64;
  static constexpr std::size_t kPrefixSets = 16;
  // How long a pace is kept at least: not for one burst alone.
  static constexpr std::int64_t kPaceNs = 50'000'000;

  void keep_pace(std::int64_t now_ns);

  std::atomic<std::uint32_t> every_{kEveryDefault};
  SplitMix64 random_;
  // The io thread's alone.
  std::uint32_t paced_every_ = 1;
  std::int64_t pace_began_ns_ = 0;
  std::uint32_t added_ = 0;  // since then
  mutable SpinMutex mutex_;
  bool begins_anew_ GUARDED_BY(mutex_) = false;  // the tables are to be emptied, which is for the io thread to do
  std::string delimiter_ GUARDED_BY(mutex_) = ":";
  RecentHitters keys_ GUARDED_BY(mutex_){kKeyWindowNs, kKeySets};
  RecentHitters prefixes_ GUARDED_BY(mutex_){kPrefixWindowNs, kPrefixSets};
};

// The part of a key that its prefix is, with the delimiter; empty if it has none. REQUIRES: a delimiter.
std::string_view prefix_of(std::string_view key, std::string_view delimiter);
// What it is known by: another for each database.
KeyHash hash_of_prefix(Database database, std::string_view prefix);

}  // namespace larder
