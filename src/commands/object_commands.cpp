// OBJECT: how a key's value is kept and when it was used. None of it counts as a use.
#include <optional>
#include <string>

#include "commands/arguments.h"
#include "commands/value_access.h"
#include "larder/policy/policy_kind.h"

namespace larder {

namespace {

// Clients know these texts.
constexpr std::string_view kNoFrequency =
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
    "between policies at runtime LRU and LFU data will take some time to adjust.";
constexpr std::string_view kNoIdleTimeWithLfu =
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies "
    "at runtime LRU and LFU data will take some time to adjust.";

// Calls `use(report)` under the shard's lock. False: there is no such key, and that was answered.
template <class Use>
bool inspect(CommandContext& context, Use&& use) {
  const Key key = context.key(2);
  bool exists = false;
  context.store().run(key, context.now_ms, [&](Shard& shard, Op& op) {
    const auto item = shard.inspect(key, op.now_ms);
    exists = item.has_value();
    if (item) use(*item);
    return StatusCode::kOk;
  });
  context.store().note_lookup(key.hash, exists);
  // No miss that anybody is notified of, as in Redis.
  if (exists) {
    context.count_hit();
  } else {
    context.count_miss();
  }
  if (!exists) context.reply.null();
  return exists;
}

Outcome cmd_object_encoding(CommandContext& context) {
  std::string_view encoding;
  if (inspect(context, [&](const ItemReport& item) { encoding = encoding_of(item.value); })) {
    context.reply.bulk(encoding);
  }
  return Outcome::kDone;
}

// An item that the policy has not been told of yet (it was switched a moment ago) has not been used under it.
Outcome cmd_object_freq(CommandContext& context) {
  std::optional<std::uint32_t> frequency;
  if (!inspect(context, [&](const ItemReport& item) { frequency = item.frequency; })) return Outcome::kDone;
  if (!frequency && !counts_uses(context.store().policy())) return fail(context, kNoFrequency);
  context.reply.integer(frequency.value_or(0));
  return Outcome::kDone;
}

Outcome cmd_object_idletime(CommandContext& context) {
  constexpr std::int64_t kMsPerSecond = 1'000;
  std::optional<std::int64_t> idle_ms;
  if (!inspect(context, [&](const ItemReport& item) { idle_ms = item.idle_ms; })) return Outcome::kDone;
  const PolicyKind policy = context.store().policy();
  if (!idle_ms && !tracks_idle_time(policy)) {
    if (counts_uses(policy)) return fail(context, kNoIdleTimeWithLfu);
    return fail(context, "ERR The maxmemory policy " + std::string(policy_name(policy)) +
                             " does not need the time of a key's last use, idle time not tracked.");
  }
  context.reply.integer(idle_ms.value_or(0) / kMsPerSecond);
  return Outcome::kDone;
}

Outcome cmd_object_refcount(CommandContext& context) {
  if (inspect(context, [](const ItemReport&) {})) context.reply.integer(1);
  return Outcome::kDone;
}

Outcome cmd_object_help(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "ENCODING <key>", "    How Redis would keep the value: int, embstr (up to 44 bytes) or raw.",
      "FREQ <key>",     "    How often the key was used lately, under a policy that counts uses.",
      "IDLETIME <key>", "    The seconds since the key was last used, under a policy that knows.",
      "REFCOUNT <key>", "    Always 1: no two keys share a value.",
  };
  return reply_help(context, kLines);
}

constexpr KeySpec kKey = {2, 2, 1};
constexpr std::string_view kReadCategories = "@keyspace @read @slow";

constexpr CommandSpec kSubcommands[] = {
    {.name = "encoding",
     .function = cmd_object_encoding,
     .arity = 3,
     .flags = kReadOnly,
     .keys = kKey,
     .group = "generic",
     .since = "2.2.3",
     .complexity = "O(1)",
     .summary = "Answers how Redis would keep the value of a key",
     .syntax = "key",
     .acl_categories = kReadCategories},
    {.name = "freq",
     .function = cmd_object_freq,
     .arity = 3,
     .flags = kReadOnly,
     .keys = kKey,
     .group = "generic",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Answers how often a key was used lately, as the eviction policy counts it",
     .syntax = "key",
     .acl_categories = kReadCategories},
    {.name = "help",
     .function = cmd_object_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "generic",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Tells what the subcommands do",
     .syntax = "",
     .acl_categories = "@keyspace @slow"},
    {.name = "idletime",
     .function = cmd_object_idletime,
     .arity = 3,
     .flags = kReadOnly,
     .keys = kKey,
     .group = "generic",
     .since = "2.2.3",
     .complexity = "O(1)",
     .summary = "Answers the seconds since a key was last used",
     .syntax = "key",
     .acl_categories = kReadCategories},
    {.name = "refcount",
     .function = cmd_object_refcount,
     .arity = 3,
     .flags = kReadOnly,
     .keys = kKey,
     .group = "generic",
     .since = "2.2.3",
     .complexity = "O(1)",
     .summary = "Answers 1 for every key: no two share a value",
     .syntax = "key",
     .acl_categories = kReadCategories},
};

constexpr CommandSpec kCommands[] = {
    {.name = "object",
     .arity = -2,
     .group = "generic",
     .since = "2.2.3",
     .complexity = "Depends on the subcommand",
     .summary = "Tells how the value of a key is kept and when it was used",
     .syntax = "",
     .acl_categories = "@slow",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const CommandSpec> object_commands() {
  return kCommands;
}

}  // namespace larder
