// ADVISE: what the advisor has learned.
#include "commands/arguments.h"
#include "commands/command.h"
#include "larder/advisor/advice.h"
#include "larder/advisor/advisor.h"

namespace larder {

namespace {

// ADVISE [JSON | RESET]
Outcome cmd_advise(CommandContext& context) {
  Advisor& advisor = context.services.advisor;
  if (context.argc() > 2) return fail(context, errors::kSyntax);
  if (context.argc() == 1) {
    context.reply.verbatim(advice_text(advisor.report()));
  } else if (argument_is(context, 1, "json")) {
    context.reply.bulk(advice_json(advisor.report()));
  } else if (argument_is(context, 1, "reset")) {
    advisor.restart_counts();
    context.reply.ok();
  } else {
    return fail(context, errors::kSyntax);
  }
  return Outcome::kDone;
}

constexpr CommandSpec kCommands[] = {
    {.name = "advise",
     .function = cmd_advise,
     .arity = -1,
     .group = "server",
     .since = "0.1.0",
     .complexity = "O(1)",
     .summary = "Tells what more or less memory, or another eviction policy, would bring",
     .syntax = "[JSON | RESET]",
     .acl_categories = "@slow"},
};

}  // namespace

std::span<const CommandSpec> advise_commands() {
  return kCommands;
}

}  // namespace larder
