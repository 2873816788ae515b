#include "larder/base/bits.h"

#include <gtest/gtest.h>

#include <string>

#include "larder/base/hash.h"

namespace larder {
namespace {

std::string random_bytes(std::size_t size, SplitMix64& random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    const std::uint64_t kind = random.below(4);
    byte = static_cast<char>(kind == 0 ? 0 : kind == 1 ? 0xff : random.below(256));
  }
  return bytes;
}

TEST(Bits, BeginWithTheHighestOfTheFirstByte) {
  const std::string bytes("\x80\x01", 2);
  EXPECT_TRUE(bit_at(bytes, 0));
  EXPECT_FALSE(bit_at(bytes, 1));
  EXPECT_FALSE(bit_at(bytes, 14));
  EXPECT_TRUE(bit_at(bytes, 15));
  EXPECT_FALSE(bit_at(bytes, 16));
}

TEST(Bits, AreCountedAndFoundAsOneByOne) {
  SplitMix64 random(1);
  for (int round = 0; round < 2'000; ++round) {
    const std::string bytes = random_bytes(random.below(40), random);
    const std::size_t end = random.below(8 * bytes.size() + 1);
    const std::size_t begin = random.below(end + 1);
    std::uint64_t count = 0;
    std::optional<std::size_t> set;
    std::optional<std::size_t> clear;
    for (std::size_t i = end; i-- > begin;) {
      if (bit_at(bytes, i)) ++count;
      (bit_at(bytes, i) ? set : clear) = i;
    }
    EXPECT_EQ(count_bits(bytes, begin, end), count);
    EXPECT_EQ(find_bit(bytes, begin, end, true), set);
    EXPECT_EQ(find_bit(bytes, begin, end, false), clear);
  }
}

}  // namespace
}  // namespace larder
