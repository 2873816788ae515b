// The hash of a key, and the one place that says which of its bits mean what.
//
//     63        ...       16 15      0
//     | shard | position    | spare  |
//
// Shard: the highest `shard_bits` bits. Position: the bits after them choose the bucket, high bits first, so that an
// index is in hash order, and the entry's tag (see HashIndex). The two never overlap, so a shard's keys spread over its
// whole index. A SCAN cursor is the hash without its spare bits: 48 bits, which every client can hold.
//
// The hash is XXH3 with a secret drawn at start from the system's randomness, so that nobody outside can aim keys at
// one bucket (hash flooding); a fixed seed makes runs repeatable in tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder {

using Database = std::uint16_t;
using KeyHash = std::uint64_t;

inline constexpr int kHashSpareBits = 16;
inline constexpr int kScanCursorBits = 64 - kHashSpareBits;

constexpr std::uint32_t hash_shard(KeyHash hash, int shard_bits) {
  return shard_bits == 0 ? 0 : static_cast<std::uint32_t>(hash >> (64 - shard_bits));
}

// The hash as its shard sees it: the shard's bits shifted out, so that high bits are uniform within the shard.
constexpr std::uint64_t hash_position(KeyHash hash, int shard_bits) {
  return ((hash >> kHashSpareBits) << kHashSpareBits) << shard_bits;
}

// Cursor 0 is the beginning. A cursor c names every hash from c << 16 on.
constexpr std::uint64_t hash_to_cursor(KeyHash hash) {
  return hash >> kHashSpareBits;
}
constexpr KeyHash cursor_to_hash(std::uint64_t cursor) {
  return cursor << kHashSpareBits;
}

class Hasher {
 public:
  // A secret from the system's randomness.
  Hasher();
  // A secret derived from `seed`: the same hashes in every run. For tests and --hash-seed.
  explicit Hasher(std::uint64_t seed);

  // Database 0 costs nothing; the number of another one is mixed in, so one index holds all databases.
  KeyHash operator()(Database database, std::string_view key) const;

 private:
  static constexpr std::size_t kSecretBytes = 192;
  alignas(64) std::array<unsigned char, kSecretBytes> secret_;
};

// XXH3's 64 bits without a secret: everybody's for the same bytes, so nothing that an attacker may aim at.
std::uint64_t public_hash(std::string_view bytes);

// The finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit changes half of the output bits.
constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// splitmix64 as a generator: small, fast, good enough for sampling and tests; not for secrets.
class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t next() { return mix_bits(state_ += kIncrement); }
  // Uniform enough in [0, bound) for bounds far below 2^64. REQUIRES: bound > 0.
  constexpr std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(next()) * bound) >> 64);
  }

 private:
  __extension__ using Uint128 = unsigned __int128;
  static constexpr std::uint64_t kIncrement = 0x9e3779b97f4a7c15ULL;
  std::uint64_t state_;
};

}  // namespace larder
