// Bits of a row of bytes, counted from the highest bit of the first byte on. Ranges are [begin, end), in bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace larder {

// False beyond the end.
inline bool bit_at(std::string_view bytes, std::size_t position) {
  const std::size_t at = position / 8;
  return at < bytes.size() && (static_cast<unsigned char>(bytes[at]) & (0x80U >> (position % 8))) != 0;
}

// REQUIRES, both: begin <= end <= 8 * bytes.size().
std::uint64_t count_bits(std::string_view bytes, std::size_t begin, std::size_t end);
// The first one that is set, or clear; nothing if there is none.
std::optional<std::size_t> find_bit(std::string_view bytes, std::size_t begin, std::size_t end, bool set);

}  // namespace larder
