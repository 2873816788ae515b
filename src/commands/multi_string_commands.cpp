// Strings, several keys at a time. MSET and MSETNX lock all their shards and make their room before; MGET goes key by
// key.
#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/key_window.h"
#include "commands/string_handlers.h"
#include "commands/value_access.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

bool pairs_are_valid(CommandContext& context) {
  if (context.argc() % 2 == 0) {
    fail_wrong_arguments(context);
    return false;
  }
  for (std::size_t i = 1; i < context.argc(); i += 2) {
    if (!key_fits(context, i)) return false;
    if (context.arg(i + 1).size() > context.store().value_bytes_max()) {
      context.reply.error(StatusCode::kTooLarge);
      return false;
    }
  }
  return true;
}

std::vector<Key> keys_of_pairs(const CommandContext& context) {
  std::vector<Key> keys;
  keys.reserve(context.argc() / 2);
  for (std::size_t i = 1; i < context.argc(); i += 2) keys.push_back(context.key(i));
  return keys;
}

// Room for all the pairs as new items; run_multi() itself takes off the items of keys that exist.
RoomNeeded room_for_pairs(const CommandContext& context, const std::vector<Key>& keys) {
  RoomNeeded room{.items = keys.size()};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    room.bytes += Shard::item_bytes_max(keys[i].bytes.size(), context.arg(2 * i + 2).size());
  }
  return room;
}

StatusCode set_pairs(CommandContext& context, Condition condition) {
  const std::vector<Key> keys = keys_of_pairs(context);
  const RoomNeeded room = room_for_pairs(context, keys);
  const auto exists = [&](ShardedStore::MultiAccess& access, const Key& key) {
    const auto [shard, op] = access(key);
    return shard.get(key, touch_of(context), op).has_value();
  };
  const StatusCode status = context.store().run_multi(
      keys, room, context.now_ms,
      [&](ShardedStore::MultiAccess& access) {
        if (condition == Condition::kIfAbsent &&
            std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return exists(access, key); })) {
          return StatusCode::kNotStored;
        }
        for (std::size_t i = 0; i < keys.size(); ++i) {
          if (i % KeyWindow::kKeys == 0)
            access.prefetch(std::span(keys).subspan(i).first(std::min(keys.size() - i, KeyWindow::kKeys)));
          const auto [shard, op] = access(keys[i]);
          const StatusCode stored = shard.set(keys[i], context.value(2 * i + 2), {}, op);
          if (stored != StatusCode::kOk) return stored;
        }
        return StatusCode::kOk;
      },
      context.room);
  if (status == StatusCode::kOk) {
    for (const Key& key : keys) note_refill(context, key);
  }
  return status;
}

}  // namespace

Outcome cmd_mget(CommandContext& context) {
  const ReplyBuffer::Mark begin = context.reply.buffer().mark();
  context.reply.array(context.argc() - 1);
  KeyWindow keys(context);
  for (std::size_t i = 1; i < context.argc(); ++i) {
    const Key key = keys.next();
    bool found = false;
    context.store().run(key, context.now_ms, [&](Shard& shard, Op& op) {
      const auto item = shard.get(key, touch_of(context), op);
      found = item.has_value();
      if (item) reply_value(context.reply, *item);
      return StatusCode::kOk;
    });
    if (!found) context.reply.null();
    count_read(context, key, found);
    if (context.reply.buffer().mark().bytes - begin.bytes > limits::kReplyCopiedBytesMax) {
      context.reply.buffer().truncate(begin);
      return fail(context, "ERR the reply is too large; ask for fewer keys at a time");
    }
  }
  return Outcome::kDone;
}

Outcome cmd_mset(CommandContext& context) {
  if (!pairs_are_valid(context)) return Outcome::kDone;
  const StatusCode status = set_pairs(context, Condition::kAlways);
  if (status == StatusCode::kOk) {
    context.reply.ok();
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

Outcome cmd_msetnx(CommandContext& context) {
  if (!pairs_are_valid(context)) return Outcome::kDone;
  const StatusCode status = set_pairs(context, Condition::kIfAbsent);
  if (status == StatusCode::kOk || status == StatusCode::kNotStored) {
    context.reply.integer(status == StatusCode::kOk ? 1 : 0);
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

}  // namespace larder
