// Deleting on a condition, and what conditions are made of: DELEX, DELIFEQ, DIGEST.
#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/value_condition.h"

namespace larder {

namespace {

Outcome erase_if(CommandContext& context, std::optional<ValueCondition> condition) {
  const Key key = context.key(1);
  bool erased = false;
  run_if(context, key, condition, [&](Shard& shard, Op& op) {
    erased = shard.erase(key, op);
    return StatusCode::kOk;
  });
  context.reply.integer(erased ? 1 : 0);
  return Outcome::kDone;
}

Outcome cmd_delex(CommandContext& context) {
  if (context.argc() == 2) return erase_if(context, {});
  if (context.argc() != 4) return fail_wrong_arguments(context);
  std::size_t index = 2;
  const auto argument = find_value_condition(context, index);
  if (!argument) return fail(context, errors::kSyntax);
  const auto condition = read_value_condition(context, *argument);
  return condition ? erase_if(context, condition) : Outcome::kDone;
}

Outcome cmd_delifeq(CommandContext& context) {
  return erase_if(context, ValueCondition(ValueCondition::Wanted::kEqual, context.arg(2)));
}

// The value is held, not locked, while it is digested.
Outcome cmd_digest(CommandContext& context) {
  const Key key = context.key(1);
  const HeldValue value = hold_value(context, key);
  count_lookup(context, key, value.found());
  if (value.found()) {
    context.reply.bulk(digest_text(digest_of(value.view())));
  } else {
    context.reply.null();
  }
  return Outcome::kDone;
}

constexpr KeySpec kFirst = {1, 1, 1};

constexpr CommandSpec kCommands[] = {
    {.name = "delex",
     .function = cmd_delex,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "8.4.0",
     .complexity = "O(1); O(N) for comparing a value of the same length, or for digesting one of N bytes",
     .summary = "Deletes a key if its value, or its digest, is or is not the one given; without a condition as DEL",
     .syntax = "key [IFEQ match-value | IFNE match-value | IFDEQ match-digest | IFDNE match-digest]",
     .acl_categories = "@write @string @fast"},
    {.name = "delifeq",
     .function = cmd_delifeq,
     .arity = 3,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "9.0.0",
     .complexity = "O(1); O(N) for comparing a value of the same length",
     .summary = "Deletes a key if its value is the one given, as Valkey's command does",
     .syntax = "key value",
     .acl_categories = "@write @string @fast"},
    {.name = "digest",
     .function = cmd_digest,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "8.4.0",
     .complexity = "O(N), N being the length of the value",
     .summary = "Answers the digest of a value: its XXH3 of 64 bits as 16 hexadecimal digits",
     .syntax = "key",
     .acl_categories = "@read @string @fast"},
};

}  // namespace

std::span<const CommandSpec> conditional_commands() {
  return kCommands;
}

}  // namespace larder
