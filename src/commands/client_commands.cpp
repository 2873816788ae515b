// CLIENT: who is connected, under which name, and closing them.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/arguments.h"
#include "commands/client_fields.h"
#include "commands/client_handlers.h"
#include "commands/client_registry.h"
#include "commands/command_table.h"
#include "commands/session.h"
#include "larder/base/text.h"

namespace larder {

namespace {

// The kinds of client Redis tells apart; masters and replicas there are none.
enum class ClientType { kNormal, kMaster, kReplica, kPubSub };

ClientType type_of(const ClientRecord& record) {
  return record.is_subscriber() ? ClientType::kPubSub : ClientType::kNormal;
}

std::optional<ClientType> parse_client_type(std::string_view name) {
  if (equals_ignore_case(name, "normal")) return ClientType::kNormal;
  if (equals_ignore_case(name, "master")) return ClientType::kMaster;
  if (equals_ignore_case(name, "replica") || equals_ignore_case(name, "slave")) return ClientType::kReplica;
  if (equals_ignore_case(name, "pubsub")) return ClientType::kPubSub;
  return {};
}

// Nothing: the error was written.
std::optional<ClientType> read_client_type(CommandContext& context, std::size_t index) {
  const std::string_view name = context.arg(index);
  const auto type = parse_client_type(name);
  // As Redis shows it: up to a zero byte.
  if (!type) context.reply.error("ERR Unknown client type '" + std::string(name.substr(0, name.find('\0'))) + "'");
  return type;
}

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

struct KillFilter {
  std::optional<std::uint64_t> id;
  std::optional<ClientType> type;
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  bool skip_self = true;

  bool matches(const ClientRecord& record, std::uint64_t self) const {
    const std::uint64_t its_id = record.info.ref.id;
    return (!id || *id == its_id) && (!type || *type == type_of(record)) &&
           (!address || *address == record.info.peer_address) &&
           (!local_address || *local_address == record.info.local_address) && !(skip_self && its_id == self);
  }
};

// Reads one "NAME value" pair. False: the error was written.
bool read_kill_option(CommandContext& context, std::size_t index, KillFilter& filter) {
  const std::string_view value = context.arg(index + 1);
  if (argument_is(context, index, "id")) {
    const auto id = read_int_within(context, index + 1, {.min = 1}, "ERR client-id should be greater than 0");
    if (id) filter.id = static_cast<std::uint64_t>(*id);
    return id.has_value();
  }
  if (argument_is(context, index, "type")) {
    filter.type = read_client_type(context, index + 1);
    return filter.type.has_value();
  }
  if (argument_is(context, index, "user")) {
    // There is one user, so naming it selects everyone.
    if (value == "default") return true;
    context.reply.error("ERR No such user '" + std::string(value) + "'");
    return false;
  }
  if (argument_is(context, index, "addr")) {
    filter.address = value;
  } else if (argument_is(context, index, "laddr")) {
    filter.local_address = value;
  } else if (argument_is(context, index, "skipme") && equals_ignore_case(value, "yes")) {
    filter.skip_self = true;
  } else if (argument_is(context, index, "skipme") && equals_ignore_case(value, "no")) {
    filter.skip_self = false;
  } else {
    context.reply.error(errors::kSyntax);
    return false;
  }
  return true;
}

// The client sees the end, after what was already sent, before whoever killed it has the reply, and nothing that it
// sends from then on is executed, whichever threads the two are on.
void kill_client(CommandContext& context, const ClientRecord& record) {
  {
    const LockGuard guard(record.mutex);
    if (!record.gone) context.services.connections.hang_up(record.info);  // after `gone` its descriptor is closed
  }
  context.services.connections.post(
      record.info.ref, [](RequestSession& session, ReplyBuffer&) { static_cast<Session&>(session).close(); });
}

std::size_t kill_clients(CommandContext& context, const KillFilter& filter) {
  const std::uint64_t self = context.session.record().info.ref.id;
  std::size_t killed = 0;
  context.clients.for_each([&](const ClientRecord& record) {
    if (!filter.matches(record, self)) return;
    ++killed;
    if (record.info.ref.id == self) {
      context.session.close();  // after this reply
    } else {
      kill_client(context, record);
    }
  });
  return killed;
}

Outcome cmd_client_kill(CommandContext& context) {
  KillFilter filter;
  if (context.argc() == 3) {  // the old form: CLIENT KILL address
    filter.address = context.arg(2);
    filter.skip_self = false;
    if (kill_clients(context, filter) == 0) return fail(context, "ERR No such client");
    context.reply.ok();
    return Outcome::kDone;
  }
  for (std::size_t i = 2; i < context.argc(); i += 2) {
    if (!arguments_follow(context, i)) return fail(context, errors::kSyntax);
    if (!read_kill_option(context, i, filter)) return Outcome::kDone;
  }
  context.reply.integer(static_cast<std::int64_t>(kill_clients(context, filter)));
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
