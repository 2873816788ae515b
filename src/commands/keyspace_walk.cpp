#include "commands/keyspace_walk.h"

#include "commands/arguments.h"
#include "larder/base/text.h"

namespace larder {

std::optional<std::uint64_t> read_cursor(CommandContext& context, std::size_t index) {
  std::string_view digits = context.arg(index);
  const bool negative = !digits.empty() && digits.front() == '-';
  const bool has_sign = negative || (!digits.empty() && digits.front() == '+');
  if (has_sign) digits.remove_prefix(1);
  const bool any_digits = !digits.empty();
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  const auto value = any_digits ? parse_uint64(digits) : std::optional<std::uint64_t>(0);
  if (!value || (has_sign && !any_digits)) {
    fail(context, "ERR invalid cursor");
    return {};
  }
  return negative ? ~*value + 1 : *value;
}

}  // namespace larder
