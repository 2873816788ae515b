#include "larder/base/bits.h"

#include <bit>
#include <cstring>

#include "larder/base/check.h"

namespace larder {

namespace {

constexpr std::size_t kByteBits = 8;
constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

std::uint64_t word_at(std::string_view bytes, std::size_t at) {
  std::uint64_t word;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

// The byte that holds `position`, with the bits outside of [position, end) clear. Sets `position` behind it.
unsigned take_byte(std::string_view bytes, std::size_t& position, std::size_t end, unsigned flip) {
  const std::size_t at = position / kByteBits;
  const std::size_t begin_bit = position % kByteBits;
  const std::size_t end_bit = end / kByteBits == at ? end % kByteBits : kByteBits;
  const unsigned mask = (0xffU >> begin_bit) & ~(0xffU >> end_bit);
  position = at * kByteBits + end_bit;
  return (static_cast<unsigned char>(bytes[at]) ^ flip) & mask;
}

}  // namespace

std::uint64_t count_bits(std::string_view bytes, std::size_t begin, std::size_t end) {
  LARDER_DCHECK(begin <= end && end <= bytes.size() * kByteBits);
  std::uint64_t count = 0;
  std::size_t position = begin;
  while (position < end) {
    if (position % kByteBits == 0 && end - position >= kWordBytes * kByteBits) {
      count += static_cast<std::uint64_t>(std::popcount(word_at(bytes, position / kByteBits)));
      position += kWordBytes * kByteBits;
    } else {
      count += static_cast<std::uint64_t>(std::popcount(take_byte(bytes, position, end, 0)));
    }
  }
  return count;
}

std::optional<std::size_t> find_bit(std::string_view bytes, std::size_t begin, std::size_t end, bool set) {
  LARDER_DCHECK(begin <= end && end <= bytes.size() * kByteBits);
  const std::uint64_t none = set ? 0 : ~std::uint64_t{0};
  std::size_t position = begin;
  while (position < end) {
    if (position % kByteBits == 0 && end - position >= kWordBytes * kByteBits &&
        word_at(bytes, position / kByteBits) == none) {
      position += kWordBytes * kByteBits;
      continue;
    }
    const std::size_t byte_begin = position / kByteBits * kByteBits;
    const unsigned found = take_byte(bytes, position, end, set ? 0 : 0xffU);
    if (found != 0) return byte_begin + static_cast<std::size_t>(std::countl_zero(static_cast<std::uint8_t>(found)));
  }
  return {};
}

}  // namespace larder
