#include "server/option_value.h"

#include <arpa/inet.h>

#include <bit>
#include <charconv>

#include "larder/base/text.h"
#include "larder/commands/notify_flags.h"
#include "larder/commands/output_limits.h"
#include "larder/policy/policy_kind.h"

namespace larder {

namespace {

Status between(const OptionRow& row) {
  return Status::invalid("argument must be between " + std::to_string(row.min) + " and " + std::to_string(row.max) +
                         " inclusive");
}

Result<std::string> canonical_integer(const OptionRow& row, std::string_view text) {
  const auto value = parse_int64(text);
  if (!value) return Status::invalid("argument couldn't be parsed into an integer");
  if (*value < row.min || *value > row.max) return between(row);
  return std::to_string(*value);
}

Result<std::string> canonical_auto(const OptionRow& row, std::string_view text) {
  if (equals_ignore_case(text, "auto")) return std::string("auto");
  Result<std::string> integer = canonical_integer(row, text);
  if (!integer.is_ok()) return Status::invalid(integer.status().message() + ", or be auto");
  return integer;
}

Result<std::string> canonical_power_of_two(const OptionRow& row, std::string_view text) {
  Result<std::string> number = canonical_auto(row, text);
  if (number.is_ok() && number.value() != "auto" &&
      !std::has_single_bit(static_cast<std::uint64_t>(option_integer(number.value())))) {
    return Status::invalid("argument must be a power of two, or auto");
  }
  return number;
}

Result<std::string> canonical_yes_no(std::string_view text) {
  if (equals_ignore_case(text, "yes") || equals_ignore_case(text, "true")) return std::string("yes");
  if (equals_ignore_case(text, "no") || equals_ignore_case(text, "false")) return std::string("no");
  return Status::invalid("argument must be 'yes' or 'no'");
}

Result<std::string> canonical_duration(const OptionRow& row, std::string_view text) {
  std::string_view digits = text;
  std::int64_t unit_s = 1;
  if (!digits.empty()) {
    const char last = digits.back();
    if (last == 's' || last == 'm' || last == 'h') {
      unit_s = last == 's' ? 1 : last == 'm' ? 60 : 3600;
      digits.remove_suffix(1);
    }
  }
  const auto value = parse_int64(digits);
  if (!value) return Status::invalid("argument couldn't be parsed into an integer");
  if (*value < row.min || *value > row.max / unit_s) return between(row);
  return std::to_string(*value * unit_s);
}

Result<std::string> canonical_octal(const OptionRow& row, std::string_view text) {
  std::int64_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || mode < row.min || mode > row.max) {
    return Status::invalid("argument must be permissions in octal, such as 700 or 770");
  }
  return std::string(text);
}

Result<std::string> canonical_memory(std::string_view text) {
  if (equals_ignore_case(text, "auto")) return std::string("auto");
  if (!text.empty() && text.back() == '%') {
    const auto percent = parse_int64(text.substr(0, text.size() - 1));
    if (percent && *percent >= 1 && *percent <= 100) return std::string(text);
  } else if (const Result<std::uint64_t> size = parse_size(text); size.is_ok()) {
    return std::to_string(size.value());
  }
  return Status::invalid("argument must be a memory value");
}

Result<std::string> canonical_choice(const OptionRow& row, std::string_view text) {
  for (const std::string& choice : split_words(row.choices, ", ")) {
    if (equals_ignore_case(choice, text)) return choice;
  }
  return Status::invalid("argument(s) must be one of the following: " + std::string(row.choices));
}

Result<std::string> canonical_policy(std::string_view text) {
  if (equals_ignore_case(text, "auto")) return std::string("auto");
  const Result<PolicyKind> policy = parse_policy(text);
  if (!policy.is_ok()) return Status::invalid(policy.status().message() + "; or auto");
  return std::string(policy_name(policy.value()));
}

bool is_numeric_address(const std::string& text) {
  in_addr v4{};
  in6_addr v6{};
  return inet_pton(AF_INET, text.c_str(), &v4) == 1 || inet_pton(AF_INET6, text.c_str(), &v6) == 1;
}

Result<std::string> canonical_addresses(std::string_view text) {
  std::string joined;
  for (const std::string& address : split_words(text, ", ")) {
    if (address != "*" && !is_numeric_address(address)) {
      return Status::invalid("argument must be numeric addresses such as 127.0.0.1 or ::1, or * for all, not '" +
                             printable(address) + "'");
    }
    joined += (joined.empty() ? "" : " ") + address;
  }
  if (joined.empty()) return Status::invalid("argument must be at least one address; * stands for all");
  return joined;
}

// As it is: the classes that it does not name stay as they are where it takes effect.
Result<std::string> canonical_output_limits(std::string_view text) {
  if (Status status = OutputLimits().assign(text); !status.is_ok()) return status;
  return std::string(text);
}

Result<std::string> canonical_text(const OptionRow& row, std::string_view text) {
  if (text.size() > static_cast<std::size_t>(row.max)) {
    return Status::invalid("argument must be at most " + std::to_string(row.max) + " bytes long");
  }
  return std::string(text);
}

}  // namespace

Result<std::string> canonical_option(const OptionRow& row, std::string_view text) {
  switch (row.type) {
    case OptionType::kText:
    case OptionType::kSecret:
      return canonical_text(row, text);
    case OptionType::kYesNo:
      return canonical_yes_no(text);
    case OptionType::kInteger:
      return canonical_integer(row, text);
    case OptionType::kAutoInteger:
      return canonical_auto(row, text);
    case OptionType::kAutoPowerOfTwo:
      return canonical_power_of_two(row, text);
    case OptionType::kOptionalInteger:
      return text.empty() ? Result<std::string>(std::string()) : canonical_integer(row, text);
    case OptionType::kDuration:
      return canonical_duration(row, text);
    case OptionType::kOctal:
      return canonical_octal(row, text);
    case OptionType::kMemory:
      return canonical_memory(text);
    case OptionType::kChoice:
      return canonical_choice(row, text);
    case OptionType::kPolicy:
      return canonical_policy(text);
    case OptionType::kOutputLimits:
      return canonical_output_limits(text);
    case OptionType::kNotifyFlags: {
      const Result<std::uint32_t> flags = parse_notify_flags(text);
      return flags.is_ok() ? Result<std::string>(notify_flags_text(flags.value())) : flags.status();
    }
    case OptionType::kAddresses:
      return canonical_addresses(text);
  }
  return Status::invalid("unknown type of option");
}

std::int64_t option_integer(std::string_view canonical) {
  const auto value = parse_int64(canonical);
  LARDER_CHECK(value.has_value());
  return *value;
}

std::optional<std::uint64_t> option_optional_integer(std::string_view canonical) {
  return parse_uint64(canonical);
}

bool option_yes(std::string_view canonical) {
  return canonical == "yes";
}

std::vector<std::string> option_list(std::string_view canonical) {
  return split_words(canonical, " ");
}

std::vector<std::string> split_words(std::string_view text, std::string_view separators) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(separators, at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

bool is_loopback_address(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace larder
