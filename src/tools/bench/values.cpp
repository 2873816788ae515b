#include "tools/bench/values.h"

namespace larder::bench {

namespace {

// Not the load's seed: what one run has written, another one can verify.
constexpr std::uint64_t kSeed = 20'240'229;

}  // namespace

Values::Values(std::uint64_t bytes_max) : noise_(kPlaces + bytes_max, '\0') {
  SplitMix64 random(kSeed);
  for (char& byte : noise_) byte = static_cast<char>('!' + random.below('~' - '!' + 1));
}

}  // namespace larder::bench
