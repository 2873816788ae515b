// INFO, DBSIZE, FLUSHDB, FLUSHALL, TIME, WAIT, and the row of CONFIG (config_commands.cpp).
#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "commands/arguments.h"
#include "commands/config_commands.h"
#include "commands/info.h"
#include "commands/session.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

// INFO [section ...]
Outcome cmd_info(CommandContext& context) {
  const auto sections = context.request.arguments().subspan(1);
  context.reply.verbatim(
      info_text(context.services, context.clients, context.session.pushes(), context.now_ms, sections));
  return Outcome::kDone;
}

Outcome cmd_dbsize(CommandContext& context) {
  context.reply.integer(static_cast<std::int64_t>(context.store().size(context.session.database())));
  return Outcome::kDone;
}

// FLUSHDB [ASYNC | SYNC], FLUSHALL likewise. Both modes are the same here: the keys are gone at once, their memory
// comes back in the background.
Outcome flush(CommandContext& context, std::optional<Database> database) {
  const bool mode_is_known =
      context.argc() == 1 ||
      (context.argc() == 2 && (argument_is(context, 1, "async") || argument_is(context, 1, "sync")));
  if (!mode_is_known) return fail(context, errors::kSyntax);
  context.store().flush(database, context.now_ms);
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_flushdb(CommandContext& context) {
  return flush(context, context.session.database());
}

Outcome cmd_flushall(CommandContext& context) {
  return flush(context, std::nullopt);
}

// Seconds since the Unix epoch, and the microseconds of the second that has begun.
Outcome cmd_time(CommandContext& context) {
  constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
  const std::int64_t now_us = context.services.clock.unix_us();
  context.reply.array(2);
  context.reply.bulk(std::to_string(now_us / kMicrosecondsPerSecond));
  context.reply.bulk(std::to_string(now_us % kMicrosecondsPerSecond));
  return Outcome::kDone;
}

constexpr std::string_view kFlushSyntax = "[ASYNC | SYNC]";
constexpr std::string_view kFlushCategories = "@keyspace @write @slow @dangerous";

// There are no replicas, and there will be none: whoever waits for one waits until the time is over.
Outcome cmd_wait(CommandContext& context) {
  const auto replicas = read_int(context, 1);
  if (!replicas) return Outcome::kDone;
  const auto timeout_ms = read_int(context, 2, errors::kBadTimeout);
  if (!timeout_ms) return Outcome::kDone;
  if (*timeout_ms < 0) return fail(context, "ERR timeout is negative");
  if (*replicas <= 0 || context.session.in_exec()) {
    context.reply.integer(0);
    return Outcome::kDone;
  }
  constexpr std::chrono::milliseconds kLimit(limits::kPendingMsMax);
  const auto time = *timeout_ms == 0 ? kLimit : std::min(kLimit, std::chrono::milliseconds(*timeout_ms));
  return context.session.wait(
      time, [](ReplyWriter& reply) { reply.integer(0); }, /*unblockable=*/true);
}

}  // namespace

std::span<const CommandSpec> server_commands() {
  static const std::array<CommandSpec, 7> rows = {{
      {.name = "info",
       .function = cmd_info,
       .arity = -1,
       .flags = kLoading | kStale,
       .group = "server",
       .since = "1.0.0",
       .complexity = "O(1)",
       .summary = "Tells about the server: its state, memory, statistics and hit ratio",
       .syntax = "[section [section ...]]",
       .acl_categories = "@slow @dangerous"},
      {.name = "config",
       .arity = -2,
       .group = "server",
       .since = "2.0.0",
       .complexity = "Depends on the subcommand",
       .summary = "Reads and changes the options of the running server",
       .syntax = "",
       .acl_categories = "@slow",
       .subcommands = config_subcommands()},
      {.name = "dbsize",
       .function = cmd_dbsize,
       .arity = 1,
       .flags = kReadOnly | kFast,
       .group = "server",
       .since = "1.0.0",
       .complexity = "O(1)",
       .summary = "Counts the keys of the selected database",
       .syntax = "",
       .acl_categories = "@keyspace @read @fast"},
      {.name = "flushdb",
       .function = cmd_flushdb,
       .arity = -1,
       .flags = kWrite,
       .group = "server",
       .since = "1.0.0",
       .complexity = "O(1), the memory comes back in the background",
       .summary = "Removes all keys of the selected database",
       .syntax = kFlushSyntax,
       .acl_categories = kFlushCategories},
      {.name = "flushall",
       .function = cmd_flushall,
       .arity = -1,
       .flags = kWrite,
       .group = "server",
       .since = "1.0.0",
       .complexity = "O(1), the memory comes back in the background",
       .summary = "Removes all keys of all databases",
       .syntax = kFlushSyntax,
       .acl_categories = kFlushCategories},
      {.name = "time",
       .function = cmd_time,
       .arity = 1,
       .flags = kLoading | kStale | kFast,
       .group = "server",
       .since = "2.6.0",
       .complexity = "O(1)",
       .summary = "Tells the server's time",
       .syntax = "",
       .acl_categories = "@fast"},
      {.name = "wait",
       .function = cmd_wait,
       .arity = 3,
       .flags = kNoScript,
       .group = "generic",
       .since = "3.0.0",
       .complexity = "O(1)",
       .summary = "Answers 0, the number of replicas, at once if that is enough or after the time given",
       .syntax = "numreplicas:integer timeout:integer",
       .acl_categories = "@slow @connection"},
  }};
  return rows;
}

}  // namespace larder
