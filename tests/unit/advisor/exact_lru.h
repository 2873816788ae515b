// Exact LRU by weight, as simple as can be, for the advisor's parts to be compared with; and traffic to do it with.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "larder/base/hash.h"

namespace larder::test {

class ExactLru {
 public:
  explicit ExactLru(std::uint64_t capacity) : capacity_(capacity) {}

  // A read, and the write after a miss. True: it hit.
  bool request(std::uint64_t key, std::uint64_t weight) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    order_.push_front({key, weight});
    places_[key] = order_.begin();
    used_ += weight;
    while (used_ > capacity_) {
      used_ -= order_.back().weight;
      places_.erase(order_.back().key);
      order_.pop_back();
    }
    return false;
  }

 private:
  struct Item {
    std::uint64_t key;
    std::uint64_t weight;
  };
  const std::uint64_t capacity_;
  std::uint64_t used_ = 0;
  std::list<Item> order_;
  std::unordered_map<std::uint64_t, std::list<Item>::iterator> places_;
};

inline double exact_hit_ratio(const std::vector<std::uint64_t>& keys, std::uint64_t capacity,
                              std::uint64_t (*weight_of)(std::uint64_t key)) {
  ExactLru cache(capacity);
  std::uint64_t hits = 0;
  for (const std::uint64_t key : keys) hits += cache.request(key, weight_of(key)) ? 1 : 0;
  return static_cast<double>(hits) / static_cast<double>(keys.size());
}

// Key k of `keys` in proportion to 1 / (k + 1)^alpha.
inline std::vector<std::uint64_t> zipf_requests(std::size_t requests, std::size_t keys, double alpha,
                                                std::uint64_t seed) {
  std::vector<double> sums(keys);
  double sum = 0;
  for (std::size_t k = 0; k < keys; ++k) sums[k] = sum += std::pow(static_cast<double>(k + 1), -alpha);
  SplitMix64 numbers(seed);
  std::vector<std::uint64_t> drawn(requests);
  for (std::uint64_t& key : drawn) {
    const double at = static_cast<double>(numbers.next() >> 11) * 0x1p-53 * sum;
    key = static_cast<std::uint64_t>(std::upper_bound(sums.begin(), sums.end(), at) - sums.begin());
  }
  return drawn;
}

inline KeyHash hash_of_key(std::uint64_t key) {
  return mix_bits(key + 0x5bd1e995);
}

}  // namespace larder::test
