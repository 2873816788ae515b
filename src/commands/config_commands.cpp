// CONFIG: reads and changes options at run time. The options themselves are services.config (server/options); here are
// the command's arguments and replies.
#include "commands/config_commands.h"

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "commands/arguments.h"
#include "commands/sampling.h"

namespace larder {

namespace {

// CONFIG GET glob [glob ...]
Outcome cmd_config_get(CommandContext& context) {
  std::vector<std::pair<std::string, std::string>> found;
  std::unordered_set<std::string> names;
  for (std::size_t i = 2; i < context.argc(); ++i) {
    for (auto& option : context.services.config.get(context.arg(i))) {
      if (names.insert(option.first).second) found.push_back(std::move(option));
    }
  }
  context.reply.map(found.size());
  for (const auto& [name, value] : found) {
    context.reply.bulk(name);
    context.reply.bulk(value);
  }
  return Outcome::kDone;
}

// CONFIG SET name value [name value ...]
Outcome cmd_config_set(CommandContext& context) {
  if (context.argc() % 2 != 0) return fail(context, errors::kSyntax);
  std::vector<std::pair<std::string_view, std::string_view>> changes;
  for (std::size_t i = 2; i < context.argc(); i += 2) changes.emplace_back(context.arg(i), context.arg(i + 1));
  const Status status = context.services.config.set(changes);
  if (!status.is_ok()) return fail(context, "ERR " + status.message());
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_config_resetstat(CommandContext& context) {
  context.services.statistics.reset(take_sample(sample_sources(context.services)));
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_config_rewrite(CommandContext& context) {
  return fail(
      context,
      "ERR CONFIG REWRITE is not supported: the server never writes its configuration file. Put the option there "
      "yourself to keep it over a restart");
}

Outcome cmd_config_help(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "GET <pattern> [<pattern> ...]",
      "    The options whose names match a glob-style pattern, with their values.",
      "SET <option> <value> [<option> <value> ...]",
      "    Change options that may change while the server runs: all of them, or none.",
      "RESETSTAT",
      "    Begin anew with the counters that INFO reports.",
      "REWRITE",
      "    Not supported: the server never writes its configuration file.",
  };
  return reply_help(context, kLines);
}

constexpr std::uint32_t kAdminFlags = kAdmin | kNoScript | kLoading | kStale;
constexpr std::string_view kAdminCategories = "@admin @slow @dangerous";

constexpr CommandSpec kSubcommands[] = {
    {.name = "get",
     .function = cmd_config_get,
     .arity = -3,
     .flags = kAdminFlags,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(N) in the number of options",
     .summary = "Lists the options whose names match a pattern",
     .syntax = "parameter [parameter ...]",
     .acl_categories = kAdminCategories},
    {.name = "set",
     .function = cmd_config_set,
     .arity = -4,
     .flags = kAdminFlags,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(N) in the number of options given",
     .summary = "Changes options of the running server, all or none",
     .syntax = "parameter value [parameter value ...]",
     .acl_categories = kAdminCategories},
    {.name = "resetstat",
     .function = cmd_config_resetstat,
     .arity = 2,
     .flags = kAdminFlags,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Begins anew with the counters that INFO reports",
     .syntax = "",
     .acl_categories = kAdminCategories},
    {.name = "rewrite",
     .function = cmd_config_rewrite,
     .arity = 2,
     .flags = kAdminFlags,
     .group = "server",
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = "Answers an error: the configuration file is never written",
     .syntax = "",
     .acl_categories = kAdminCategories},
    {.name = "help",
     .function = cmd_config_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands",
     .syntax = "",
     .acl_categories = "@slow"},
};

}  // namespace

std::span<const CommandSpec> config_subcommands() {
  return kSubcommands;
}

}  // namespace larder
