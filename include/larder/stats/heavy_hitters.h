// WHAT: those names (keys, prefixes of keys) that most of a weighted stream is about, in fixed memory: Space-Saving
// (Metwally, Agrawal, El Abbadi, 2005), cut into sets by the name's hash so that an addition looks at one set alone.
//
// STRUCTURE: a name belongs to the set that its hash says. What has to be looked at of all names of a set lies
// together, in three cache lines; the rest, which is larger, is touched for one of them. A name that is not there takes
// the place of its set's smallest, whose weight it inherits as what it may have had before, so that a newcomer has to
// be passed before it goes:
//
//     set 0   [ a 900 | b 41 | c 40 | ... 8 ]        x comes with 1: it takes the place of c, as 41 of which 40 are
//     set 1   [ ... ]                                inherited; what is reported of it is the 1 that was seen
//
// The one that moved most bytes in its set stays, however few its operations are.
//
// INVARIANTS: hash, rank and bytes of an entry are in its set as well; what is reported of a name is at most what it
// had, and less by at most a seventh of its set's weight. Not thread-safe. Allocates at construction only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "larder/base/hash.h"

namespace larder {

// What was seen of a name, or estimated from a sample: hence no whole numbers.
struct TrafficCounts {
  double operations = 0;  // requests that named it
  double writes = 0;      // of them
  double hits = 0;
  double misses = 0;
  double bytes = 0;  // of these requests and their replies
  double loads = 0;  // from a miss to the SET, by one connection: see Statistics
  double load_us = 0;

  TrafficCounts& operator+=(const TrafficCounts& other);
};

class HeavyHitters {
 public:
  static constexpr std::size_t kWays = 8;
  // Of a longer name the beginning is kept.
  static constexpr std::size_t kNameBytesMax = 96;

  struct Name {
    KeyHash hash = 0;
    Database database = 0;
    std::string_view text;
  };
  // What an addition to a name that is there changes is in the first cache line.
  struct alignas(64) Entry {
    TrafficCounts counts;  // seen
    double rank = 0;       // operations seen and inherited; 0: a free place
    KeyHash hash = 0;
    Database database = 0;
    std::uint16_t kept_bytes = 0;
    std::uint32_t name_bytes = 0;  // of the whole name
    std::array<char, kNameBytesMax> kept;

    std::string_view name() const { return {kept.data(), kept_bytes}; }
  };

  // REQUIRES: a power of two.
  explicit HeavyHitters(std::size_t sets);

  void add(const Name& name, const TrafficCounts& counts);
  // Asks the memory for what add() of a name with this hash will look at: first for its set, and when that may have
  // come, for the entry.
  void prefetch_set(KeyHash hash) const;
  void prefetch_entry(KeyHash hash) const;
  void clear();
  // Free places among them.
  std::span<const Entry> entries() const { return entries_; }
  std::size_t bytes() const { return entries_.capacity() * sizeof(Entry) + sets_.capacity() * sizeof(Set); }

 private:
  // By way.
  struct alignas(64) Set {
    std::array<KeyHash, kWays> hash{};
    std::array<double, kWays> rank{};
    std::array<double, kWays> bytes{};
  };

  std::size_t set_number(KeyHash hash) const { return static_cast<std::size_t>(mix_bits(hash)) & (sets_.size() - 1); }
  // Where the name is, or kWays.
  static std::size_t find(const Set& set, KeyHash hash);
  // The one that goes.
  static std::size_t smallest(const Set& set);

  std::vector<Set> sets_;
  std::vector<Entry> entries_;  // kWays for each set
};

}  // namespace larder
