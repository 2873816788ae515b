// WHAT: the random numbers of a policy that evicts at random, and the rank by which its shard is chosen among others:
// as often as its share of the whole weight.
//
// STRUCTURE: a race. Every shard stands somewhere on the same line; the one furthest back pays with an item and goes on
// by an exponential draw divided by its weight, so a shard of twice the weight pays twice as often. The seed is fixed,
// and stirred with the hashes of what is evicted, which differ from shard to shard.
//
// INVARIANTS: the position never goes back, and stays below kPositionMax.
// Source: the race of exponential clocks; as in Efraimidis and Spirakis, "Weighted random sampling with a reservoir",
// Inf. Proc. Letters 2006.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "larder/base/hash.h"

namespace larder {

class RandomDraw {
 public:
  std::uint64_t next() { return numbers_.next(); }

  // The shard has paid with an item. REQUIRES: weight > 0.
  void redraw(KeyHash evicted, std::uint64_t weight) {
    numbers_ = SplitMix64(numbers_.next() ^ evicted);
    // In (0, 1]: the logarithm is finite.
    const double exponential = -std::log(static_cast<double>((numbers_.next() >> 11) + 1) * 0x1p-53);
    position_ = std::min(position_ + exponential / static_cast<double>(weight) * kScale, kPositionMax);
  }

  std::int64_t rank() const { return static_cast<std::int64_t>(position_); }

 private:
  static constexpr double kScale = 0x1p40;
  static constexpr double kPositionMax = 0x1p62;

  SplitMix64 numbers_{0x6c61726465720001ULL};
  double position_ = 0;
};

}  // namespace larder
