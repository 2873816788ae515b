// CLIENT PAUSE, UNPAUSE and UNBLOCK: what one client does to the others' commands.
#include <limits>

#include "commands/arguments.h"
#include "commands/client_handlers.h"
#include "commands/client_registry.h"
#include "commands/session.h"

namespace larder {

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
