// One reply for each key of a request, from the items as they are found one after the other: MGET and its relatives.
#pragma once

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/key_window.h"
#include "commands/value_access.h"
#include "larder/base/limits.h"

namespace larder {

// Answers an array with what `reply_item(item, op)` writes for each key that exists, and what `reply_none()` writes for
// the others. All arguments are keys. Counts and touches as GET does.
template <class ReplyItem, class ReplyNone>
Outcome reply_each_key(CommandContext& context, ReplyItem&& reply_item, ReplyNone&& reply_none) {
  const ReplyBuffer::Mark begin = context.reply.buffer().mark();
  context.reply.array(context.argc() - 1);
  KeyWindow keys(context);
  for (std::size_t i = 1; i < context.argc(); ++i) {
    const Key key = keys.next();
    bool found = false;
    context.store().run(key, context.now_ms, [&](Shard& shard, Op& op) {
      const auto item = shard.get(key, touch_of(context), op);
      found = item.has_value();
      if (item) reply_item(*item, op);
      return StatusCode::kOk;
    });
    if (!found) reply_none();
    count_read(context, key, found);
    if (context.reply.buffer().mark().bytes - begin.bytes > limits::kReplyCopiedBytesMax) {
      context.reply.buffer().truncate(begin);
      return fail(context, "ERR the reply is too large; ask for fewer keys at a time");
    }
  }
  return Outcome::kDone;
}

}  // namespace larder
