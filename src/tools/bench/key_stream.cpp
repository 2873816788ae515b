#include "tools/bench/key_stream.h"

#include <algorithm>
#include <numeric>

#include "tools/bench/zipf.h"

namespace larder::bench {

namespace {

// Some draws a key, so that the tail is met as well; 64 MiB at most.
constexpr std::uint64_t kDrawsPerKey = 4;
constexpr std::uint64_t kDrawsMin = 1 << 20;
constexpr std::uint64_t kDrawsMax = 1 << 24;
// A step of this part of the keys spreads neighbouring ranks most evenly.
constexpr double kGoldenPart = 0.6180339887498949;

}  // namespace

RankPlaces::RankPlaces(std::uint64_t keys) : keys_(keys) {
  step_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(keys) * kGoldenPart));
  while (std::gcd(step_, keys_) != 1) ++step_;
}

DrawnKeys::DrawnKeys(const KeyOptions& options, std::uint64_t wanted, std::uint64_t seed) {
  if (options.distribution != Distribution::kZipf) return;
  const std::uint64_t draws =
      std::clamp<std::uint64_t>(std::min(wanted, options.count * kDrawsPerKey), std::min(wanted, kDrawsMin), kDrawsMax);
  const Zipf zipf(options.count, options.zipf_theta);
  const RankPlaces places(options.count);
  SplitMix64 random(seed);
  keys_.resize(std::max<std::uint64_t>(draws, 1));
  for (std::uint32_t& key : keys_) key = places.key(zipf.draw(random));
}

KeyStream::KeyStream(const KeyOptions& options, const DrawnKeys& drawn, std::uint64_t seed, Share share)
    : distribution_(options.distribution),
      count_(options.count),
      step_(share.of),
      drawn_(drawn.keys()),
      random_(mix_bits(seed) + share.index) {
  position_ = distribution_ == Distribution::kZipf ? drawn_.size() / share.of * share.index : share.index % count_;
}

}  // namespace larder::bench
