// A value together with the time that it has left, so that a cache in front of this one knows how long it may keep what
// it got: GETPTTL, MGETPTTL.
#include "commands/command.h"
#include "commands/each_key.h"
#include "commands/value_access.h"

namespace larder {

namespace {

// An array of the value and, as PTTL has it, its milliseconds.
void reply_value_and_ttl(ReplyWriter& reply, const ItemView& item, TimeMs now_ms) {
  reply.array(2);
  reply_value(reply, item);
  reply.integer(remaining_ms(item, now_ms));
}

Outcome cmd_getpttl(CommandContext& context) {
  const Key key = context.key(1);
  bool found = false;
  context.run(key, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, touch_of(context), op);
    found = item.has_value();
    if (item) reply_value_and_ttl(context.reply, *item, op.now_ms);
    return StatusCode::kOk;
  });
  if (!found) context.reply.null_array();
  count_read(context, key, found);
  return Outcome::kDone;
}

Outcome cmd_mgetpttl(CommandContext& context) {
  return reply_each_key(
      context, [&](const ItemView& item, Op& op) { reply_value_and_ttl(context.reply, item, op.now_ms); },
      [&] { context.reply.null_array(); });
}

constexpr CommandSpec kCommands[] = {
    {.name = "getpttl",
     .function = cmd_getpttl,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = {1, 1, 1},
     .group = "string",
     .since = "0.1.0",
     .complexity = "O(1)",
     .summary = "Answers the value of a key and the milliseconds that it has left, -1 if it does not expire",
     .syntax = "key",
     .acl_categories = "@read @string @fast",
     .keyed = true},
    {.name = "mgetpttl",
     .function = cmd_mgetpttl,
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = {1, -1, 1},
     .group = "string",
     .since = "0.1.0",
     .complexity = "O(N), N being the number of keys",
     .summary = "Answers of each key what GETPTTL answers",
     .syntax = "key [key ...]",
     .acl_categories = "@read @string @fast"},
};

}  // namespace

std::span<const CommandSpec> value_ttl_commands() {
  return kCommands;
}

}  // namespace larder
