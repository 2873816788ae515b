// The names of keys: their numbers with leading zeros after as much of "key:" as there is room for, all of one length.
// Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/bench/options.h"

namespace larder::bench {

class KeyFormat {
 public:
  explicit KeyFormat(const KeyOptions& options);

  std::size_t bytes() const { return zeros_.size(); }
  // Of number 0, whatever the first key is: write() puts a number's digits over its zeros.
  const std::string& zeros() const { return zeros_; }
  std::string name(std::uint32_t key) const;

  // Writes the digits of a key's number in front of `end`, where zeros() ends.
  void write(char* end, std::uint32_t key) const;
  // The number that stands in names and that values depend on, whatever the first key of this load is.
  std::uint64_t number(std::uint32_t key) const { return first_ + key; }

 private:
  const std::uint64_t first_;
  std::string zeros_;
};

}  // namespace larder::bench
