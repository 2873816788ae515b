// DEBUG: what tests need and nobody else should use; refused unless the server was started with it.
//
// DELAY is the one command here that answers later. It exercises the whole way of a pending request: the connection is
// parked, keeps its order, and is answered, timed out, abandoned or forgotten.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "commands/arguments.h"
#include "commands/session.h"
#include "commands/value_access.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

// What EXEC executes is answered at once.
bool may_wait(CommandContext& context) {
  if (!context.session.in_exec()) return true;
  context.reply.error("ERR this DEBUG command waits, and nothing waits inside a transaction");
  return false;
}

// DEBUG DELAY milliseconds [reply [limit-milliseconds]]
Outcome debug_delay(CommandContext& context) {
  if (!may_wait(context)) return Outcome::kDone;
  constexpr IntRange kNotNegative = {.min = 0};
  const auto delay_ms = read_int_within(context, 2, kNotNegative);
  if (!delay_ms) return Outcome::kDone;
  std::int64_t limit_ms = limits::kPendingMsMax;
  if (context.argc() > 4) {
    const auto stated = read_int_within(context, 4, kNotNegative);
    if (!stated) return Outcome::kDone;
    limit_ms = std::min(limit_ms, *stated);
  }
  const std::uint64_t ticket = context.session.park(
      std::chrono::milliseconds(limit_ms), "ERR the answer did not come within " + std::to_string(limit_ms) + " ms");
  // The arguments are gone by then.
  const std::string text(context.argc() > 3 ? context.arg(3) : "");
  const bool has_text = context.argc() > 3;
  // An answer far behind the limit would only hold a timer.
  const std::int64_t answer_ms = std::min(*delay_ms, limits::kPendingMsMax * 2);
  Session::answer_after(context.services.connections, std::chrono::milliseconds(answer_ms),
                        context.session.record().info.ref, ticket, [text, has_text](ReplyWriter& reply) {
                          if (has_text) {
                            reply.bulk(text);
                          } else {
                            reply.ok();
                          }
                        });
  return Outcome::kParked;
}

// DEBUG SLEEP seconds
Outcome debug_sleep(CommandContext& context) {
  if (!may_wait(context)) return Outcome::kDone;
  const auto seconds = read_float(context, 2);
  if (!seconds) return Outcome::kDone;
  constexpr long double kMsPerSecond = 1'000;
  const long double wait_ms = std::clamp<long double>(*seconds * kMsPerSecond, 0, limits::kPendingMsMax);
  return context.session.wait(std::chrono::milliseconds(static_cast<std::int64_t>(wait_ms)),
                              [](ReplyWriter& reply) { reply.ok(); });
}

// DEBUG OBJECT key
Outcome debug_object(CommandContext& context) {
  constexpr std::int64_t kMsPerSecond = 1'000;
  const Key key = context.key(2);
  std::string text;
  context.store().run(key, context.now_ms, [&](Shard& shard, Op& op) {
    text.clear();
    const auto item = shard.inspect(key, op.now_ms);
    if (!item) return StatusCode::kNotFound;
    const std::int64_t idle_s = item->idle_ms.value_or(0) / kMsPerSecond;
    text = "Value at:0x0 refcount:1 encoding:" + std::string(encoding_of(item->value)) +
           " serializedlength:" + std::to_string(item->value.size()) +
           " lru:" + std::to_string(op.now_ms / kMsPerSecond - idle_s) + " lru_seconds_idle:" + std::to_string(idle_s);
    return StatusCode::kOk;
  });
  if (text.empty()) return fail(context, errors::kNoSuchKey);
  context.reply.simple(text);
  return Outcome::kDone;
}

// DEBUG JMAP, DEBUG RELOAD [option ...]: nothing is kept that could be mapped or read again.
Outcome debug_nothing(CommandContext& context) {
  context.reply.ok();
  return Outcome::kDone;
}

// DEBUG SET-ACTIVE-EXPIRE 0|1
Outcome debug_set_active_expire(CommandContext& context) {
  const auto on = read_int_within(context, 2, {.min = 0, .max = 1});
  if (!on) return Outcome::kDone;
  context.store().set_active_expiry(*on == 1);
  context.reply.ok();
  return Outcome::kDone;
}

constexpr std::string_view kHelp[] = {
    "DELAY <milliseconds> [<reply> [<limit-milliseconds>]]",
    "    Answer OK, or the reply, after some time; later commands of this connection wait for it.",
    "    With a limit, answer an error once that has passed.",
    "JMAP",
    "    Answer OK and do nothing.",
    "OBJECT <key>",
    "    Tell about the value of a key, in the words of Redis.",
    "RELOAD [<option> ...]",
    "    Answer OK and do nothing: the keys are where they were.",
    "SLEEP <seconds>",
    "    Answer OK after some time; later commands of this connection wait for it.",
    "SET-ACTIVE-EXPIRE (0|1)",
    "    Whether expired keys are removed without being read.",
};

Outcome debug_help(CommandContext& context) {
  return reply_help(context, kHelp);
}

struct DebugAction {
  std::string_view name;
  CommandFunction function;
  std::size_t argc_min;
  std::size_t argc_max;
};

constexpr DebugAction kActions[] = {
    {"delay", debug_delay, 3, 5},   {"jmap", debug_nothing, 2, 2},
    {"object", debug_object, 3, 3}, {"reload", debug_nothing, 2, 5},
    {"sleep", debug_sleep, 3, 3},   {"set-active-expire", debug_set_active_expire, 3, 3},
    {"help", debug_help, 2, 2},
};

// Not a container, as in Redis: whether DEBUG is allowed at all comes before what is asked of it.
Outcome cmd_debug(CommandContext& context) {
  if (!context.services.facts.debug_command) {
    return fail(
        context,
        "ERR DEBUG command not allowed. It is for tests: start the server with --enable-debug-command to use it.");
  }
  for (const DebugAction& action : kActions) {
    const bool fits = context.argc() >= action.argc_min && context.argc() <= action.argc_max;
    if (fits && argument_is(context, 1, action.name)) return action.function(context);
  }
  return fail(context, errors::subcommand_syntax(context));
}

constexpr CommandSpec kCommands[] = {
    {.name = "debug",
     .function = cmd_debug,
     .arity = -2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .group = "server",
     .since = "1.0.0",
     .complexity = "As the subcommand's",
     .summary = "What tests need; refused unless the server was started with --enable-debug-command",
     .syntax = "subcommand [arg ...]",
     .acl_categories = "@admin @slow @dangerous"},
};

}  // namespace

std::span<const CommandSpec> debug_commands() {
  return kCommands;
}

}  // namespace larder
