// What the requests of late were about: HOTKEYS, PREFIXSTATS.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/arguments.h"
#include "commands/command.h"
#include "larder/commands/prefix_figures.h"

namespace larder {

namespace {

constexpr std::int64_t kCountDefault = 16;
// There are not many more in the tables, and what is at their end means little.
constexpr std::int64_t kCountMax = 1'024;

struct Wanted {
  std::size_t count = kCountDefault;
  PrefixOrder order = PrefixOrder::kOperations;
};

// "[COUNT count] [BY (OPS | BYTES | ITEMS)]". Nothing: the error was written.
std::optional<Wanted> read_wanted(CommandContext& context, bool of_prefixes) {
  Wanted wanted;
  for (std::size_t i = 1; i < context.argc(); i += 2) {
    if (!arguments_follow(context, i)) {
      fail(context, errors::kSyntax);
      return {};
    }
    if (argument_is(context, i, "COUNT")) {
      const auto count = read_int_within(context, i + 1, {.min = 1, .max = kCountMax});
      if (!count) return {};
      wanted.count = static_cast<std::size_t>(*count);
    } else if (argument_is(context, i, "BY") && argument_is(context, i + 1, "OPS")) {
      wanted.order = PrefixOrder::kOperations;
    } else if (argument_is(context, i, "BY") && argument_is(context, i + 1, "BYTES")) {
      wanted.order = PrefixOrder::kBytes;
    } else if (of_prefixes && argument_is(context, i, "BY") && argument_is(context, i + 1, "ITEMS")) {
      wanted.order = PrefixOrder::kItems;
    } else {
      fail(context, errors::kSyntax);
      return {};
    }
  }
  return wanted;
}

void reply_figure(ReplyWriter& reply, std::string_view name, double value) {
  constexpr double kParts = 1e4;  // more digits would only pretend
  reply.bulk(name);
  reply.number(std::round(value * kParts) / kParts);
}

double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

// HOTKEYS [COUNT count] [BY (OPS | BYTES)]
Outcome cmd_hotkeys(CommandContext& context) {
  const auto wanted = read_wanted(context, /*of_prefixes=*/false);
  if (!wanted) return Outcome::kDone;
  const HitterOrder order = wanted->order == PrefixOrder::kBytes ? HitterOrder::kBytes : HitterOrder::kOperations;
  const TrafficReport report = context.services.statistics.hot_keys(context.now_ns, order, wanted->count);
  ReplyWriter& reply = context.reply;
  reply.array(report.hitters.size());
  for (const Hitter& key : report.hitters) {
    reply.map(7);
    reply.bulk("key");
    reply.bulk(key.name);
    reply.bulk("key_bytes");
    reply.integer(static_cast<std::int64_t>(key.name_bytes));
    reply.bulk("database");
    reply.integer(key.database);
    reply_figure(reply, "ops_per_s", key.counts.operations / report.seconds);
    reply_figure(reply, "writes_per_s", key.counts.writes / report.seconds);
    reply_figure(reply, "bytes_per_s", key.counts.bytes / report.seconds);
    reply_figure(reply, "share", share(key.counts.operations, report.all.operations));
  }
  return Outcome::kDone;
}

// PREFIXSTATS [COUNT count] [BY (OPS | BYTES | ITEMS)]
Outcome cmd_prefixstats(CommandContext& context) {
  const auto wanted = read_wanted(context, /*of_prefixes=*/true);
  if (!wanted) return Outcome::kDone;
  const std::vector<PrefixFigures> prefixes =
      prefix_figures(context.services, context.now_ms, wanted->order, wanted->count);
  ReplyWriter& reply = context.reply;
  reply.array(prefixes.size());
  for (const PrefixFigures& prefix : prefixes) {
    reply.map(11);
    reply.bulk("prefix");
    reply.bulk(prefix.prefix);
    reply.bulk("database");
    reply.integer(prefix.database);
    reply_figure(reply, "ops_per_s", prefix.ops_per_s);
    reply_figure(reply, "writes_per_s", prefix.writes_per_s);
    reply_figure(reply, "hits_per_s", prefix.hits_per_s);
    reply_figure(reply, "misses_per_s", prefix.misses_per_s);
    reply_figure(reply, "hit_ratio", prefix.hit_ratio);
    reply_figure(reply, "bytes_per_s", prefix.bytes_per_s);
    reply_figure(reply, "load_us", prefix.load_us);
    reply.bulk("items");
    reply.integer(std::llround(prefix.items));
    reply.bulk("data_bytes");
    reply.integer(std::llround(prefix.data_bytes));
  }
  return Outcome::kDone;
}

constexpr CommandSpec kCommands[] = {
    {.name = "hotkeys",
     .function = cmd_hotkeys,
     .arity = -1,
     .flags = kAdmin | kLoading | kStale,
     .group = "server",
     .since = "0.1.0",
     .complexity = "O(N), N being the keys in the tables: 1,024 for each thread at most",
     .summary = "Lists the keys that most of the latest requests were about",
     .syntax = "[COUNT count] [BY (OPS | BYTES)]",
     .acl_categories = "@admin @slow @dangerous"},
    {.name = "prefixstats",
     .function = cmd_prefixstats,
     .arity = -1,
     .flags = kAdmin | kLoading | kStale,
     .group = "server",
     .since = "0.1.0",
     .complexity = "O(N), N being the items looked at: 10,000 at most",
     .summary = "Tells what the prefixes of keys have of the latest requests and of the items",
     .syntax = "[COUNT count] [BY (OPS | BYTES | ITEMS)]",
     .acl_categories = "@admin @slow @dangerous"},
};

}  // namespace

std::span<const CommandSpec> traffic_commands() {
  return kCommands;
}

}  // namespace larder
