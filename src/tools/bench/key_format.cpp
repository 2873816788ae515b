#include "tools/bench/key_format.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace larder::bench {

namespace {

constexpr std::string_view kPrefix = "key:";

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

}  // namespace

KeyFormat::KeyFormat(const KeyOptions& options) : first_(options.first), zeros_(options.bytes, '0') {
  const std::size_t digits = std::to_string(options.first + options.count - 1).size();
  const std::size_t letters = std::min(kPrefix.size(), zeros_.size() - digits);
  zeros_.replace(0, letters, kPrefix.substr(0, letters));
}

std::string KeyFormat::name(std::uint32_t key) const {
  std::string name = zeros_;
  write(name.data() + name.size(), key);
  return name;
}

void KeyFormat::write(char* end, std::uint32_t key) const {
  std::uint64_t left = number(key);
  while (left >= 10) {
    end -= 2;
    std::memcpy(end, &kPairs[left % 100 * 2], 2);
    left /= 100;
  }
  if (left > 0) *--end = static_cast<char>('0' + left);
}

}  // namespace larder::bench
