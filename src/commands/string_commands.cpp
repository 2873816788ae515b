// Strings, one key at a time: GET, SET and their older relatives; and the table of the whole string family.
#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/expiry_options.h"
#include "commands/string_handlers.h"
#include "commands/value_access.h"

namespace larder {

namespace {

// Writes the item's value, or null. Returns whether there is an item.
bool reply_item_or_null(ReplyWriter& reply, const std::optional<ItemView>& item) {
  if (item) {
    reply_value(reply, *item);
  } else {
    reply.null();
  }
  return item.has_value();
}

Outcome cmd_get(CommandContext& context) {
  const Key key = context.key(1);
  bool found = false;
  context.run(key, [&](Shard& shard, Op& op) {
    found = reply_item_or_null(context.reply, shard.get(key, touch_of(context), op));
    return StatusCode::kOk;
  });
  count_read(context, key, found);
  return Outcome::kDone;
}

// SET ... GET, GETSET: the reply is what was there before, whether or not the value was then stored.
Outcome replace_and_reply_old(CommandContext& context, std::size_t value_index, const SetOptions& options,
                              std::optional<ValueCondition> condition = {}) {
  const Key key = context.key(1);
  bool found = false;
  RepeatableReply reply(context.reply);
  const auto reply_old = [&](Shard& shard, Op& op) {
    found = reply_item_or_null(reply.restart(), shard.get(key, touch_of(context), op));
  };
  const StatusCode status = run_if(
      context, key, condition,
      [&](Shard& shard, Op& op) {
        reply_old(shard, op);
        return shard.set(key, context.value(value_index), options, op);
      },
      reply_old);
  count_lookup(context, key, found);
  if (status == StatusCode::kOk) note_refill(context, key);
  if (status != StatusCode::kOk && status != StatusCode::kNotStored) return reply.fail(status);
  return Outcome::kDone;
}

StatusCode store_value(CommandContext& context, std::size_t value_index, const SetOptions& options,
                       std::optional<ValueCondition> condition = {}) {
  const Key key = context.key(1);
  const StatusCode status = run_if(context, key, condition, [&](Shard& shard, Op& op) {
    return shard.set(key, context.value(value_index), options, op);
  });
  if (status == StatusCode::kOk) note_refill(context, key);
  return status;
}

Outcome cmd_set(CommandContext& context) {
  const auto options = read_string_options(context, 3, StringOptionsOf::kSet);
  if (!options) return Outcome::kDone;
  auto set_options = read_set_options(context, *options);
  if (!set_options) return Outcome::kDone;
  std::optional<ValueCondition> condition;
  if (options->value_condition) {
    condition = read_value_condition(context, *options->value_condition);
    if (!condition) return Outcome::kDone;
  }
  if (options->caching && !options->caching->apply(context, options->get, *set_options)) return Outcome::kDone;
  if (!key_fits(context, 1)) return Outcome::kDone;
  if (options->get) return replace_and_reply_old(context, 2, *set_options, condition);

  const StatusCode status = store_value(context, 2, *set_options, condition);
  if (status == StatusCode::kOk) {
    context.reply.ok();
  } else if (status == StatusCode::kNotStored) {
    context.reply.null();
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

Outcome set_with_expiry(CommandContext& context, TimeUnit unit) {
  const auto expire_at_ms = read_expiry(context, {context.arg(2), unit, TimeBase::kNow}, ExpirySign::kPositive);
  if (!expire_at_ms || !key_fits(context, 1)) return Outcome::kDone;
  const StatusCode status = store_value(context, 3, {.expire_at_ms = *expire_at_ms});
  if (status == StatusCode::kOk) {
    context.reply.ok();
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

Outcome cmd_setex(CommandContext& context) {
  return set_with_expiry(context, TimeUnit::kSeconds);
}
Outcome cmd_psetex(CommandContext& context) {
  return set_with_expiry(context, TimeUnit::kMilliseconds);
}

Outcome cmd_setnx(CommandContext& context) {
  if (!key_fits(context, 1)) return Outcome::kDone;
  const StatusCode status = store_value(context, 2, {.condition = Condition::kIfAbsent});
  if (status == StatusCode::kOk || status == StatusCode::kNotStored) {
    context.reply.integer(status == StatusCode::kOk ? 1 : 0);
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

Outcome cmd_getset(CommandContext& context) {
  if (!key_fits(context, 1)) return Outcome::kDone;
  return replace_and_reply_old(context, 2, {});
}

Outcome cmd_getdel(CommandContext& context) {
  const Key key = context.key(1);
  bool found = false;
  context.run(key, [&](Shard& shard, Op& op) {
    found = reply_item_or_null(context.reply, shard.get(key, Touch::kNo, op));
    if (found) shard.erase(key, op);
    return StatusCode::kOk;
  });
  count_lookup(context, key, found);
  return Outcome::kDone;
}

// As Redis, a time that is not a number is complained about only if the key exists.
Outcome cmd_getex(CommandContext& context) {
  const auto options = read_string_options(context, 2, StringOptionsOf::kGetEx);
  if (!options) return Outcome::kDone;
  const Key key = context.key(1);
  bool found = false;
  RepeatableReply reply(context.reply);
  const StatusCode status = context.run(key, [&](Shard& shard, Op& op) {
    reply.restart();
    const auto item = shard.get(key, touch_of(context), op);
    found = item.has_value();
    TimeMs expire_at_ms = kNoExpiry;
    if (found && options->expiry == StringOptions::Expiry::kAt) {
      const auto read = read_expiry(context, options->expire_at, ExpirySign::kPositive);
      if (!read) return StatusCode::kOk;
      expire_at_ms = *read;
    }
    reply_item_or_null(context.reply, item);
    if (!found || options->expiry == StringOptions::Expiry::kUnsaid) return StatusCode::kOk;
    if (expire_at_ms == kNoExpiry && item->expire_at_ms == kNoExpiry) return StatusCode::kOk;
    if (expire_at_ms == kNoExpiry || !already_expired(context, expire_at_ms)) {
      // Not found: a tag of it was deleted since it was read.
      const StatusCode changed = shard.set_expiry(key, expire_at_ms, op);
      return changed == StatusCode::kNotFound ? StatusCode::kOk : changed;
    }
    shard.erase(key, op);
    return StatusCode::kOk;
  });
  count_read(context, key, found);
  if (status != StatusCode::kOk) return reply.fail(status);
  return Outcome::kDone;
}

Outcome cmd_strlen(CommandContext& context) {
  const Key key = context.key(1);
  bool found = false;
  std::size_t length = 0;
  context.run(key, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, touch_of(context), op);
    found = item.has_value();
    if (item) length = item->value.size();
    return StatusCode::kOk;
  });
  count_lookup(context, key, found);
  context.reply.integer(static_cast<std::int64_t>(length));
  return Outcome::kDone;
}

constexpr KeySpec kFirst = {1, 1, 1};
constexpr KeySpec kAllArguments = {1, -1, 1};
constexpr KeySpec kEverySecond = {1, -1, 2};
constexpr std::string_view kReadFast = "@read @string @fast";
constexpr std::string_view kReadSlow = "@read @string @slow";
constexpr std::string_view kWriteFast = "@write @string @fast";
constexpr std::string_view kWriteSlow = "@write @string @slow";

constexpr CommandSpec kCommands[] = {
    {.name = "get",
     .function = cmd_get,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Answers the value of a key",
     .syntax = "key",
     .acl_categories = kReadFast,
     .keyed = true},
    {.name = "set",
     .function = cmd_set,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1); O(N) for comparing or digesting a value of N bytes",
     .summary = "Stores a value under a key, on condition and with an expiry if asked",
     .syntax = "key value [NX | XX | IFEQ match-value | IFNE match-value | IFDEQ match-digest | IFDNE match-digest] "
               "[GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] "
               "[SOFTEX seconds | SOFTPX milliseconds] [NEGATIVE] [TAGS numtags tag [tag ...]] [LEASE token]",
     .acl_categories = kWriteSlow,
     .keyed = true},
    {.name = "setex",
     .function = cmd_setex,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = kFirst,
     .group = "string",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Stores a value that expires after some seconds",
     .syntax = "key seconds value",
     .acl_categories = kWriteSlow,
     .keyed = true},
    {.name = "psetex",
     .function = cmd_psetex,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = kFirst,
     .group = "string",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Stores a value that expires after some milliseconds",
     .syntax = "key milliseconds value",
     .acl_categories = kWriteSlow,
     .keyed = true},
    {.name = "setnx",
     .function = cmd_setnx,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Stores a value unless the key exists",
     .syntax = "key value",
     .acl_categories = kWriteFast,
     .keyed = true},
    {.name = "getset",
     .function = cmd_getset,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Stores a value and answers the one before it",
     .syntax = "key value",
     .acl_categories = kWriteFast,
     .keyed = true},
    {.name = "getdel",
     .function = cmd_getdel,
     .arity = 2,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Answers the value of a key and deletes the key",
     .syntax = "key",
     .acl_categories = kWriteFast,
     .keyed = true},
    {.name = "getex",
     .function = cmd_getex,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Answers the value of a key and sets or removes its expiry",
     .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]",
     .acl_categories = kWriteFast,
     .keyed = true},
    {.name = "mget",
     .function = cmd_mget,
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllArguments,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(N), N being the number of keys",
     .summary = "Answers the values of several keys",
     .syntax = "key [key ...]",
     .acl_categories = kReadFast},
    {.name = "mset",
     .function = cmd_mset,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kEverySecond,
     .group = "string",
     .since = "1.0.1",
     .complexity = "O(N), N being the number of keys",
     .summary = "Stores several values at once, all together",
     .syntax = "key value [key value ...]",
     .acl_categories = kWriteSlow},
    {.name = "msetnx",
     .function = cmd_msetnx,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kEverySecond,
     .group = "string",
     .since = "1.0.1",
     .complexity = "O(N), N being the number of keys",
     .summary = "Stores several values at once, unless one of the keys exists",
     .syntax = "key value [key value ...]",
     .acl_categories = kWriteSlow},
    {.name = "msetex",
     .function = cmd_msetex,
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .keys = {.first = 2, .last = -1, .step = 2, .number_at = 1},
     .group = "string",
     .since = "8.4.0",
     .complexity = "O(N), N being the number of keys",
     .summary = "Stores several values at once, on a condition that all keys meet and with one expiry if asked",
     .syntax = "numkeys:integer key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | EXAT "
               "unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
     .acl_categories = kWriteSlow},
    {.name = "strlen",
     .function = cmd_strlen,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Answers the length of a value in bytes",
     .syntax = "key",
     .acl_categories = kReadFast,
     .keyed = true},
    {.name = "append",
     .function = cmd_append,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "2.0.0",
     .complexity = "O(N), N being the length of the resulting value",
     .summary = "Appends to a value, or stores it if there is none",
     .syntax = "key value",
     .acl_categories = kWriteFast},
    {.name = "getrange",
     .function = cmd_getrange,
     .arity = 4,
     .flags = kReadOnly,
     .keys = kFirst,
     .group = "string",
     .since = "2.4.0",
     .complexity = "O(N), N being the length of the part; O(1) for large values",
     .summary = "Answers a part of a value",
     .syntax = "key start end",
     .acl_categories = kReadSlow,
     .keyed = true},
    {.name = "substr",
     .function = cmd_getrange,
     .arity = 4,
     .flags = kReadOnly,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(N), N being the length of the part; O(1) for large values",
     .summary = "Answers a part of a value: GETRANGE's old name",
     .syntax = "key start end",
     .acl_categories = kReadSlow,
     .keyed = true},
    {.name = "setrange",
     .function = cmd_setrange,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = kFirst,
     .group = "string",
     .since = "2.2.0",
     .complexity = "O(M), M being the length of what is written; O(N) where the value grows or is being read",
     .summary = "Writes over a part of a value, which grows if it must, and answers its length",
     .syntax = "key offset value",
     .acl_categories = kWriteSlow},
    {.name = "lcs",
     .function = cmd_lcs,
     .arity = -3,
     .flags = kReadOnly,
     .keys = {1, 2, 1},
     .group = "string",
     .since = "7.0.0",
     .complexity = "O(N*M), N and M being the lengths of the values",
     .summary = "Answers the longest common subsequence of two values",
     .syntax = "key1:key key2:key [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]",
     .acl_categories = kReadSlow},
    {.name = "incr",
     .function = cmd_incr,
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Adds one to the integer under a key; none counts as 0",
     .syntax = "key",
     .acl_categories = kWriteFast,
     .keyed = true},
    {.name = "decr",
     .function = cmd_decr,
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Subtracts one from the integer under a key; none counts as 0",
     .syntax = "key",
     .acl_categories = kWriteFast,
     .keyed = true},
    {.name = "incrby",
     .function = cmd_incrby,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Adds a number to the integer under a key; none counts as 0",
     .syntax = "key increment",
     .acl_categories = kWriteFast,
     .keyed = true},
    {.name = "decrby",
     .function = cmd_decrby,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Subtracts a number from the integer under a key; none counts as 0",
     .syntax = "key decrement",
     .acl_categories = kWriteFast,
     .keyed = true},
    {.name = "incrbyfloat",
     .function = cmd_incrbyfloat,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kFirst,
     .group = "string",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Adds a decimal fraction to the number under a key; none counts as 0",
     .syntax = "key increment:double",
     .acl_categories = kWriteFast},
};

}  // namespace

std::span<const CommandSpec> string_commands() {
  return kCommands;
}

}  // namespace larder
