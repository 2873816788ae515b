// Which keys are in a sample: those whose hash has its lower half below a threshold. So the hash that is there anyway
// decides, every use of a key is in the sample or none is, and a lower threshold keeps a part of the same keys (spatial
// sampling). The shard and the bucket are chosen by the upper half.
// Source: Waldspurger, Park, Garthwaite, Ahmad, "Efficient MRC construction with SHARDS", FAST 2015.
#pragma once

#include <cstdint>

#include "larder/base/hash.h"

namespace larder {

// 0: no key; kAllKeys: every one.
using SampleThreshold = std::uint64_t;
inline constexpr SampleThreshold kAllKeys = std::uint64_t{1} << 32;

constexpr std::uint64_t sample_bits(KeyHash hash) {
  return hash & (kAllKeys - 1);
}
constexpr bool is_sampled(KeyHash hash, SampleThreshold threshold) {
  return sample_bits(hash) < threshold;
}
// The part of all keys.
constexpr double sample_share(SampleThreshold threshold) {
  return static_cast<double>(threshold) / static_cast<double>(kAllKeys);
}

}  // namespace larder
