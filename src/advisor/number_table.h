// Finds small numbers (places in somebody's array) by the hash of the key that they stand for. Open addressing with
// linear probing, at most half full; what is erased leaves nothing behind. The owner of the numbers says which hash
// each has: `hash_of(number)`. Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "larder/base/check.h"
#include "larder/base/hash.h"

namespace larder {

class NumberTable {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  NumberTable() : places_(kPlacesMin, kNone) {}

  template <class HashOf>
  std::uint32_t find(KeyHash hash, HashOf&& hash_of) const {
    for (std::size_t at = home(hash); places_[at] != kNone; at = next(at)) {
      if (hash_of(places_[at]) == hash) return places_[at];
    }
    return kNone;
  }
  // REQUIRES: no number of this hash is there.
  template <class HashOf>
  void insert(std::uint32_t number, HashOf&& hash_of) {
    if (2 * (used_ + 1) > places_.size()) grow(hash_of);
    put(number, hash_of(number));
    ++used_;
  }
  // REQUIRES: the number is there.
  template <class HashOf>
  void erase(std::uint32_t number, HashOf&& hash_of) {
    std::size_t hole = home(hash_of(number));
    while (places_[hole] != number) {
      LARDER_CHECK(places_[hole] != kNone);
      hole = next(hole);
    }
    // Whoever would not be found any more moves into the hole.
    for (std::size_t at = next(hole); places_[at] != kNone; at = next(at)) {
      const std::size_t from_home = distance(home(hash_of(places_[at])), at);
      if (from_home < distance(hole, at)) continue;
      places_[hole] = places_[at];
      hole = at;
    }
    places_[hole] = kNone;
    --used_;
  }
  void clear() {
    places_.assign(kPlacesMin, kNone);
    used_ = 0;
  }

  std::size_t size() const { return used_; }
  std::size_t bytes() const { return places_.capacity() * sizeof(std::uint32_t); }

 private:
  static constexpr std::size_t kPlacesMin = 16;
  // Those bits do not decide whether a key is in the sample.
  static constexpr int kHomeShift = 32;

  std::size_t home(KeyHash hash) const { return static_cast<std::size_t>(hash >> kHomeShift) & (places_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (places_.size() - 1); }
  std::size_t distance(std::size_t from, std::size_t to) const { return (to - from) & (places_.size() - 1); }
  void put(std::uint32_t number, KeyHash hash) {
    std::size_t at = home(hash);
    while (places_[at] != kNone) at = next(at);
    places_[at] = number;
  }
  template <class HashOf>
  void grow(HashOf&& hash_of) {
    std::vector<std::uint32_t> before(2 * places_.size(), kNone);
    before.swap(places_);
    for (const std::uint32_t number : before) {
      if (number != kNone) put(number, hash_of(number));
    }
  }

  std::vector<std::uint32_t> places_;  // a power of two of them
  std::size_t used_ = 0;
};

}  // namespace larder
