// From what a user wrote to the canonical text of an option's value, and back to numbers. Pure functions of the table's
// rows.
//
// Canonical text is what CONFIG GET answers: yes and no, whole numbers, sizes in bytes, durations in seconds, lists
// joined by one space. `auto` and percentages stay as they are until something resolves them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/status.h"
#include "server/option_table.h"

namespace larder {

// Errors: kInvalidArgument; the message says what would be right, in the words of CONFIG SET ("argument must be ...").
Result<std::string> canonical_option(const OptionRow& row, std::string_view text);

// REQUIRES for these: canonical text of a fitting row.
std::int64_t option_integer(std::string_view canonical);
std::optional<std::uint64_t> option_optional_integer(std::string_view canonical);
bool option_yes(std::string_view canonical);
std::vector<std::string> option_list(std::string_view canonical);

// The parts of a text between any of `separators`; empty parts are dropped.
std::vector<std::string> split_words(std::string_view text, std::string_view separators);

// Whether only this host reaches a numeric address.
bool is_loopback_address(std::string_view address);

}  // namespace larder
