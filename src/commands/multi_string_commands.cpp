// Strings, several keys at a time. MSET, MSETNX and MSETEX lock all their shards and make their room before; MGET goes
// key by key.
#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/each_key.h"
#include "commands/expiry_options.h"
#include "commands/key_window.h"
#include "commands/string_handlers.h"
#include "commands/value_access.h"

namespace larder {

namespace {

// Keys and values that stand one behind the other among the arguments.
struct Pairs {
  std::size_t first = 1;  // argument of the first key
  std::size_t count = 0;

  std::size_t key(std::size_t i) const { return first + 2 * i; }
  std::size_t value(std::size_t i) const { return key(i) + 1; }
};

bool pairs_fit(CommandContext& context, const Pairs& pairs) {
  for (std::size_t i = 0; i < pairs.count; ++i) {
    if (!key_fits(context, pairs.key(i))) return false;
    if (context.arg(pairs.value(i)).size() > context.store().value_bytes_max()) {
      context.reply.error(StatusCode::kTooLarge);
      return false;
    }
  }
  return true;
}

// All the arguments, for MSET and MSETNX. Nothing: the error was written.
std::optional<Pairs> read_pairs(CommandContext& context) {
  if (context.argc() % 2 == 0) {
    fail_wrong_arguments(context);
    return {};
  }
  const Pairs pairs{.count = context.argc() / 2};
  if (!pairs_fit(context, pairs)) return {};
  return pairs;
}

// "numkeys key value ..." of MSETEX, likewise; how long they are is not looked at yet.
std::optional<Pairs> read_counted_pairs(CommandContext& context) {
  constexpr std::int64_t kCountMax = std::numeric_limits<std::int32_t>::max();
  const auto count = read_int_within(context, 1, {.min = 1, .max = kCountMax}, "ERR invalid numkeys value");
  if (!count) return {};
  const Pairs pairs{.first = 2, .count = static_cast<std::size_t>(*count)};
  if (pairs.key(pairs.count) <= context.argc()) return pairs;
  fail(context, "ERR wrong number of key-value pairs");
  return {};
}

std::vector<Key> keys_of(const CommandContext& context, const Pairs& pairs) {
  std::vector<Key> keys;
  keys.reserve(pairs.count);
  for (std::size_t i = 0; i < pairs.count; ++i) keys.push_back(context.key(pairs.key(i)));
  return keys;
}

// Room for all the pairs as new items; run_multi() itself takes off the items of keys that exist.
RoomNeeded room_for(const CommandContext& context, const Pairs& pairs) {
  RoomNeeded room{.items = pairs.count};
  for (std::size_t i = 0; i < pairs.count; ++i) {
    room.bytes += Shard::item_bytes_max(context.arg(pairs.key(i)).size(), context.arg(pairs.value(i)).size());
  }
  return room;
}

// All or none. The condition is on all of the keys: none of them may exist, or every one must.
StatusCode set_pairs(CommandContext& context, const Pairs& pairs, SetOptions options) {
  const std::vector<Key> keys = keys_of(context, pairs);
  const Condition condition = std::exchange(options.condition, Condition::kAlways);
  const auto is_met_by = [&](ShardedStore::MultiAccess& access, const Key& key) {
    const auto [shard, op] = access(key);
    return shard.get(key, touch_of(context), op).has_value() == (condition == Condition::kIfPresent);
  };
  const StatusCode status = context.store().run_multi(
      keys, room_for(context, pairs), context.now_ms,
      [&](ShardedStore::MultiAccess& access) {
        if (condition != Condition::kAlways &&
            !std::all_of(keys.begin(), keys.end(), [&](const Key& key) { return is_met_by(access, key); })) {
          return StatusCode::kNotStored;
        }
        for (std::size_t i = 0; i < keys.size(); ++i) {
          if (i % KeyWindow::kKeys == 0)
            access.prefetch(std::span(keys).subspan(i).first(std::min(keys.size() - i, KeyWindow::kKeys)));
          const auto [shard, op] = access(keys[i]);
          const StatusCode stored = shard.set(keys[i], context.value(pairs.value(i)), options, op);
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

// 1 if the pairs were stored, 0 if a condition did not hold.
Outcome reply_stored(CommandContext& context, StatusCode status) {
  if (status == StatusCode::kOk || status == StatusCode::kNotStored) {
    context.reply.integer(status == StatusCode::kOk ? 1 : 0);
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

}  // namespace

Outcome cmd_mget(CommandContext& context) {
  return reply_each_key(
      context, [&](const ItemView& item, Op&) { reply_value(context.reply, item); }, [&] { context.reply.null(); });
}

Outcome cmd_mset(CommandContext& context) {
  const auto pairs = read_pairs(context);
  if (!pairs) return Outcome::kDone;
  const StatusCode status = set_pairs(context, *pairs, {});
  if (status == StatusCode::kOk) {
    context.reply.ok();
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

Outcome cmd_msetnx(CommandContext& context) {
  const auto pairs = read_pairs(context);
  if (!pairs) return Outcome::kDone;
  return reply_stored(context, set_pairs(context, *pairs, {.condition = Condition::kIfAbsent}));
}

Outcome cmd_msetex(CommandContext& context) {
  const auto pairs = read_counted_pairs(context);
  if (!pairs) return Outcome::kDone;
  const auto options = read_string_options(context, pairs->key(pairs->count), StringOptionsOf::kMSetEx);
  if (!options) return Outcome::kDone;
  const auto set_options = read_set_options(context, *options);
  if (!set_options || !pairs_fit(context, *pairs)) return Outcome::kDone;
  return reply_stored(context, set_pairs(context, *pairs, *set_options));
}

}  // namespace larder
