#include "larder/base/hash.h"

#include <sys/random.h>

#include <cstring>

#include "larder/base/check.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace larder {

Hasher::Hasher() {
  std::size_t filled = 0;
  while (filled < kSecretBytes) {
    const ssize_t got = getrandom(secret_.data() + filled, kSecretBytes - filled, 0);
    LARDER_CHECK(got > 0);
    filled += static_cast<std::size_t>(got);
  }
}

Hasher::Hasher(std::uint64_t seed) {
  SplitMix64 words(seed);
  for (std::size_t at = 0; at < kSecretBytes; at += sizeof(std::uint64_t)) {
    const std::uint64_t word = words.next();
    std::memcpy(secret_.data() + at, &word, sizeof word);
  }
}

KeyHash Hasher::operator()(Database database, std::string_view key) const {
  const KeyHash hash = XXH3_64bits_withSecret(key.data(), key.size(), secret_.data(), kSecretBytes);
  return database == 0 ? hash : mix_bits(hash ^ (std::uint64_t{database} << 32));
}

std::uint64_t public_hash(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace larder
