#include "commands/arguments.h"

#include <algorithm>

#include "larder/base/text.h"

namespace larder {

namespace {

// As printf's %.*s: at most `bytes_max`, and nothing from a zero byte on.
std::string_view as_c_string(std::string_view text, std::size_t bytes_max) {
  text = text.substr(0, std::min(bytes_max, text.size()));
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

std::string_view container_name(const CommandContext& context) {
  return context.container != nullptr ? context.container->name : context.spec.name;
}

// How much of a client's own words an error repeats.
constexpr std::size_t kQuotedBytesMax = 128;

}  // namespace

namespace errors {

std::string invalid_expire(const CommandContext& context) {
  return "ERR invalid expire time in '" + full_name(context) + "' command";
}

std::string wrong_arguments(std::string_view full_name) {
  return "ERR wrong number of arguments for '" + std::string(full_name) + "' command";
}

std::string unknown_command(const Request& request) {
  std::string arguments;
  for (std::size_t i = 1; i < request.size() && arguments.size() < kQuotedBytesMax; ++i) {
    arguments += '\'';
    // The quote just added does not count.
    arguments += as_c_string(request[i], kQuotedBytesMax + 1 - arguments.size());
    arguments += "' ";
  }
  std::string text = "ERR unknown command '";
  text += as_c_string(request[0], kQuotedBytesMax);
  return text + "', with args beginning with: " + arguments;
}

std::string unsupported_option(std::string_view option) {
  std::string text = "ERR Unsupported option ";
  text += as_c_string(option, option.size());
  return text;
}

std::string unknown_subcommand(std::string_view container, std::string_view name) {
  std::string text = "ERR unknown subcommand '";
  text += as_c_string(name, kQuotedBytesMax);
  return text + "'. Try " + to_upper(container) + " HELP.";
}

std::string subcommand_syntax(const CommandContext& context) {
  std::string text = "ERR unknown subcommand or wrong number of arguments for '";
  text += as_c_string(context.arg(1), kQuotedBytesMax);
  return text + "'. Try " + to_upper(container_name(context)) + " HELP.";
}

std::string not_while_subscribed(std::string_view full_name) {
  return "ERR Can't execute '" + std::string(full_name) +
         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
}

}  // namespace errors

Outcome fail(CommandContext& context, std::string_view error) {
  context.reply.error(error);
  return Outcome::kDone;
}

Outcome fail_wrong_arguments(CommandContext& context) {
  return fail(context, errors::wrong_arguments(full_name(context)));
}

bool argument_is(const CommandContext& context, std::size_t index, std::string_view word) {
  return equals_ignore_case(context.arg(index), word);
}

std::optional<std::int64_t> read_int(CommandContext& context, std::size_t index, std::string_view error) {
  return read_int_within(context, index, {}, error);
}

std::optional<std::int64_t> read_int_within(CommandContext& context, std::size_t index, IntRange range,
                                            std::string_view error) {
  const auto value = parse_int64(context.arg(index));
  if (value && *value >= range.min && *value <= range.max) return value;
  context.reply.error(error);
  return {};
}

std::optional<long double> read_float(CommandContext& context, std::size_t index) {
  const auto value = parse_long_double(context.arg(index));
  if (!value) context.reply.error(errors::kNotFloat);
  return value;
}

IndexRange index_range(std::int64_t first, std::int64_t last, std::size_t size) {
  if (first < 0 && last < 0 && first > last) return {};
  return cut_range(first, last, size);
}

IndexRange cut_range(std::int64_t first, std::int64_t last, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  const auto position = [&](std::int64_t index) {
    return index < 0 ? std::max<std::int64_t>(0, length + index) : index;
  };
  const std::int64_t begin = position(first);
  const std::int64_t end = std::min(position(last), length - 1) + 1;
  if (begin >= end) return {};
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end)};
}

std::string full_name(const CommandContext& context) {
  std::string name;
  if (context.container != nullptr) name = std::string(context.container->name) + "|";
  name += context.spec.name;
  return name;
}

Outcome reply_help(CommandContext& context, std::span<const std::string_view> lines) {
  context.reply.array(lines.size() + 3);
  context.reply.simple(to_upper(container_name(context)) +
                       " <subcommand> [argument ...], where <subcommand> is one of:");
  for (const std::string_view line : lines) context.reply.simple(line);
  context.reply.simple("HELP");
  context.reply.simple("    Print these lines.");
  return Outcome::kDone;
}

}  // namespace larder
