#include "commands/expiry_options.h"

#include <array>
#include <limits>
#include <string>

#include "commands/arguments.h"
#include "larder/base/text.h"

namespace larder {

namespace {

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

// An option that says something about the expiry. Two different ones exclude each other.
struct ExpiryWord {
  std::string_view name;
  StringOptions::Expiry meaning;
  bool in_set;
  bool in_getex;
  TimeUnit unit = TimeUnit::kSeconds;
  TimeBase base = TimeBase::kNow;

  bool belongs_to(StringOptionsOf command) const { return command == StringOptionsOf::kGetEx ? in_getex : in_set; }
};

using Expiry = StringOptions::Expiry;
constexpr std::array<ExpiryWord, 6> kExpiryWords = {{
    {"EX", Expiry::kAt, true, true, TimeUnit::kSeconds, TimeBase::kNow},
    {"PX", Expiry::kAt, true, true, TimeUnit::kMilliseconds, TimeBase::kNow},
    {"EXAT", Expiry::kAt, true, true, TimeUnit::kSeconds, TimeBase::kEpoch},
    {"PXAT", Expiry::kAt, true, true, TimeUnit::kMilliseconds, TimeBase::kEpoch},
    {"KEEPTTL", Expiry::kKeep, true, false},
    {"PERSIST", Expiry::kRemove, false, true},
}};

const ExpiryWord* find_expiry_word(std::string_view argument, StringOptionsOf command) {
  for (const ExpiryWord& word : kExpiryWords) {
    if (word.belongs_to(command) && equals_ignore_case(argument, word.name)) return &word;
  }
  return nullptr;
}

// GET, IFEQ and its relatives, which only SET has; `index` goes to the last argument that was read. False: it is none
// of them, or it contradicts an earlier one.
bool read_set_word(const CommandContext& context, std::size_t& index, StringOptions& options) {
  if (argument_is(context, index, "GET")) {
    options.get = true;
    return true;
  }
  std::size_t behind = index;
  const auto condition = find_value_condition(context, behind);
  if (!condition || options.value_condition || options.condition != Condition::kAlways) return false;
  options.value_condition = condition;
  index = behind;
  return true;
}

// NX and XX, likewise.
bool read_condition_word(std::string_view argument, StringOptions& options) {
  if (options.value_condition) return false;
  Condition condition = Condition::kAlways;
  if (equals_ignore_case(argument, "NX")) condition = Condition::kIfAbsent;
  if (equals_ignore_case(argument, "XX")) condition = Condition::kIfPresent;
  if (condition == Condition::kAlways) return false;
  if (options.condition != Condition::kAlways && options.condition != condition) return false;
  options.condition = condition;
  return true;
}

}  // namespace

std::optional<TimeMs> read_expiry(CommandContext& context, const ExpiryArgument& argument, ExpirySign sign) {
  const auto number = parse_int64(argument.text);
  if (!number) {
    fail(context, errors::kNotInteger);
    return {};
  }
  const std::int64_t scale = argument.unit == TimeUnit::kSeconds ? 1000 : 1;
  const bool scalable = *number <= kInt64Max / scale && *number >= kInt64Min / scale;
  const std::int64_t base_ms = argument.base == TimeBase::kNow ? context.now_ms : 0;
  const bool fits = scalable && *number * scale <= kInt64Max - base_ms;
  if (!fits || (sign == ExpirySign::kPositive && *number <= 0)) {
    fail(context, errors::invalid_expire(context));
    return {};
  }
  return *number * scale + base_ms;
}

std::optional<StringOptions> read_string_options(CommandContext& context, std::size_t first, StringOptionsOf command) {
  StringOptions options;
  const ExpiryWord* chosen = nullptr;
  for (std::size_t i = first; i < context.argc(); ++i) {
    if (command == StringOptionsOf::kSet && read_set_word(context, i, options)) continue;
    if (command != StringOptionsOf::kGetEx && read_condition_word(context.arg(i), options)) continue;
    if (command == StringOptionsOf::kSet && CachingOptions::begins_at(context, i)) {
      if (!read_caching_option(context, i, options.caching)) return {};
      continue;
    }
    const ExpiryWord* word = find_expiry_word(context.arg(i), command);
    const bool takes_time = word != nullptr && word->meaning == Expiry::kAt;
    if (word == nullptr || (chosen != nullptr && chosen != word) || (takes_time && !arguments_follow(context, i))) {
      fail(context, errors::kSyntax);
      return {};
    }
    chosen = word;
    options.expiry = word->meaning;
    if (takes_time) options.expire_at = {context.arg(++i), word->unit, word->base};
  }
  return options;
}

std::optional<SetOptions> read_set_options(CommandContext& context, const StringOptions& options) {
  SetOptions set{.keep_expiry = options.expiry == Expiry::kKeep, .condition = options.condition};
  if (options.expiry != Expiry::kAt) return set;
  const auto expire_at_ms = read_expiry(context, options.expire_at, ExpirySign::kPositive);
  if (!expire_at_ms) return {};
  set.expire_at_ms = *expire_at_ms;
  return set;
}

bool ExpiryConditions::allow(TimeMs today_ms, TimeMs wanted_ms) const {
  const bool has_expiry = today_ms != kNoExpiry;
  if (if_none && has_expiry) return false;
  if (if_any && !has_expiry) return false;
  if (if_later && (!has_expiry || wanted_ms <= today_ms)) return false;
  return !(if_earlier && has_expiry && wanted_ms >= today_ms);
}

std::optional<ExpiryConditions> read_expiry_conditions(CommandContext& context, std::size_t first) {
  ExpiryConditions conditions;
  for (std::size_t i = first; i < context.argc(); ++i) {
    if (argument_is(context, i, "NX")) {
      conditions.if_none = true;
    } else if (argument_is(context, i, "XX")) {
      conditions.if_any = true;
    } else if (argument_is(context, i, "GT")) {
      conditions.if_later = true;
    } else if (argument_is(context, i, "LT")) {
      conditions.if_earlier = true;
    } else {
      fail(context, errors::unsupported_option(context.arg(i)));
      return {};
    }
  }
  if (conditions.if_none && (conditions.if_any || conditions.if_later || conditions.if_earlier)) {
    fail(context, "ERR NX and XX, GT or LT options at the same time are not compatible");
    return {};
  }
  if (conditions.if_later && conditions.if_earlier) {
    fail(context, "ERR GT and LT options at the same time are not compatible");
    return {};
  }
  return conditions;
}

}  // namespace larder
