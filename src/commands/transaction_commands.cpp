// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
#include "commands/arguments.h"
#include "commands/session.h"

namespace larder {

namespace {

Outcome cmd_multi(CommandContext& context) {
  if (context.session.in_multi()) return fail(context, "ERR MULTI calls can not be nested");
  context.session.transaction().begin();
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_exec(CommandContext& context) {
  if (!context.session.in_multi()) return fail(context, "ERR EXEC without MULTI");
  context.session.exec(context);
  return Outcome::kDone;
}

Outcome cmd_discard(CommandContext& context) {
  if (!context.session.in_multi()) return fail(context, "ERR DISCARD without MULTI");
  context.session.end_transaction();
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_watch(CommandContext& context) {
  if (context.session.in_multi()) return fail(context, "ERR WATCH inside MULTI is not allowed");
  for (std::size_t i = 1; i < context.argc(); ++i) {
    const Status status = context.session.transaction().watch(context.store(), context.key(i), context.now_ms);
    if (status.is_ok()) continue;
    context.reply.error(status);
    return Outcome::kDone;
  }
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_unwatch(CommandContext& context) {
  context.session.unwatch();
  context.reply.ok();
  return Outcome::kDone;
}

constexpr std::uint32_t kQuick = kNoScript | kLoading | kStale | kFast | kAllowBusy;
constexpr std::string_view kFastTransaction = "@fast @transaction";

constexpr CommandSpec kCommands[] = {
    {.name = "multi",
     .function = cmd_multi,
     .arity = 1,
     .flags = kQuick,
     .group = "transactions",
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Begins a transaction: commands are queued until EXEC",
     .syntax = "",
     .acl_categories = kFastTransaction,
     .immediate = true},
    {.name = "exec",
     .function = cmd_exec,
     .arity = 1,
     .flags = kNoScript | kLoading | kStale | kSkipSlowlog,
     .group = "transactions",
     .since = "1.2.0",
     .complexity = "As the commands'",
     .summary = "Executes the commands queued since MULTI, unless a watched key has changed",
     .syntax = "",
     .acl_categories = "@slow @transaction",
     .immediate = true},
    {.name = "discard",
     .function = cmd_discard,
     .arity = 1,
     .flags = kQuick,
     .group = "transactions",
     .since = "2.0.0",
     .complexity = "O(N), N being the number of queued commands and watched keys",
     .summary = "Forgets the commands queued since MULTI and the watched keys",
     .syntax = "",
     .acl_categories = kFastTransaction,
     .immediate = true},
    {.name = "watch",
     .function = cmd_watch,
     .arity = -2,
     .flags = kQuick,
     .keys = {1, -1, 1},
     .group = "transactions",
     .since = "2.2.0",
     .complexity = "O(N), N being the number of keys",
     .summary = "Watches keys: the next EXEC executes nothing if one of them has changed",
     .syntax = "key [key ...]",
     .acl_categories = kFastTransaction,
     .immediate = true},
    {.name = "unwatch",
     .function = cmd_unwatch,
     .arity = 1,
     .flags = kQuick,
     .group = "transactions",
     .since = "2.2.0",
     .complexity = "O(N), N being the number of watched keys",
     .summary = "Forgets the watched keys",
     .syntax = "",
     .acl_categories = kFastTransaction},
};

}  // namespace

std::span<const CommandSpec> transaction_commands() {
  return kCommands;
}

}  // namespace larder
