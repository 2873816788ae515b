// MEMORY: what the store and single keys take of the memory.
#include <malloc.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "commands/arguments.h"
#include "commands/info.h"
#include "commands/memory_doctor.h"
#include "commands/memory_figures.h"
#include "larder/base/text.h"

namespace larder {

namespace {

// The options after the key. Strings have nothing that could be sampled, so SAMPLES is only checked.
bool read_usage_options(CommandContext& context) {
  constexpr std::size_t kFirstOption = 3;
  for (std::size_t i = kFirstOption; i < context.argc(); i += 2) {
    if (!argument_is(context, i, "samples") || !arguments_follow(context, i)) {
      context.reply.error(errors::kSyntax);
      return false;
    }
    const auto samples = read_int(context, i + 1);
    if (!samples) return false;
    if (*samples < 0) {
      context.reply.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// MEMORY USAGE key [SAMPLES count]
Outcome cmd_memory_usage(CommandContext& context) {
  if (!read_usage_options(context)) return Outcome::kDone;
  const Key key = context.key(2);
  std::optional<std::size_t> bytes;
  context.store().run(key, context.now_ms, [&](Shard& shard, Op& op) {
    if (const auto item = shard.inspect(key, op.now_ms)) bytes = item->used_bytes;
    return StatusCode::kOk;
  });
  if (bytes) {
    context.reply.integer(static_cast<std::int64_t>(*bytes));
  } else {
    context.reply.null();
  }
  return Outcome::kDone;
}

struct Figure {
  std::string_view name;
  std::variant<std::int64_t, double> value;
};

std::int64_t integer(std::uint64_t bytes) {
  return static_cast<std::int64_t>(bytes);
}

// Redis's fields, as far as there is something true to say.
std::vector<Figure> redis_figures(const StoreStats& store, std::uint64_t buffer_bytes) {
  const MemoryFigures memory = memory_figures(store);
  const std::uint64_t stored = memory.used_bytes - memory.startup_bytes;
  return {
      {"peak.allocated", integer(store.peak_bytes)},
      {"total.allocated", integer(memory.used_bytes)},
      {"startup.allocated", integer(memory.startup_bytes)},
      {"replication.backlog", 0},
      {"clients.slaves", 0},
      {"clients.normal", integer(buffer_bytes)},
      {"cluster.links", 0},
      {"aof.buffer", 0},
      {"lua.caches", 0},
      {"functions.caches", 0},
      {"overhead.total", integer(memory.overhead_bytes)},
      {"keys.count", integer(store.total.items)},
      {"keys.bytes-per-key", integer(store.total.items == 0 ? 0 : stored / store.total.items)},
      {"dataset.bytes", integer(memory.data_bytes)},
      {"dataset.percentage", 100 * memory.data_share},
      {"peak.percentage", 100 * fraction(memory.used_bytes, store.peak_bytes)},
      {"allocator.allocated", integer(memory.used_bytes)},
      {"allocator.active", integer(memory.committed_bytes)},
      {"allocator-fragmentation.ratio", fraction(memory.committed_bytes, memory.used_bytes)},
      {"allocator-fragmentation.bytes", difference(memory.committed_bytes, memory.used_bytes)},
      {"rss-overhead.ratio", fraction(memory.resident_bytes, memory.committed_bytes)},
      {"rss-overhead.bytes", difference(memory.resident_bytes, memory.committed_bytes)},
      {"fragmentation", memory.fragmentation_ratio},
      {"fragmentation.bytes", difference(memory.resident_bytes, memory.used_bytes)},
  };
}

// Ours: the parts of the memory in use, then what lies beside it.
std::vector<Figure> store_figures(const StoreStats& store, std::uint64_t receiving_bytes) {
  const ShardStats& total = store.total;
  return {
      {"items.bytes", integer(total.item_bytes)},      {"slack.bytes", integer(total.slack_bytes)},
      {"blobs.bytes", integer(total.blob_bytes)},      {"index.bytes", integer(total.index_bytes)},
      {"policy.bytes", integer(total.policy_bytes)},   {"leases.bytes", integer(total.lease_bytes)},
      {"tags.bytes", integer(total.tag_bytes)},        {"overhead.bytes", integer(total.overhead_bytes)},
      {"flushed.bytes", integer(total.dead_bytes)},    {"log.committed", integer(total.log_bytes)},
      {"log.appended", integer(total.appended_bytes)}, {"log.moved", integer(total.moved_bytes)},
      {"blobs.warm", integer(store.warm_bytes)},       {"blobs.pinned", integer(store.pinned_bytes)},
      {"clients.receiving", integer(receiving_bytes)},
  };
}

Outcome cmd_memory_stats(CommandContext& context) {
  const StoreStats store = context.store().stats();
  std::vector<Figure> figures = redis_figures(store, client_figures(context.clients).buffer_bytes);
  for (const Figure& figure : store_figures(store, context.services.net.receiving_bytes_now.get())) {
    figures.push_back(figure);
  }
  context.reply.map(figures.size());
  for (const Figure& figure : figures) {
    context.reply.bulk(figure.name);
    if (const auto* number = std::get_if<std::int64_t>(&figure.value)) {
      context.reply.integer(*number);
    } else {
      context.reply.number(std::get<double>(figure.value));
    }
  }
  return Outcome::kDone;
}

Outcome cmd_memory_doctor(CommandContext& context) {
  MemoryCase memory{.store = context.store().stats(),
                    .figures = {},
                    .policy = context.store().policy(),
                    .buffer_bytes = client_figures(context.clients).buffer_bytes};
  memory.figures = memory_figures(memory.store);
  context.reply.verbatim(memory_advice(memory));
  return Outcome::kDone;
}

// What the C library has: connections, buffers, tables. Items lie in the log and in blocks of their own.
Outcome cmd_memory_malloc_stats(CommandContext& context) {
  const struct mallinfo2 heap = mallinfo2();
  const StoreStats store = context.store().stats();
  const std::array<std::pair<std::string_view, std::uint64_t>, 8> lines = {{
      {"heap taken from the system", heap.arena},
      {"heap in use", heap.uordblks},
      {"heap free", heap.fordblks},
      {"heap free at its end", heap.keepcost},
      {"mapped blocks", heap.hblkhd},
      {"log of items, committed", store.total.log_bytes},
      {"large values", store.total.blob_bytes},
      {"large values, free and warm", store.warm_bytes},
  }};
  std::string text;
  for (const auto& [name, bytes] : lines) {
    text.append(name).append(": ").append(std::to_string(bytes)).append(" (").append(format_size(bytes)).append(")\n");
  }
  context.reply.verbatim(text);
  return Outcome::kDone;
}

Outcome cmd_memory_purge(CommandContext& context) {
  context.store().give_back_free_memory();
  malloc_trim(0);
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_memory_help(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "DOCTOR",
      "    What is worth a look in the memory's figures, in sentences.",
      "MALLOC-STATS",
      "    What the C library's allocator, the log and large values hold.",
      "PURGE",
      "    Give memory that was freed and is kept for its next use back to the system at once.",
      "STATS",
      "    The memory's figures: what is used, by whom, and what the process takes.",
      "USAGE <key> [SAMPLES <count>]",
      "    The bytes that a key takes of maxmemory. SAMPLES changes nothing: values are strings.",
  };
  return reply_help(context, kLines);
}

constexpr std::string_view kSlow = "@slow";

constexpr CommandSpec kSubcommands[] = {
    {.name = "doctor",
     .function = cmd_memory_doctor,
     .arity = 2,
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Tells what is worth a look in the memory's figures",
     .syntax = "",
     .acl_categories = kSlow},
    {.name = "help",
     .function = cmd_memory_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Tells what the subcommands do",
     .syntax = "",
     .acl_categories = kSlow},
    {.name = "malloc-stats",
     .function = cmd_memory_malloc_stats,
     .arity = 2,
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Tells what the allocators hold",
     .syntax = "",
     .acl_categories = kSlow},
    {.name = "purge",
     .function = cmd_memory_purge,
     .arity = 2,
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(N), N being the free pages that are given back",
     .summary = "Gives memory that is free back to the system at once",
     .syntax = "",
     .acl_categories = kSlow},
    {.name = "stats",
     .function = cmd_memory_stats,
     .arity = 2,
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Tells the figures of the memory",
     .syntax = "",
     .acl_categories = kSlow},
    {.name = "usage",
     .function = cmd_memory_usage,
     .arity = -3,
     .flags = kReadOnly,
     .keys = {2, 2, 1},
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Answers the bytes that a key takes of maxmemory",
     .syntax = "key [SAMPLES count]",
     .acl_categories = "@read @slow"},
};

constexpr CommandSpec kCommands[] = {
    {.name = "memory",
     .arity = -2,
     .group = "server",
     .since = "4.0.0",
     .complexity = "Depends on the subcommand",
     .summary = "Tells what the store and its keys take of the memory",
     .syntax = "",
     .acl_categories = kSlow,
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const CommandSpec> memory_commands() {
  return kCommands;
}

}  // namespace larder
