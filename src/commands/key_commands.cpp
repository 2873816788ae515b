// Keys whatever their values: DEL, UNLINK, EXISTS, MEXISTS, TOUCH, TYPE, RANDOMKEY. Those that take several keys go key
// by key.
#include <string>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/key_window.h"
#include "commands/session.h"
#include "commands/value_access.h"

namespace larder {

namespace {

// Gives what `ask(shard, key, op)` answers for each of the keys, under the lock of its shard, to `take(key, answer)`,
// outside of it.
template <class Ask, class Take>
void ask_each_key(CommandContext& context, Ask&& ask, Take&& take) {
  KeyWindow keys(context);
  for (std::size_t i = 1; i < context.argc(); ++i) {
    const Key key = keys.next();
    bool answer = false;
    context.store().run(key, context.now_ms, [&](Shard& shard, Op& op) {
      answer = ask(shard, key, op);
      return StatusCode::kOk;
    });
    take(key, answer);
  }
}

// How many of the keys `count_one(shard, key, op)` answers true for, a key named twice counted twice.
template <class CountOne>
std::int64_t count_keys(CommandContext& context, CountOne&& count_one) {
  std::int64_t counted = 0;
  ask_each_key(context, count_one, [&](const Key&, bool counts) { counted += counts ? 1 : 0; });
  return counted;
}

// DEL and UNLINK: a large value's block is given back when its last reader is done with it, under either name.
Outcome cmd_del(CommandContext& context) {
  context.reply.integer(count_keys(context, [](Shard& shard, const Key& key, Op& op) { return shard.erase(key, op); }));
  return Outcome::kDone;
}

Outcome count_existing(CommandContext& context, Touch touch) {
  std::int64_t existing = 0;
  ask_each_key(
      context, [&](Shard& shard, const Key& key, Op& op) { return shard.get(key, touch, op).has_value(); },
      [&](const Key& key, bool exists) {
        count_lookup(context, key, exists);
        existing += exists ? 1 : 0;
      });
  context.reply.integer(existing);
  return Outcome::kDone;
}

Outcome cmd_mexists(CommandContext& context) {
  context.reply.array(context.argc() - 1);
  ask_each_key(
      context, [](Shard& shard, const Key& key, Op& op) { return shard.get(key, Touch::kNo, op).has_value(); },
      [&](const Key& key, bool exists) {
        count_lookup(context, key, exists);
        context.reply.integer(exists ? 1 : 0);
      });
  return Outcome::kDone;
}

Outcome cmd_exists(CommandContext& context) {
  return count_existing(context, Touch::kNo);
}
// Warms its keys even for a client that said CLIENT NO-TOUCH: it is what the command is for.
Outcome cmd_touch(CommandContext& context) {
  return count_existing(context, Touch::kYes);
}

Outcome cmd_type(CommandContext& context) {
  const Key key = context.key(1);
  bool exists = false;
  context.run(key, [&](Shard& shard, Op& op) {
    exists = shard.get(key, Touch::kNo, op).has_value();
    return StatusCode::kOk;
  });
  count_lookup(context, key, exists);
  context.reply.simple(exists ? "string" : "none");
  return Outcome::kDone;
}

Outcome cmd_randomkey(CommandContext& context) {
  std::string key;
  const bool found = context.store().random_item(context.session.database(), context.now_ms,
                                                 [&](const ItemView& item) { key.assign(item.key); });
  if (found) {
    context.reply.bulk(key);
  } else {
    context.reply.null();
  }
  return Outcome::kDone;
}

constexpr KeySpec kFirst = {1, 1, 1};
constexpr KeySpec kAllArguments = {1, -1, 1};

constexpr CommandSpec kCommands[] = {
    {.name = "del",
     .function = cmd_del,
     .arity = -2,
     .flags = kWrite,
     .keys = kAllArguments,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(N), N being the number of keys",
     .summary = "Deletes keys and answers how many there were",
     .syntax = "key [key ...]",
     .acl_categories = "@keyspace @write @slow"},
    {.name = "unlink",
     .function = cmd_del,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = kAllArguments,
     .group = "generic",
     .since = "4.0.0",
     .complexity = "O(N), N being the number of keys",
     .summary = "Deletes keys and answers how many there were, as DEL does",
     .syntax = "key [key ...]",
     .acl_categories = "@keyspace @write @fast"},
    {.name = "exists",
     .function = cmd_exists,
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllArguments,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(N), N being the number of keys",
     .summary = "Answers how many of the keys exist",
     .syntax = "key [key ...]",
     .acl_categories = "@keyspace @read @fast"},
    {.name = "mexists",
     .function = cmd_mexists,
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllArguments,
     .group = "generic",
     .since = "0.1.0",
     .complexity = "O(N), N being the number of keys",
     .summary = "Answers of each key whether it exists",
     .syntax = "key [key ...]",
     .acl_categories = "@keyspace @read @fast"},
    {.name = "touch",
     .function = cmd_touch,
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = kAllArguments,
     .group = "generic",
     .since = "3.2.1",
     .complexity = "O(N), N being the number of keys",
     .summary = "Marks keys as just used and answers how many exist",
     .syntax = "key [key ...]",
     .acl_categories = "@keyspace @read @fast"},
    {.name = "type",
     .function = cmd_type,
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Answers the type of a key's value: string, or none",
     .syntax = "key",
     .acl_categories = "@keyspace @read @fast",
     .keyed = true},
    {.name = "randomkey",
     .function = cmd_randomkey,
     .arity = 1,
     .flags = kReadOnly,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Answers some key of the database",
     .syntax = "",
     .acl_categories = "@keyspace @read @slow"},
};

}  // namespace

std::span<const CommandSpec> key_commands() {
  return kCommands;
}

}  // namespace larder
