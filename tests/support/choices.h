// Where the decisions of random tests come from: a generator, a fuzzer's bytes, or a script that is written down as
// such bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/base/hash.h"

namespace larder::test {

class Choices {
 public:
  virtual ~Choices() = default;
  // In [0, bound). REQUIRES: bound > 0.
  virtual std::uint64_t below(std::uint64_t bound) = 0;
};

// Bounds up to 256 take a byte, larger ones as many more as they need. Once the bytes are used up, the rest is zeros.
class ByteChoices final : public Choices {
 public:
  explicit ByteChoices(std::string_view bytes) : bytes_(bytes) {}
  ByteChoices(const std::uint8_t* data, std::size_t size) : bytes_(reinterpret_cast<const char*>(data), size) {}

  bool used_up() const { return at_ == bytes_.size(); }
  std::uint64_t below(std::uint64_t bound) override {
    std::uint64_t number = 0;
    for (std::uint64_t rest = bound - 1; rest != 0; rest >>= 8) number = number << 8 | next();
    return number % bound;
  }

 private:
  std::uint64_t next() { return used_up() ? 0 : static_cast<unsigned char>(bytes_[at_++]); }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

// The script's numbers, then random ones; bytes() makes ByteChoices decide the same.
class RecordedChoices final : public Choices {
 public:
  RecordedChoices(std::vector<std::uint64_t> script, std::uint64_t seed) : script_(std::move(script)), random_(seed) {}

  std::uint64_t below(std::uint64_t bound) override {
    const std::uint64_t number = at_ < script_.size() ? script_[at_++] % bound : random_.below(bound);
    std::size_t digits = 0;
    for (std::uint64_t rest = bound - 1; rest != 0; rest >>= 8) ++digits;
    while (digits-- > 0) bytes_ += static_cast<char>(number >> (8 * digits));
    return number;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  const std::vector<std::uint64_t> script_;
  std::size_t at_ = 0;
  SplitMix64 random_;
  std::string bytes_;
};

}  // namespace larder::test
