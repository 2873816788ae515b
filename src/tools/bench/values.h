// The bytes of values: every value is a piece of the same printable noise, and which piece is a function of the key's
// number and the value's length. So nothing is made while the load runs, whoever knows the key can check each byte, and
// a value cut short or of another key differs (but for one in 16,384). Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "larder/base/hash.h"

namespace larder::bench {

class Values {
 public:
  explicit Values(std::uint64_t bytes_max);

  // Valid as long as this. REQUIRES: bytes <= bytes_max.
  std::string_view of(std::uint64_t key_number, std::uint64_t bytes) const {
    return {noise_.data() + mix_bits(key_number * kOdd + bytes) % kPlaces, static_cast<std::size_t>(bytes)};
  }

 private:
  static constexpr std::uint64_t kPlaces = 1 << 14;
  static constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;
  std::string noise_;
};

}  // namespace larder::bench
