// When keys expire: EXPIRE and its relatives set it, TTL and its relatives tell it, PERSIST removes it.
#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/expiry_options.h"
#include "commands/value_access.h"

namespace larder {

namespace {

// 1 if the expiry was changed, 0 if there was nothing to change or a condition did not hold.
Outcome reply_changed(CommandContext& context, StatusCode status) {
  if (status == StatusCode::kOk || status == StatusCode::kNotFound || status == StatusCode::kNotStored) {
    context.reply.integer(status == StatusCode::kOk ? 1 : 0);
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

Outcome set_expiry(CommandContext& context, TimeUnit unit, TimeBase base) {
  const auto conditions = read_expiry_conditions(context, 3);
  if (!conditions) return Outcome::kDone;
  const auto expire_at_ms = read_expiry(context, {context.arg(2), unit, base}, ExpirySign::kAny);
  if (!expire_at_ms) return Outcome::kDone;
  const Key key = context.key(1);
  const StatusCode status = context.run(key, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, touch_of(context), op);
    if (!item) return StatusCode::kNotFound;
    if (!conditions->allow(item->expire_at_ms, *expire_at_ms)) return StatusCode::kNotStored;
    if (!already_expired(context, *expire_at_ms)) return shard.set_expiry(key, *expire_at_ms, op);
    shard.erase(key, op);
    return StatusCode::kOk;
  });
  return reply_changed(context, status);
}

Outcome cmd_expire(CommandContext& context) {
  return set_expiry(context, TimeUnit::kSeconds, TimeBase::kNow);
}
Outcome cmd_pexpire(CommandContext& context) {
  return set_expiry(context, TimeUnit::kMilliseconds, TimeBase::kNow);
}
Outcome cmd_expireat(CommandContext& context) {
  return set_expiry(context, TimeUnit::kSeconds, TimeBase::kEpoch);
}
Outcome cmd_pexpireat(CommandContext& context) {
  return set_expiry(context, TimeUnit::kMilliseconds, TimeBase::kEpoch);
}

Outcome tell_expiry(CommandContext& context, TimeUnit unit, TimeBase base) {
  const Key key = context.key(1);
  bool exists = false;
  TimeMs expire_at_ms = kNoExpiry;
  context.run(key, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, Touch::kNo, op);
    exists = item.has_value();
    if (item) expire_at_ms = item->expire_at_ms;
    return StatusCode::kOk;
  });
  count_lookup(context, key, exists);
  if (!exists || expire_at_ms == kNoExpiry) {
    context.reply.integer(exists ? kNeverExpiresTtl : kNoSuchKeyTtl);
    return Outcome::kDone;
  }
  const TimeMs time_ms = base == TimeBase::kNow ? expire_at_ms - context.now_ms : expire_at_ms;
  // Seconds are rounded to the nearest, without adding first: the largest expiry there is must not overflow.
  context.reply.integer(unit == TimeUnit::kSeconds ? time_ms / 1000 + (time_ms % 1000 >= 500 ? 1 : 0) : time_ms);
  return Outcome::kDone;
}

Outcome cmd_ttl(CommandContext& context) {
  return tell_expiry(context, TimeUnit::kSeconds, TimeBase::kNow);
}
Outcome cmd_pttl(CommandContext& context) {
  return tell_expiry(context, TimeUnit::kMilliseconds, TimeBase::kNow);
}
Outcome cmd_expiretime(CommandContext& context) {
  return tell_expiry(context, TimeUnit::kSeconds, TimeBase::kEpoch);
}
Outcome cmd_pexpiretime(CommandContext& context) {
  return tell_expiry(context, TimeUnit::kMilliseconds, TimeBase::kEpoch);
}

Outcome cmd_persist(CommandContext& context) {
  const Key key = context.key(1);
  const StatusCode status = context.run(key, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, touch_of(context), op);
    if (!item || item->expire_at_ms == kNoExpiry) return StatusCode::kNotFound;
    return shard.set_expiry(key, kNoExpiry, op);
  });
  return reply_changed(context, status);
}

constexpr KeySpec kFirst = {1, 1, 1};
constexpr std::string_view kRead = "@keyspace @read @fast";
constexpr std::string_view kWriteCategories = "@keyspace @write @fast";

constexpr CommandSpec kCommands[] = {
    {.name = "ttl",
     .function = cmd_ttl,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Answers the seconds that a key has left",
     .syntax = "key",
     .acl_categories = kRead,
     .keyed = true},
    {.name = "pttl",
     .function = cmd_pttl,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Answers the milliseconds that a key has left",
     .syntax = "key",
     .acl_categories = kRead,
     .keyed = true},
    {.name = "expiretime",
     .function = cmd_expiretime,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Answers the Unix time in seconds at which a key expires",
     .syntax = "key",
     .acl_categories = kRead,
     .keyed = true},
    {.name = "pexpiretime",
     .function = cmd_pexpiretime,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Answers the Unix time in milliseconds at which a key expires",
     .syntax = "key",
     .acl_categories = kRead,
     .keyed = true},
    {.name = "expire",
     .function = cmd_expire,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Lets a key expire after some seconds",
     .syntax = "key seconds [NX | XX | GT | LT]",
     .acl_categories = kWriteCategories,
     .keyed = true},
    {.name = "pexpire",
     .function = cmd_pexpire,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Lets a key expire after some milliseconds",
     .syntax = "key milliseconds [NX | XX | GT | LT]",
     .acl_categories = kWriteCategories,
     .keyed = true},
    {.name = "expireat",
     .function = cmd_expireat,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Lets a key expire at a Unix time in seconds",
     .syntax = "key unix-time-seconds [NX | XX | GT | LT]",
     .acl_categories = kWriteCategories,
     .keyed = true},
    {.name = "pexpireat",
     .function = cmd_pexpireat,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Lets a key expire at a Unix time in milliseconds",
     .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]",
     .acl_categories = kWriteCategories,
     .keyed = true},
    {.name = "persist",
     .function = cmd_persist,
     .arity = 2,
     .flags = kWrite | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Removes the expiry of a key",
     .syntax = "key",
     .acl_categories = kWriteCategories,
     .keyed = true},
};

}  // namespace

std::span<const CommandSpec> expiry_commands() {
  return kCommands;
}

}  // namespace larder
