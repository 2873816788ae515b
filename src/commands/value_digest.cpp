#include "commands/value_digest.h"

#include <charconv>

#include "larder/base/hash.h"

namespace larder {

namespace {

constexpr std::size_t kDigits = 16;
constexpr int kBase = 16;

}  // namespace

ValueDigest digest_of(std::string_view value) {
  return public_hash(value);
}

std::string digest_text(ValueDigest digest) {
  char digits[kDigits];
  const auto end = std::to_chars(digits, digits + kDigits, digest, kBase).ptr;
  std::string text(kDigits - static_cast<std::size_t>(end - digits), '0');
  return text.append(digits, end);
}

std::optional<ValueDigest> parse_digest(std::string_view text) {
  ValueDigest digest = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, digest, kBase);
  if (text.size() != kDigits || read.ec != std::errc() || read.ptr != end) return {};
  return digest;
}

}  // namespace larder
