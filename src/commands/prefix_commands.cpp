// All keys that begin with the same bytes, counted or deleted a bounded piece with each call: COUNTPREFIX, DELPREFIX.
// The index knows no order of keys, so that a walk looks at every key there is; as SCAN's, it holds a shard for a slice
// only.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/key_window.h"
#include "commands/keyspace_walk.h"
#include "commands/session.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

constexpr std::size_t kCountDefault = 1'000;

struct PrefixWalk {
  std::uint64_t cursor = 0;
  std::string_view prefix;
  std::size_t count = kCountDefault;
};

// "cursor prefix [COUNT count]". Nothing: the error was written.
std::optional<PrefixWalk> read_walk(CommandContext& context) {
  const auto cursor = read_cursor(context, 1);
  if (!cursor) return {};
  PrefixWalk walk{.cursor = *cursor, .prefix = context.arg(2)};
  if (context.argc() == 3) return walk;
  if (context.argc() != 5 || !argument_is(context, 3, "COUNT")) {
    fail(context, errors::kSyntax);
    return {};
  }
  const auto count = read_int(context, 4);
  if (!count) return {};
  if (*count < 1) {
    fail(context, errors::kSyntax);
    return {};
  }
  walk.count = std::min(static_cast<std::size_t>(*count), limits::kPrefixWalkItemsMax);
  return walk;
}

// Goes over the items of the next `walk.count`, a slice at a time; after each, outside of every lock, calls
// `use(keys)` with the keys that fit. Answers the next cursor and the sum of what `use` returns.
template <class Use>
Outcome walk_prefix(CommandContext& context, Use&& use) {
  const auto walk = read_walk(context);
  if (!walk) return Outcome::kDone;
  std::uint64_t cursor = walk->cursor;
  std::size_t left = walk->count;
  std::size_t used = 0;
  KeyList keys;
  do {
    std::size_t visited = 0;
    keys.clear();
    cursor = walk_keyspace(context, cursor, std::min(left, kWalkSliceItems), [&](const ItemView& item) {
      ++visited;
      if (item.database == context.session.database() && item.key.starts_with(walk->prefix)) keys.add(item.key);
    });
    used += use(keys);
    // An empty stretch counts too, or one call might go over all of an index that is all but empty.
    left -= std::min(left, std::max(visited, kWalkSliceItems));
  } while (cursor != 0 && left > 0);
  context.reply.array(2);
  context.reply.bulk(std::to_string(cursor));
  context.reply.integer(static_cast<std::int64_t>(used));
  return Outcome::kDone;
}

std::size_t erase_all(CommandContext& context, const KeyList& list) {
  std::array<Key, KeyWindow::kKeys> keys;
  std::array<KeyHash, KeyWindow::kKeys> hashes;
  std::size_t erased = 0;
  for (std::size_t begin = 0; begin < list.size(); begin += keys.size()) {
    const std::size_t count = std::min(keys.size(), list.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      keys[i] = context.store().key(context.session.database(), list[begin + i]);
      hashes[i] = keys[i].hash;
    }
    context.store().prefetch(std::span(hashes).first(count));
    for (const Key& key : std::span(keys).first(count)) {
      context.store().run(key, context.now_ms, [&](Shard& shard, Op& op) {
        erased += shard.erase(key, op) ? 1 : 0;
        return StatusCode::kOk;
      });
    }
  }
  return erased;
}

Outcome cmd_countprefix(CommandContext& context) {
  return walk_prefix(context, [](const KeyList& keys) { return keys.size(); });
}

Outcome cmd_delprefix(CommandContext& context) {
  return walk_prefix(context, [&](const KeyList& keys) { return erase_all(context, keys); });
}

constexpr std::string_view kComplexity =
    "O(COUNT) a call, O(N) for the whole walk, N being the number of keys in all databases";
constexpr std::string_view kSyntax = "cursor prefix [COUNT count]";

constexpr CommandSpec kCommands[] = {
    {.name = "countprefix",
     .function = cmd_countprefix,
     .arity = -3,
     .flags = kReadOnly,
     .group = "generic",
     .since = "0.1.0",
     .complexity = kComplexity,
     .summary = "Counts the keys that begin with a prefix, a few with each call",
     .syntax = kSyntax,
     .acl_categories = "@keyspace @read @slow"},
    {.name = "delprefix",
     .function = cmd_delprefix,
     .arity = -3,
     .flags = kWrite,
     .group = "generic",
     .since = "0.1.0",
     .complexity = kComplexity,
     .summary = "Deletes the keys that begin with a prefix, a few with each call",
     .syntax = kSyntax,
     .acl_categories = "@keyspace @write @slow @dangerous"},
};

}  // namespace

std::span<const CommandSpec> prefix_commands() {
  return kCommands;
}

}  // namespace larder
