// CLIENT: its table; who is connected, and under which name.
#include <optional>
#include <string>
#include <string_view>

#include "commands/arguments.h"
#include "commands/client_fields.h"
#include "commands/client_handlers.h"
#include "commands/client_registry.h"
#include "commands/client_type.h"
#include "commands/command_table.h"
#include "commands/session.h"
#include "larder/base/text.h"

namespace larder {

namespace {

// ON or OFF; nothing: the error was written.
std::optional<bool> read_switch(CommandContext& context, std::size_t index) {
  if (argument_is(context, index, "on")) return true;
  if (argument_is(context, index, "off")) return false;
  context.reply.error(errors::kSyntax);
  return {};
}

Outcome cmd_client_id(CommandContext& context) {
  context.reply.integer(static_cast<std::int64_t>(context.session.record().info.ref.id));
  return Outcome::kDone;
}

Outcome cmd_client_info(CommandContext& context) {
  context.reply.verbatim(client_line(context.session.record(), context.now_ms));
  return Outcome::kDone;
}

Outcome list_by_id(CommandContext& context) {
  std::string lines;
  for (std::size_t i = 3; i < context.argc(); ++i) {
    const auto id = read_int(context, i, "ERR Invalid client ID");
    if (!id) return Outcome::kDone;
    const auto client = context.clients.find(static_cast<std::uint64_t>(*id));
    if (client) lines += client_line(*client, context.now_ms);
  }
  context.reply.verbatim(lines);
  return Outcome::kDone;
}

Outcome cmd_client_list(CommandContext& context) {
  std::optional<ClientType> type;
  if (context.argc() == 4 && argument_is(context, 2, "type")) {
    type = read_client_type(context, 3);
    if (!type) return Outcome::kDone;
  } else if (context.argc() > 3 && argument_is(context, 2, "id")) {
    return list_by_id(context);
  } else if (context.argc() != 2) {
    return fail(context, errors::kSyntax);
  }
  std::string lines;
  context.clients.for_each([&](const ClientRecord& record) {
    if (!type || *type == type_of(record)) lines += client_line(record, context.now_ms);
  });
  context.reply.verbatim(lines);
  return Outcome::kDone;
}

Outcome cmd_client_setname(CommandContext& context) {
  if (!is_client_field(context.arg(2))) return fail(context, kBadClientName);
  set_client_name(context.session.record(), context.arg(2));
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_client_getname(CommandContext& context) {
  const ClientRecord& record = context.session.record();
  const LockGuard guard(record.mutex);
  if (record.name.empty()) {
    context.reply.null();
  } else {
    context.reply.bulk(record.name);
  }
  return Outcome::kDone;
}

Outcome cmd_client_setinfo(CommandContext& context) {
  const std::string option(context.arg(2));
  if (!is_client_field(context.arg(3))) {
    return fail(context, "ERR " + option + " cannot contain spaces, newlines or special characters.");
  }
  ClientRecord& record = context.session.record();
  const LockGuard guard(record.mutex);
  if (equals_ignore_case(option, "lib-name")) {
    record.library_name = context.arg(3);
  } else if (equals_ignore_case(option, "lib-ver")) {
    record.library_version = context.arg(3);
  } else {
    return fail(context, "ERR Unrecognized option '" + option + "'");
  }
  context.reply.ok();
  return Outcome::kDone;
}

// Memory limits on clients do not exist here (buffers are bounded one by one), so nobody is ever evicted; CLIENT LIST
// shows the wish.
Outcome cmd_client_no_evict(CommandContext& context) {
  const auto on = read_switch(context, 2);
  if (!on) return Outcome::kDone;
  context.session.record().no_evict.store(*on, std::memory_order_relaxed);
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_client_no_touch(CommandContext& context) {
  const auto on = read_switch(context, 2);
  if (!on) return Outcome::kDone;
  context.session.set_no_touch(*on);
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_client_reply(CommandContext& context) {
  if (argument_is(context, 2, "on")) {
    context.session.set_reply_mode(ReplyMode::kOn);
  } else if (argument_is(context, 2, "off")) {
    context.session.set_reply_mode(ReplyMode::kOff);
  } else if (argument_is(context, 2, "skip")) {
    context.session.set_reply_mode(ReplyMode::kSkipNext);
  } else {
    return fail(context, errors::kSyntax);
  }
  // Only ON is heard: the session drops what is written while replies are off or skipped.
  context.reply.ok();
  return Outcome::kDone;
}

constexpr std::string_view kHelp[] = {
    "CACHING (YES|NO)",
    "    Whether the keys of the next command are tracked, where OPTIN or OPTOUT was said.",
    "GETREDIR",
    "    Answer the id of the client that is told of tracked keys: 0 this one, -1 none is tracked.",
    "GETNAME",
    "    Answer the name of this connection.",
    "ID",
    "    Answer the id of this connection.",
    "INFO",
    "    Describe this connection in one line.",
    "KILL <ip:port>",
    "    Close the connection from that address.",
    "KILL <option> <value> [<option> <value> ...]",
    "    Close all connections that every option fits, and answer their number:",
    "    * ID <client-id>",
    "    * ADDR <ip:port>, the client's end",
    "    * LADDR <ip:port>, the server's end",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "    * USER <username>",
    "    * SKIPME (YES|NO), spare this connection (by default: yes)",
    "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <client-id> ...]",
    "    Describe connections, one a line.",
    "NO-EVICT (ON|OFF)",
    "    Ask that this connection is spared when clients' memory is reclaimed.",
    "NO-TOUCH (ON|OFF)",
    "    Whether this connection's reads leave the eviction order of keys as it is.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Let all clients' commands, or those that write, wait for so many milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Whether this connection gets replies; SKIP leaves out the next one.",
    "SETINFO (LIB-NAME|LIB-VER) <value>",
    "    Tell which client library this is.",
    "SETNAME <name>",
    "    Name this connection.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> ...] [OPTIN] [OPTOUT] [NOLOOP]",
    "    Whether this connection is told of changes to keys that it has read.",
    "TRACKINGINFO",
    "    Tell in which way this connection tracks keys.",
    "UNBLOCK <client-id> [TIMEOUT|ERROR]",
    "    End another connection's wait, as its end would or with an error.",
    "UNPAUSE",
    "    End a pause before its time.",
};

Outcome cmd_client_help(CommandContext& context) {
  return reply_help(context, kHelp);
}

constexpr std::uint32_t kPlain = kNoScript | kLoading | kStale;
constexpr std::string_view kAcl = "@slow @connection";
constexpr std::string_view kAdminAcl = "@admin @slow @dangerous @connection";

constexpr CommandSpec kSubcommands[] = {
    {.name = "caching",
     .function = cmd_client_caching,
     .arity = 3,
     .flags = kPlain,
     .group = "connection",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Says whether the keys that the next command reads are tracked",
     .syntax = "(YES | NO)",
     .acl_categories = kAcl},
    {.name = "getname",
     .function = cmd_client_getname,
     .arity = 2,
     .flags = kPlain,
     .group = "connection",
     .since = "2.6.9",
     .complexity = "O(1)",
     .summary = "Answers the name of the connection",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "getredir",
     .function = cmd_client_getredir,
     .arity = 2,
     .flags = kPlain,
     .group = "connection",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Answers which client is told of this one's tracked keys",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "help",
     .function = cmd_client_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "connection",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Tells what the subcommands do",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "id",
     .function = cmd_client_id,
     .arity = 2,
     .flags = kPlain,
     .group = "connection",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Answers the id of the connection",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "info",
     .function = cmd_client_info,
     .arity = 2,
     .flags = kPlain,
     .group = "connection",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Describes the connection",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "kill",
     .function = cmd_client_kill,
     .arity = -3,
     .flags = kAdmin | kPlain,
     .group = "connection",
     .since = "2.4.0",
     .complexity = "O(N), N being the number of connections",
     .summary = "Closes connections",
     .syntax = "(ip:port | (ID client-id | TYPE (NORMAL | MASTER | SLAVE | REPLICA | PUBSUB) | USER username | "
               "ADDR ip:port | LADDR ip:port | SKIPME (YES | NO) ...))",
     .acl_categories = kAdminAcl},
    {.name = "list",
     .function = cmd_client_list,
     .arity = -2,
     .flags = kAdmin | kPlain,
     .group = "connection",
     .since = "2.4.0",
     .complexity = "O(N), N being the number of connections",
     .summary = "Describes the connections, one a line",
     .syntax = "[TYPE (NORMAL | MASTER | REPLICA | PUBSUB)] [ID client-id [client-id ...]]",
     .acl_categories = kAdminAcl},
    {.name = "no-evict",
     .function = cmd_client_no_evict,
     .arity = 3,
     .flags = kAdmin | kPlain,
     .group = "connection",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Asks that the connection is spared when clients' memory is reclaimed",
     .syntax = "(ON | OFF)",
     .acl_categories = kAdminAcl},
    {.name = "no-touch",
     .function = cmd_client_no_touch,
     .arity = 3,
     .flags = kPlain,
     .group = "connection",
     .since = "7.2.0",
     .complexity = "O(1)",
     .summary = "Chooses whether the connection's reads leave the eviction order as it is",
     .syntax = "(ON | OFF)",
     .acl_categories = kAcl},
    {.name = "pause",
     .function = cmd_client_pause,
     .arity = -3,
     .flags = kAdmin | kPlain,
     .group = "connection",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Lets the commands of all clients, or those that write, wait for a time",
     .syntax = "timeout:integer [WRITE | ALL]",
     .acl_categories = kAdminAcl},
    {.name = "reply",
     .function = cmd_client_reply,
     .arity = 3,
     .flags = kPlain,
     .group = "connection",
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Chooses whether the connection gets replies",
     .syntax = "(ON | OFF | SKIP)",
     .acl_categories = kAcl},
    {.name = "setinfo",
     .function = cmd_client_setinfo,
     .arity = 4,
     .flags = kPlain,
     .group = "connection",
     .since = "7.2.0",
     .complexity = "O(1)",
     .summary = "Tells which client library is at the other end",
     .syntax = "(LIB-NAME libname | LIB-VER libver)",
     .acl_categories = kAcl},
    {.name = "setname",
     .function = cmd_client_setname,
     .arity = 3,
     .flags = kPlain,
     .group = "connection",
     .since = "2.6.9",
     .complexity = "O(1)",
     .summary = "Names the connection",
     .syntax = "connection-name",
     .acl_categories = kAcl},
    {.name = "tracking",
     .function = cmd_client_tracking,
     .arity = -3,
     .flags = kPlain,
     .group = "connection",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Has the connection told of changes to the keys that it has read",
     .syntax = "(ON | OFF) [REDIRECT client-id] [PREFIX prefix ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
     .acl_categories = kAcl},
    {.name = "trackinginfo",
     .function = cmd_client_trackinginfo,
     .arity = 2,
     .flags = kPlain,
     .group = "connection",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Tells in which way the connection tracks keys",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "unblock",
     .function = cmd_client_unblock,
     .arity = -3,
     .flags = kAdmin | kPlain,
     .group = "connection",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Ends the wait of another connection",
     .syntax = "client-id [TIMEOUT | ERROR]",
     .acl_categories = kAdminAcl},
    {.name = "unpause",
     .function = cmd_client_unpause,
     .arity = 2,
     .flags = kAdmin | kPlain,
     .group = "connection",
     .since = "6.2.0",
     .complexity = "O(N), N being the number of connections",
     .summary = "Lets the clients that wait for the end of a pause go on",
     .syntax = "",
     .acl_categories = kAdminAcl},
};

constexpr CommandSpec kCommands[] = {
    {.name = "client",
     .arity = -2,
     .group = "connection",
     .since = "2.4.0",
     .complexity = "As the subcommand's",
     .summary = "Looks at the connections and closes them",
     .syntax = "",
     .acl_categories = "@slow",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const CommandSpec> client_commands() {
  return kCommands;
}

}  // namespace larder
