// Which key is next. Keys are numbers from 0 to the count of them less one; key_format has their names.
//
// Draws by Zipf's law are made once, before the load, and go round; the threads begin at different places. Rank and key
// are two things: popular keys lie anywhere among the others, as they do in a real cache, and not side by side in the
// order in which a fill has written them.
#pragma once

#include <cstdint>
#include <vector>

#include "larder/base/hash.h"
#include "tools/bench/options.h"

namespace larder::bench {

// Key of a rank: a permutation of the keys. REQUIRES: rank < keys <= 2^32.
class RankPlaces {
 public:
  explicit RankPlaces(std::uint64_t keys);
  std::uint32_t key(std::uint64_t rank) const { return static_cast<std::uint32_t>(rank * step_ % keys_); }

 private:
  const std::uint64_t keys_;
  std::uint64_t step_;
};

// Immutable; shared by all threads. Empty unless the distribution is Zipf's.
class DrawnKeys {
 public:
  // `wanted`: how many keys the load will ask for at most, if that is known; no more are drawn.
  DrawnKeys(const KeyOptions& options, std::uint64_t wanted, std::uint64_t seed);
  const std::vector<std::uint32_t>& keys() const { return keys_; }

 private:
  std::vector<std::uint32_t> keys_;
};

// The keys of one thread. Sequential: thread t of T takes keys t, t + T, ..., over and over, so that together they take
// each once a round.
class KeyStream {
 public:
  struct Share {
    unsigned index = 0;
    unsigned of = 1;
  };
  // `drawn` must outlive it, and be of the same options.
  KeyStream(const KeyOptions& options, const DrawnKeys& drawn, std::uint64_t seed, Share share);

  std::uint32_t next() {
    switch (distribution_) {
      case Distribution::kZipf: {
        const std::uint32_t key = drawn_[position_];
        if (++position_ == drawn_.size()) position_ = 0;
        return key;
      }
      case Distribution::kUniform:
        return static_cast<std::uint32_t>(random_.below(count_));
      case Distribution::kSequential:
        break;
    }
    const std::uint64_t key = position_;
    position_ += step_;
    if (position_ >= count_) position_ %= count_;
    return static_cast<std::uint32_t>(key);
  }

 private:
  const Distribution distribution_;
  const std::uint64_t count_;
  const std::uint64_t step_;
  const std::vector<std::uint32_t>& drawn_;
  SplitMix64 random_;
  std::uint64_t position_ = 0;
};

}  // namespace larder::bench
