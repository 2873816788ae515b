// COMMAND: what the server can do, told to clients from the command table.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/arguments.h"
#include "commands/command_docs.h"
#include "commands/command_table.h"
#include "larder/base/text.h"

namespace larder {

namespace {

std::vector<FoundCommand> top_level_commands() {
  std::vector<FoundCommand> commands;
  for (const FoundCommand& command : CommandTable::instance().all()) {
    if (command.container == nullptr) commands.push_back(command);
  }
  return commands;
}

Outcome cmd_command(CommandContext& context) {
  const auto commands = top_level_commands();
  context.reply.array(commands.size());
  for (const FoundCommand& command : commands) reply_command_info(context.reply, command);
  return Outcome::kDone;
}

Outcome cmd_command_count(CommandContext& context) {
  context.reply.integer(static_cast<std::int64_t>(top_level_commands().size()));
  return Outcome::kDone;
}

Outcome cmd_command_info(CommandContext& context) {
  if (context.argc() == 2) return cmd_command(context);
  context.reply.array(context.argc() - 2);
  for (std::size_t i = 2; i < context.argc(); ++i) {
    const FoundCommand command = CommandTable::instance().find_full_name(context.arg(i));
    if (command) {
      reply_command_info(context.reply, command);
    } else {
      context.reply.null();
    }
  }
  return Outcome::kDone;
}

Outcome cmd_command_docs(CommandContext& context) {
  std::vector<FoundCommand> commands;
  if (context.argc() == 2) {
    commands = top_level_commands();
  } else {
    for (std::size_t i = 2; i < context.argc(); ++i) {
      const FoundCommand command = CommandTable::instance().find_full_name(context.arg(i));
      if (command) commands.push_back(command);
    }
  }
  context.reply.map(commands.size());
  for (const FoundCommand& command : commands) {
    context.reply.bulk(CommandTable::full_name(command));
    reply_command_docs(context.reply, command);
  }
  return Outcome::kDone;
}

using CommandFilter = std::function<bool(const FoundCommand&)>;

// Nothing: there is no such filter.
std::optional<CommandFilter> read_filter(const CommandContext& context) {
  const std::string_view value = context.arg(4);
  if (argument_is(context, 3, "module")) return [](const FoundCommand&) { return false; };  // there are no modules
  if (argument_is(context, 3, "aclcat")) {
    return [value](const FoundCommand& command) { return has_acl_category(*command.spec, value); };
  }
  if (argument_is(context, 3, "pattern")) {
    return [value](const FoundCommand& command) { return glob_match(value, CommandTable::full_name(command), true); };
  }
  return {};
}

Outcome cmd_command_list(CommandContext& context) {
  std::optional<CommandFilter> filter = [](const FoundCommand&) { return true; };
  if (context.argc() == 5 && argument_is(context, 2, "filterby")) {
    filter = read_filter(context);
  } else if (context.argc() != 2) {
    filter.reset();
  }
  if (!filter) return fail(context, errors::kSyntax);
  std::vector<std::string> names;
  for (const FoundCommand& command : CommandTable::instance().all()) {
    if ((*filter)(command)) names.push_back(CommandTable::full_name(command));
  }
  context.reply.array(names.size());
  for (const std::string& name : names) context.reply.bulk(name);
  return Outcome::kDone;
}

Outcome cmd_command_getkeys(CommandContext& context) {
  constexpr std::size_t kFirst = 2;  // where the command asked about begins
  const CommandTable& table = CommandTable::instance();
  FoundCommand command = table.find(context.arg(kFirst));
  if (command && !command.spec->subcommands.empty()) {
    command = table.find_subcommand(*command.spec, context.arg(kFirst + 1));
  }
  if (!command) return fail(context, "ERR Invalid command specified");
  const CommandSpec& spec = *command.spec;
  if (spec.keys.first == 0) return fail(context, "ERR The command has no key arguments");
  const auto argc = static_cast<int>(context.argc() - kFirst);
  if (spec.arity < 0 ? argc < -spec.arity : argc != spec.arity) {
    return fail(context, "ERR Invalid number of arguments specified for command");
  }
  const auto positions = key_positions(spec.keys, context.request.arguments().subspan(kFirst));
  if (!positions) return fail(context, "ERR Invalid arguments specified for command");
  context.reply.array(positions->size());
  for (const std::size_t position : *positions) context.reply.bulk(context.arg(kFirst + position));
  return Outcome::kDone;
}

constexpr std::string_view kHelp[] = {
    "(no subcommand)",
    "    Describe all commands, as INFO does.",
    "COUNT",
    "    Answer the number of commands.",
    "DOCS [<command-name> ...]",
    "    Answer what HELP shows: summary, group, arguments; without names, for all commands.",
    "GETKEYS <full-command>",
    "    Answer which of a command's arguments are keys.",
    "INFO [<command-name> ...]",
    "    Describe commands to a client library: arity, flags, positions of keys.",
    "LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]",
    "    Answer the names of the commands, subcommands included.",
};

Outcome cmd_command_help(CommandContext& context) {
  return reply_help(context, kHelp);
}

constexpr std::string_view kAcl = "@slow @connection";
constexpr std::string_view kPerCommand = "O(N), N being the number of commands asked for";

constexpr CommandSpec kSubcommands[] = {
    {.name = "count",
     .function = cmd_command_count,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Answers the number of commands",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "docs",
     .function = cmd_command_docs,
     .arity = -2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "7.0.0",
     .complexity = kPerCommand,
     .summary = "Answers the documentation of commands",
     .syntax = "[command-name ...]",
     .acl_categories = kAcl},
    {.name = "getkeys",
     .function = cmd_command_getkeys,
     .arity = -4,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(N), N being the number of arguments",
     .summary = "Answers which arguments of a command are keys",
     .syntax = "command arg [arg ...]",
     .acl_categories = kAcl},
    {.name = "help",
     .function = cmd_command_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Tells what the subcommands do",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "info",
     .function = cmd_command_info,
     .arity = -2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "2.8.13",
     .complexity = kPerCommand,
     .summary = "Describes commands to client libraries",
     .syntax = "[command-name ...]",
     .acl_categories = kAcl},
    {.name = "list",
     .function = cmd_command_list,
     .arity = -2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "7.0.0",
     .complexity = "O(N), N being the number of commands",
     .summary = "Answers the names of the commands",
     .syntax = "[FILTERBY (MODULE module-name | ACLCAT category | PATTERN pattern)]",
     .acl_categories = kAcl},
};

constexpr CommandSpec kCommands[] = {
    {.name = "command",
     .function = cmd_command,
     .arity = -1,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(N), N being the number of commands",
     .summary = "Describes all commands to client libraries",
     .syntax = "",
     .acl_categories = kAcl,
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const CommandSpec> introspection_commands() {
  return kCommands;
}

}  // namespace larder
