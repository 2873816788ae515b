// CLIENT KILL, PAUSE, UNPAUSE and UNBLOCK: what one client does to the others.
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "commands/arguments.h"
#include "commands/client_handlers.h"
#include "commands/client_registry.h"
#include "commands/client_type.h"
#include "commands/session.h"
#include "larder/base/text.h"

namespace larder {

namespace {

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

}  // namespace

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

// CLIENT PAUSE milliseconds [WRITE | ALL]
Outcome cmd_client_pause(CommandContext& context) {
  if (context.argc() > 4) return fail(context, errors::subcommand_syntax(context));
  PauseKind kind = PauseKind::kAll;
  if (context.argc() == 4) {
    if (argument_is(context, 3, "write")) {
      kind = PauseKind::kWrites;
    } else if (!argument_is(context, 3, "all")) {
      return fail(context, "ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  }
  const auto pause_ms = read_int(context, 2, errors::kBadTimeout);
  if (!pause_ms) return Outcome::kDone;
  if (*pause_ms < 0) return fail(context, "ERR timeout is negative");
  constexpr TimeMs kLatestMs = std::numeric_limits<TimeMs>::max();
  const TimeMs until_ms = *pause_ms > kLatestMs - context.now_ms ? kLatestMs : context.now_ms + *pause_ms;
  context.clients.pause().begin(kind, until_ms, context.now_ms);
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_client_unpause(CommandContext& context) {
  context.clients.pause().end();
  context.clients.for_each([&](const ClientRecord& record) {
    if (!record.held.load()) return;
    context.services.connections.post(record.info.ref, [](RequestSession& session, ReplyBuffer& out) {
      auto& held = static_cast<Session&>(session);
      held.go_on(held.parked_ticket(), out);
    });
  });
  context.reply.ok();
  return Outcome::kDone;
}

// CLIENT UNBLOCK client-id [TIMEOUT | ERROR]
Outcome cmd_client_unblock(CommandContext& context) {
  if (context.argc() > 4) return fail(context, errors::subcommand_syntax(context));
  bool with_error = false;
  if (context.argc() == 4) {
    with_error = argument_is(context, 3, "error");
    if (!with_error && !argument_is(context, 3, "timeout")) {
      return fail(context, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  }
  const auto id = read_int(context, 2);
  if (!id) return Outcome::kDone;
  const auto client = context.clients.find(static_cast<std::uint64_t>(*id));
  // Whoever takes the ticket answers: this, or the end of the wait.
  const std::uint64_t ticket = client ? client->unblock_ticket.exchange(0) : 0;
  if (ticket != 0) {
    context.services.connections.post(client->info.ref,
                                      [ticket, with_error](RequestSession& session, ReplyBuffer& out) {
                                        static_cast<Session&>(session).unblock(ticket, with_error, out);
                                      });
  }
  context.reply.integer(ticket != 0 ? 1 : 0);
  return Outcome::kDone;
}

}  // namespace larder
