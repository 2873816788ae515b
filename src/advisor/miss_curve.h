// WHAT: hit ratios of an LRU cache of any size, from the reuse distances of a sample. The weight of a sampled use is
// what it stands for (one over the sample's share of the keys); all queries, sampled or not, are counted beside them,
// and what the sample has too few or too many of is put down to keys that are used all the time (SHARDS-adj): whether
// one of the hottest few is in the sample is chance, and they are hits at every size.
//
// STRUCTURE: counts by distance in buckets that grow by an eighth of an octave each; within a bucket distances are
// taken to be spread evenly.
//
// Source: Waldspurger, Park, Garthwaite, Ahmad, "Efficient MRC construction with SHARDS", FAST 2015.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace larder {

class MissCurve {
 public:
  // A use after so much other use stands for `count` hits of caches of at least this size.
  void add_reuse(double distance, double count);
  // A use that no cache would have had.
  void add_cold(double count) { sampled_ += count; }
  // So many queries there were, sampled or not.
  void add_queries(double count) { queries_ += count; }
  // All counts become less, so that what comes later weighs more.
  void fade(double factor);
  void clear() { *this = {}; }

  double queries() const { return queries_; }
  // Of queries in a cache of this size; 0 without any.
  double hit_ratio(double size) const;

 private:
  static constexpr std::size_t kPerOctave = 8;
  static constexpr std::size_t kOctaves = 56;

  // Where a distance lies, as a bucket and the part of it that is below.
  struct Position {
    std::size_t bucket;
    double part;
  };
  static std::size_t bucket_of(double distance);
  static Position position_of(double distance);

  std::array<double, kPerOctave * kOctaves> counts_{};
  double sampled_ = 0;
  double queries_ = 0;
};

}  // namespace larder
