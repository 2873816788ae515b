// Numbers kept as text: INCR, DECR and their relatives. A counter keeps its expiry.
#include <cmath>
#include <limits>
#include <string>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/string_handlers.h"
#include "commands/value_access.h"
#include "larder/base/text.h"

namespace larder {

namespace {

constexpr std::string_view kOverflow = "ERR increment or decrement would overflow";
constexpr std::string_view kDecrementOverflow = "ERR decrement would overflow";
constexpr std::string_view kNotFinite = "ERR increment would produce NaN or Infinity";

// What a number's text can be long, so that nobody reads megabytes of digits under a shard's lock.
constexpr std::size_t kIntegerTextBytesMax = 20;
constexpr std::size_t kFloatTextBytesMax = 5 * 1024;

// Replaces the value under the first key by `next(its text)`, which answers the error text if there is no next value
// and otherwise fills `text`; `name` is the event's. A missing key reads as "0".
template <class Next>
StatusCode replace_number(CommandContext& context, EventName name, std::string_view& error, std::string& text,
                          Next&& next) {
  const Key key = context.key(1);
  return context.run(key, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, touch_of(context), op);
    error = next(item ? item->value : std::string_view("0"));
    if (!error.empty()) return StatusCode::kInvalidArgument;
    return shard.set(key, {text}, {.keep_expiry = true, .keep_tags = true}, op, name);
  });
}

Outcome add_integer(CommandContext& context, std::int64_t delta) {
  if (!key_fits(context, 1)) return Outcome::kDone;
  std::int64_t sum = 0;
  std::string text;
  std::string_view error;
  const StatusCode status =
      replace_number(context, EventName::kIncrBy, error, text, [&](std::string_view old) -> std::string_view {
        const auto value = old.size() <= kIntegerTextBytesMax ? parse_int64(old) : std::nullopt;
        if (!value) return errors::kNotInteger;
        if (__builtin_add_overflow(*value, delta, &sum)) return kOverflow;
        text = std::to_string(sum);
        return {};
      });
  if (!error.empty()) return fail(context, error);
  if (status == StatusCode::kOk) {
    context.reply.integer(sum);
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

}  // namespace

Outcome cmd_incr(CommandContext& context) {
  return add_integer(context, 1);
}
Outcome cmd_decr(CommandContext& context) {
  return add_integer(context, -1);
}

Outcome cmd_incrby(CommandContext& context) {
  const auto increment = read_int(context, 2);
  return increment ? add_integer(context, *increment) : Outcome::kDone;
}

Outcome cmd_decrby(CommandContext& context) {
  const auto decrement = read_int(context, 2);
  if (!decrement) return Outcome::kDone;
  if (*decrement == std::numeric_limits<std::int64_t>::min()) return fail(context, kDecrementOverflow);
  return add_integer(context, -*decrement);
}

Outcome cmd_incrbyfloat(CommandContext& context) {
  if (!key_fits(context, 1)) return Outcome::kDone;
  const auto increment = read_float(context, 2);
  if (!increment) return Outcome::kDone;
  std::string text;
  std::string_view error;
  const StatusCode status =
      replace_number(context, EventName::kIncrByFloat, error, text, [&](std::string_view old) -> std::string_view {
        const auto value = old.size() <= kFloatTextBytesMax ? parse_long_double(old) : std::nullopt;
        if (!value) return errors::kNotFloat;
        const long double sum = *value + *increment;
        if (!std::isfinite(sum)) return kNotFinite;
        text = format_long_double(sum);
        return {};
      });
  if (!error.empty()) return fail(context, error);
  if (status == StatusCode::kOk) {
    context.reply.bulk(text);
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

}  // namespace larder
