// Walks over the keyspace: SCAN in the client's steps, KEYS in ours. Both lock a shard for a slice of the walk only;
// all databases share the index, so a step passes over the other databases' keys.
#include <optional>
#include <string>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/keyspace_walk.h"
#include "commands/session.h"
#include "larder/base/text.h"

namespace larder {

namespace {

constexpr std::size_t kScanCountDefault = 10;
// The only type of value there is.
constexpr std::string_view kStringType = "string";

struct KeyFilter {
  Database database = 0;
  std::optional<std::string_view> pattern;
  bool type_matches = true;

  bool matches(const ItemView& item) const {
    return item.database == database && type_matches && (!pattern || glob_match(*pattern, item.key));
  }
};

struct ScanOptions {
  KeyFilter filter;
  std::size_t count = kScanCountDefault;
};

std::optional<ScanOptions> read_scan_options(CommandContext& context, std::size_t first) {
  ScanOptions options{.filter = {.database = context.session.database(), .pattern = {}}};
  for (std::size_t i = first; i < context.argc(); i += 2) {
    const bool has_value = arguments_follow(context, i);
    if (has_value && argument_is(context, i, "MATCH")) {
      options.filter.pattern = context.arg(i + 1);
    } else if (has_value && argument_is(context, i, "TYPE")) {
      options.filter.type_matches = argument_is(context, i + 1, kStringType);
    } else if (has_value && argument_is(context, i, "COUNT")) {
      const auto count = read_int(context, i + 1);
      if (!count) return {};
      if (*count < 1) {
        fail(context, errors::kSyntax);
        return {};
      }
      options.count = static_cast<std::size_t>(*count);
    } else {
      fail(context, errors::kSyntax);
      return {};
    }
  }
  return options;
}

Outcome cmd_scan(CommandContext& context) {
  const auto cursor = read_cursor(context, 1);
  if (!cursor) return Outcome::kDone;
  const auto options = read_scan_options(context, 2);
  if (!options) return Outcome::kDone;
  KeyList keys;
  const std::uint64_t next = walk_keyspace(context, *cursor, options->count, [&](const ItemView& item) {
    if (options->filter.matches(item)) keys.add(item.key);
  });
  context.reply.array(2);
  context.reply.bulk(std::to_string(next));
  keys.reply(context.reply);
  return Outcome::kDone;
}

Outcome cmd_keys(CommandContext& context) {
  const KeyFilter filter{.database = context.session.database(), .pattern = context.arg(1)};
  KeyList keys;
  std::uint64_t cursor = 0;
  do {
    cursor = context.store().scan(cursor, kWalkSliceItems, context.now_ms, [&](const ItemView& item) {
      if (filter.matches(item)) keys.add(item.key);
    });
  } while (cursor != 0);
  keys.reply(context.reply);
  return Outcome::kDone;
}

constexpr CommandSpec kCommands[] = {
    {.name = "scan",
     .function = cmd_scan,
     .arity = -2,
     .flags = kReadOnly,
     .group = "generic",
     .since = "2.8.0",
     .complexity = "O(COUNT) a call, O(N) for the whole walk, N being the number of keys in all databases",
     .summary = "Walks over the keys of the database, a few with each call",
     .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
     .acl_categories = "@keyspace @read @slow"},
    {.name = "keys",
     .function = cmd_keys,
     .arity = 2,
     .flags = kReadOnly,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(N), N being the number of keys in all databases",
     .summary = "Answers all keys that match a pattern",
     .syntax = "pattern",
     .acl_categories = "@keyspace @read @slow @dangerous"},
};

}  // namespace

std::span<const CommandSpec> scan_commands() {
  return kCommands;
}

}  // namespace larder
