// Watching what the server does: SLOWLOG, MONITOR.
#include <algorithm>
#include <limits>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/session.h"

namespace larder {

namespace {

Outcome cmd_monitor(CommandContext& context) {
  if (context.session.in_exec()) return fail(context, "ERR MONITOR isn't allowed for DENY BLOCKING client");
  context.session.set_monitoring(true);
  context.reply.ok();
  return Outcome::kDone;
}

void reply_entry(ReplyWriter& reply, const SlowLogEntry& entry) {
  reply.array(6);
  reply.integer(static_cast<std::int64_t>(entry.id));
  reply.integer(entry.unix_s);
  reply.integer(entry.duration_us);
  reply.array(entry.arguments.size());
  for (const std::string& argument : entry.arguments) reply.bulk(argument);
  reply.bulk(entry.client_address);
  reply.bulk(entry.client_name);
}

// SLOWLOG GET [count]
Outcome cmd_slowlog_get(CommandContext& context) {
  constexpr std::size_t kCountDefault = 10;
  if (context.argc() > 3) return fail(context, errors::subcommand_syntax(context));
  std::size_t count = kCountDefault;
  if (context.argc() == 3) {
    const auto wanted = read_int_within(context, 2, {.min = -1}, "ERR count should be greater than or equal to -1");
    if (!wanted) return Outcome::kDone;
    count = *wanted == -1 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(*wanted);
  }
  const auto entries = context.services.slow_log.latest(count);
  context.reply.array(entries.size());
  for (const SlowLogEntry& entry : entries) reply_entry(context.reply, entry);
  return Outcome::kDone;
}

Outcome cmd_slowlog_len(CommandContext& context) {
  context.reply.integer(static_cast<std::int64_t>(context.services.slow_log.size()));
  return Outcome::kDone;
}

Outcome cmd_slowlog_reset(CommandContext& context) {
  context.services.slow_log.clear();
  context.reply.ok();
  return Outcome::kDone;
}

constexpr std::string_view kHelp[] = {
    "GET [<count>]",
    "    List the latest slow commands (10 of them unless said; -1: all): id, Unix time, microseconds,",
    "    arguments, the client's address and name.",
    "LEN",
    "    Answer how many there are in the log.",
    "RESET",
    "    Empty the log.",
};

Outcome cmd_slowlog_help(CommandContext& context) {
  return reply_help(context, kHelp);
}

constexpr std::uint32_t kAlways = kLoading | kStale;
constexpr std::string_view kAdminAcl = "@admin @slow @dangerous";

constexpr CommandSpec kSlowLogCommands[] = {
    {.name = "get",
     .function = cmd_slowlog_get,
     .arity = -2,
     .flags = kAdmin | kAlways,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(N), N being the number of entries answered",
     .summary = "Lists the slowest commands of late",
     .syntax = "[count]",
     .acl_categories = kAdminAcl},
    {.name = "help",
     .function = cmd_slowlog_help,
     .arity = 2,
     .flags = kAlways,
     .group = "server",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Tells what the subcommands do",
     .syntax = "",
     .acl_categories = "@slow"},
    {.name = "len",
     .function = cmd_slowlog_len,
     .arity = 2,
     .flags = kAdmin | kAlways,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(1)",
     .summary = "Answers how many commands are in the slow log",
     .syntax = "",
     .acl_categories = kAdminAcl},
    {.name = "reset",
     .function = cmd_slowlog_reset,
     .arity = 2,
     .flags = kAdmin | kAlways,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(N), N being the number of entries",
     .summary = "Empties the slow log",
     .syntax = "",
     .acl_categories = kAdminAcl},
};

constexpr CommandSpec kCommands[] = {
    {.name = "monitor",
     .function = cmd_monitor,
     .arity = 1,
     .flags = kAdmin | kNoScript | kAlways,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(N) for every command of every client, N being the number of monitors",
     .summary = "Shows the connection every command that the server executes",
     .syntax = "",
     .acl_categories = kAdminAcl},
    {.name = "slowlog",
     .arity = -2,
     .group = "server",
     .since = "2.2.12",
     .complexity = "As the subcommand's",
     .summary = "Looks at the commands that took longest",
     .syntax = "",
     .acl_categories = "@slow",
     .subcommands = kSlowLogCommands},
};

}  // namespace

std::span<const CommandSpec> observation_commands() {
  return kCommands;
}

}  // namespace larder
