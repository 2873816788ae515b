// Numbers, sizes and patterns as text, by Redis's rules: strict, no locale, no leading blanks or plus signs. Pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "larder/base/status.h"

namespace larder {

// A signed decimal that fills the whole text: no blanks, no '+', no leading zeros, no "-0". Nothing otherwise or on
// overflow.
std::optional<std::int64_t> parse_int64(std::string_view text);
std::optional<std::uint64_t> parse_uint64(std::string_view text);
// A finite or infinite double that fills the whole text; not a NaN.
std::optional<double> parse_double(std::string_view text);
std::optional<long double> parse_long_double(std::string_view text);

// As INCRBYFLOAT prints: fixed notation, up to 17 digits after the point, trailing zeros cut. Empty if it cannot be
// printed.
std::string format_long_double(long double value);
// The shortest text that reads back as the same double; "inf", "-inf", "nan".
std::string format_double(double value);

// "1048576", "64kb" (1,024), "64k" (1,000), "512mb", "2gb", "1tb"; also "b". Case does not matter.
Result<std::uint64_t> parse_size(std::string_view text);
// As INFO's *_human fields: "1.50M".
std::string format_size(std::uint64_t bytes);

bool equals_ignore_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

// Redis's glob: * ? [abc] [^a] [a-z] and \ to quote. Linear in the text for each '*' (no exponential backtracking).
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

// Text for a log or an error: bytes outside printable ASCII as \xNN, cut to `max_bytes` with "...".
std::string printable(std::string_view bytes, std::size_t max_bytes = 128);

}  // namespace larder
