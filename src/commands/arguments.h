// What every command family shares: reading arguments, and the error texts clients know, each written once. A reader
// that finds its argument wrong writes the error reply itself and answers nothing; the handler then returns
// Outcome::kDone:
//
//   const auto seconds = read_int(context, 2);
//   if (!seconds) return Outcome::kDone;
//
// Texts are those of Redis 7.0.15; client libraries match on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "commands/command.h"

namespace larder {

namespace errors {

inline constexpr std::string_view kSyntax = "ERR syntax error";
inline constexpr std::string_view kNotInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotPositive = "ERR value is out of range, must be positive";
inline constexpr std::string_view kNotFloat = "ERR value is not a valid float";
inline constexpr std::string_view kWrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kValueTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kBadTimeout = "ERR timeout is not an integer or out of range";
inline constexpr std::string_view kNoAuth = "NOAUTH Authentication required.";
inline constexpr std::string_view kWrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";

// "ERR invalid expire time in 'set' command"
std::string invalid_expire(const CommandContext& context);
// "ERR wrong number of arguments for 'client|setname' command"
std::string wrong_arguments(std::string_view full_name);
// "ERR unknown command 'foo', with args beginning with: 'a' 'b' ", cut as Redis cuts it.
std::string unknown_command(const Request& request);
// "ERR Unsupported option foo", up to the first zero byte.
std::string unsupported_option(std::string_view option);
// "ERR unknown subcommand 'foo'. Try CLIENT HELP."
std::string unknown_subcommand(std::string_view container, std::string_view name);
// "ERR unknown subcommand or wrong number of arguments for 'foo'. Try CLIENT HELP.", foo being the second argument.
std::string subcommand_syntax(const CommandContext& context);
// "ERR Can't execute 'get': only ... are allowed in this context"
std::string not_while_subscribed(std::string_view full_name);

}  // namespace errors

// Writes the error and answers Outcome::kDone: `return fail(context, errors::kSyntax);`
Outcome fail(CommandContext& context, std::string_view error);
// The same for a wrong number of arguments that the arity alone cannot tell (MSET with an odd number of them).
Outcome fail_wrong_arguments(CommandContext& context);

// True if the argument is this word. Case does not matter.
bool argument_is(const CommandContext& context, std::size_t index, std::string_view word);
// True if at least `count` more arguments follow the one at `index`.
inline bool arguments_follow(const CommandContext& context, std::size_t index, std::size_t count = 1) {
  return index + count < context.argc();
}

// Nothing: `error` was written.
std::optional<std::int64_t> read_int(CommandContext& context, std::size_t index,
                                     std::string_view error = errors::kNotInteger);

struct IntRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
std::optional<std::int64_t> read_int_within(CommandContext& context, std::size_t index, IntRange range,
                                            std::string_view error = errors::kNotInteger);
std::optional<long double> read_float(CommandContext& context, std::size_t index);

// What Redis's "start end" mean for something of `size` parts: both are included, negative ones count from the end, and
// what is outside is cut off. Nothing: begin == end.
struct IndexRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};
IndexRange index_range(std::int64_t first, std::int64_t last, std::size_t size);
// The same as BITPOS has it: of two before the beginning, even the wrong way round, the first part is left.
IndexRange cut_range(std::int64_t first, std::int64_t last, std::size_t size);

// The name that errors and statistics use: "get", "client|setname".
std::string full_name(const CommandContext& context);

// What HELP of a container answers: an array of simple strings, the first "<NAME> <subcommand> ...", the last lines
// HELP's own.
Outcome reply_help(CommandContext& context, std::span<const std::string_view> lines);

}  // namespace larder
