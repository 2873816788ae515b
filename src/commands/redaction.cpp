#include "commands/redaction.h"

#include "larder/base/text.h"

namespace larder {

namespace {

// HELLO protover ... AUTH username password ... Rather one argument too many than one too few: a user may be called
// "auth".
bool hello_hides(const Request& request, std::size_t index) {
  constexpr std::size_t kFirstOption = 2;
  const auto is_auth = [&](std::size_t at) { return at >= kFirstOption && equals_ignore_case(request[at], "auth"); };
  return is_auth(index - 1) || (index > kFirstOption && is_auth(index - 2));
}

}  // namespace

bool is_secret(const FoundCommand& command, const Request& request, std::size_t index, const RuntimeConfig& config) {
  if (index == 0) return false;
  const std::string_view name = command.spec->name;
  if (command.container == nullptr) return name == "auth" || (name == "hello" && hello_hides(request, index));
  if (command.container->name != "config" || name != "set") return false;
  // CONFIG SET name value ...
  const bool is_value = index > 2 && index % 2 == 1;
  return is_value && config.is_secret(request[index - 1]);
}

}  // namespace larder
