// The digest of a value, which clients compare in place of the value: DIGEST, and IFDEQ and IFDNE of SET and DELEX.
// XXH3 with 64 bits, as 16 hexadecimal digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder {

using ValueDigest = std::uint64_t;

ValueDigest digest_of(std::string_view value);
// In small letters, leading zeros included.
std::string digest_text(ValueDigest digest);
// Exactly 16 digits; case does not matter. Nothing otherwise.
std::optional<ValueDigest> parse_digest(std::string_view text);

}  // namespace larder
