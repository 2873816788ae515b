// Where the time goes: LATENCY.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/command_table.h"
#include "commands/latency_report.h"
#include "larder/base/text.h"

namespace larder {

namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kNsPerUs = 1'000;

std::int64_t unix_s(const CommandContext& context) {
  return context.services.clock.unix_us() / kUsPerSecond;
}

LatencyMonitor& monitor(const CommandContext& context) {
  return context.services.statistics.latency();
}

// Of the event that the request names; nothing if there is no such event, or none has happened.
std::optional<LatencyMonitor::History> asked_history(const CommandContext& context) {
  const auto event = find_latency_event(context.arg(2));
  return event ? monitor(context).history(*event) : std::nullopt;
}

Outcome cmd_latency_latest(CommandContext& context) {
  const auto events = monitor(context).all();
  context.reply.array(events.size());
  for (const auto& history : events) {
    context.reply.array(4);
    context.reply.bulk(latency_event_name(history.event));
    context.reply.integer(history.spikes.back().unix_s);
    context.reply.integer(history.spikes.back().ms);
    context.reply.integer(history.ms_max);
  }
  return Outcome::kDone;
}

// LATENCY HISTORY event
Outcome cmd_latency_history(CommandContext& context) {
  const auto history = asked_history(context);
  if (!history) {
    context.reply.array(0);
    return Outcome::kDone;
  }
  context.reply.array(history->spikes.size());
  for (const LatencySpike& spike : history->spikes) {
    context.reply.array(2);
    context.reply.integer(spike.unix_s);
    context.reply.integer(spike.ms);
  }
  return Outcome::kDone;
}

// LATENCY GRAPH event
Outcome cmd_latency_graph(CommandContext& context) {
  const auto history = asked_history(context);
  if (!history) {
    // As Redis, which has the name as a C string.
    const std::string_view name = context.arg(2).substr(0, context.arg(2).find('\0'));
    return fail(context, "ERR No samples available for event '" + std::string(name) + "'");
  }
  context.reply.verbatim(latency_graph(*history, unix_s(context)));
  return Outcome::kDone;
}

// LATENCY RESET [event ...]
Outcome cmd_latency_reset(CommandContext& context) {
  std::int64_t reset = 0;
  if (context.argc() == 2) {
    for (std::size_t i = 0; i < kLatencyEvents; ++i) {
      reset += monitor(context).reset(static_cast<LatencyEvent>(i)) ? 1 : 0;
    }
  }
  for (std::size_t i = 2; i < context.argc(); ++i) {
    // Here alone case does not matter, as in Redis.
    const auto event = find_latency_event(to_lower(context.arg(i)));
    reset += event && monitor(context).reset(*event) ? 1 : 0;
  }
  context.reply.integer(reset);
  return Outcome::kDone;
}

Outcome cmd_latency_doctor(CommandContext& context) {
  const auto events = monitor(context).all();
  const std::uint64_t threshold_ns = monitor(context).threshold_ns();
  const std::uint64_t slow_ns = context.services.slow_log.threshold_ns();
  context.reply.verbatim(
      latency_advice({.events = events,
                      .is_on = threshold_ns != LatencyMonitor::kNever,
                      .slowlog_us_min = slow_ns == SlowLog::kNever ? -1 : static_cast<std::int64_t>(slow_ns / kNsPerUs),
                      .threshold_ns = threshold_ns}));
  return Outcome::kDone;
}

struct Bound {
  std::int64_t us = 0;
  std::uint64_t count = 0;  // of what took less
};

// At 1,024 ns and every power of two above it, where something lies between it and the one before. Redis's histograms
// are cut a little finer, and it names a bound by the end of the bucket behind it; so does this.
std::vector<Bound> bounds_of(const HistogramSnapshot& histogram) {
  constexpr std::int64_t kFirstNs = 1'024;
  constexpr std::int64_t kPartsPerBound = 128;
  std::vector<Bound> bounds;
  std::uint64_t below = 0;
  std::size_t bucket = 0;
  for (std::int64_t bound_ns = kFirstNs; below < histogram.count(); bound_ns *= 2) {
    const std::uint64_t before = below;
    for (; bucket < kHistogramBuckets && Histogram::bucket_upper_ns(bucket) < bound_ns; ++bucket) {
      below += histogram.bucket(bucket);
    }
    if (below > before) bounds.push_back({(bound_ns + bound_ns / kPartsPerBound - 1) / kNsPerUs, below});
  }
  return bounds;
}

// The commands of which histograms are wanted: each once, in the order in which they were named, however often that
// is. A histogram itself is some KiB.
class WantedHistograms {
 public:
  explicit WantedHistograms(const Statistics& statistics) : statistics_(statistics) {}

  // The command, or a container's subcommands: those that were called.
  void add(const FoundCommand& command) {
    if (is_seen_[command.index]) return;
    is_seen_[command.index] = true;
    if (latency(command).count() > 0) commands_.push_back(command);
    for (const CommandSpec& row : command.spec->subcommands) {
      add(CommandTable::instance().find_subcommand(*command.spec, row.name));
    }
  }
  std::span<const FoundCommand> commands() const { return commands_; }
  HistogramSnapshot latency(const FoundCommand& command) const {
    return statistics_.command_totals(command.index).latency;
  }

 private:
  const Statistics& statistics_;
  std::vector<bool> is_seen_ = std::vector<bool>(CommandTable::instance().all().size());
  std::vector<FoundCommand> commands_;
};

// LATENCY HISTOGRAM [command ...]
Outcome cmd_latency_histogram(CommandContext& context) {
  WantedHistograms wanted(context.services.statistics);
  if (context.argc() == 2) {
    for (const FoundCommand& command : CommandTable::instance().all()) {
      if (command.container == nullptr) wanted.add(command);
    }
  }
  for (std::size_t i = 2; i < context.argc(); ++i) {
    const FoundCommand command = CommandTable::instance().find_full_name(context.arg(i));
    if (command) wanted.add(command);
  }
  context.reply.map(wanted.commands().size());
  for (const FoundCommand& command : wanted.commands()) {
    const HistogramSnapshot latency = wanted.latency(command);
    context.reply.bulk(CommandTable::full_name(command));
    context.reply.map(2);
    context.reply.bulk("calls");
    context.reply.integer(static_cast<std::int64_t>(latency.count()));
    context.reply.bulk("histogram_usec");
    const auto bounds = bounds_of(latency);
    context.reply.map(bounds.size());
    for (const Bound& bound : bounds) {
      context.reply.integer(bound.us);
      context.reply.integer(static_cast<std::int64_t>(bound.count));
    }
  }
  return Outcome::kDone;
}

constexpr std::string_view kHelp[] = {
    "DOCTOR",
    "    Tell in sentences what was slow, and what may help.",
    "GRAPH <event>",
    "    Draw the latest spikes of the event.",
    "HISTOGRAM [<command> ...]",
    "    Answer how many calls of the commands (all that were used, unless said) took less than so many microseconds.",
    "HISTORY <event>",
    "    List the spikes of the event: Unix time, milliseconds.",
    "LATEST",
    "    List the events that had spikes: name, Unix time and milliseconds of the latest, the most there ever were.",
    "RESET [<event> ...]",
    "    Forget the spikes of the events, or of all.",
};

Outcome cmd_latency_help(CommandContext& context) {
  return reply_help(context, kHelp);
}

constexpr std::uint32_t kFlags = kAdmin | kNoScript | kLoading | kStale;
constexpr std::string_view kAdminAcl = "@admin @slow @dangerous";

constexpr CommandSpec kSubcommands[] = {
    {.name = "doctor",
     .function = cmd_latency_doctor,
     .arity = 2,
     .flags = kFlags,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Tells what was slow, and what may help",
     .syntax = "",
     .acl_categories = kAdminAcl},
    {.name = "graph",
     .function = cmd_latency_graph,
     .arity = 3,
     .flags = kFlags,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Draws the latest spikes of an event",
     .syntax = "event",
     .acl_categories = kAdminAcl},
    {.name = "help",
     .function = cmd_latency_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Tells what the subcommands do",
     .syntax = "",
     .acl_categories = "@slow"},
    {.name = "histogram",
     .function = cmd_latency_histogram,
     .arity = -2,
     .flags = kFlags,
     .group = "server",
     .since = "7.0.0",
     .complexity = "O(N), N being the number of commands",
     .summary = "Answers how long commands took, as counts below powers of two",
     .syntax = "[command [command ...]]",
     .acl_categories = kAdminAcl},
    {.name = "history",
     .function = cmd_latency_history,
     .arity = 3,
     .flags = kFlags,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Lists the spikes of an event",
     .syntax = "event",
     .acl_categories = kAdminAcl},
    {.name = "latest",
     .function = cmd_latency_latest,
     .arity = 2,
     .flags = kFlags,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Lists the latest spike of each event",
     .syntax = "",
     .acl_categories = kAdminAcl},
    {.name = "reset",
     .function = cmd_latency_reset,
     .arity = -2,
     .flags = kFlags,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Forgets the spikes of some events, or of all",
     .syntax = "[event [event ...]]",
     .acl_categories = kAdminAcl},
};

constexpr CommandSpec kCommands[] = {
    {.name = "latency",
     .arity = -2,
     .group = "server",
     .since = "2.8.13",
     .complexity = "As the subcommand's",
     .summary = "Tells where the time goes",
     .syntax = "",
     .acl_categories = "@slow",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const CommandSpec> latency_commands() {
  return kCommands;
}

}  // namespace larder
