// The sections of INFO about what was done: stats, commandstats, errorstats, latencystats.
#include "commands/command_table.h"
#include "commands/info.h"
#include "larder/stats/cache_figures.h"

namespace larder {

namespace {

constexpr double kBytesPerKilobyte = 1024;

std::string microseconds(std::int64_t ns) {
  return decimal_text(static_cast<double>(ns) / 1e3, 3);
}

}  // namespace

void info_stats(const InfoContext& context, InfoText& text) {
  const Statistics& statistics = context.services.statistics;
  const Sample& since = context.since_reset;
  const WindowFigures second = figures_of_last(statistics.series(), 1);
  text.field("total_connections_received", since.connections_accepted);
  text.field("total_commands_processed", since.requests.requests);
  text.field("instantaneous_ops_per_sec", static_cast<std::uint64_t>(second.requests_per_s));
  text.field("total_net_input_bytes", since.received_bytes);
  text.field("total_net_output_bytes", since.sent_bytes);
  text.field("total_net_repl_input_bytes", 0);
  text.field("total_net_repl_output_bytes", 0);
  text.decimal("instantaneous_input_kbps", second.received_bytes_per_s / kBytesPerKilobyte, 2);
  text.decimal("instantaneous_output_kbps", second.sent_bytes_per_s / kBytesPerKilobyte, 2);
  text.field("rejected_connections", since.connections_rejected);
  text.field("sync_full", 0);
  text.field("sync_partial_ok", 0);
  text.field("sync_partial_err", 0);
  text.field("expired_keys", since.expired);
  text.field("evicted_keys", since.evicted);
  text.field("evicted_clients", 0);
  text.field("keyspace_hits", since.requests.hits);
  text.field("keyspace_misses", since.requests.misses);
  const Channels& channels = context.pushes.channels;
  text.field("pubsub_channels", channels.count(ChannelKind::kChannel));
  text.field("pubsub_patterns", channels.count(ChannelKind::kPattern));
  text.field("pubsubshard_channels", channels.count(ChannelKind::kShardChannel));
  text.field("latest_fork_usec", 0);
  text.field("total_forks", 0);
  const Tracking& tracking = context.pushes.tracking;
  text.field("tracking_total_keys", tracking.table().keys());
  text.field("tracking_total_items", tracking.table().items());
  text.field("tracking_total_prefixes", tracking.prefixes());
  text.field("unexpected_error_replies", 0);
  text.field("total_error_replies", statistics.error_replies());
  text.field("client_output_buffer_limit_disconnections", context.services.net.closed_output_limit.get());
  text.field("total_reads_processed", since.read_turns);
  text.field("total_writes_processed", since.write_turns);
}

void info_commandstats(const InfoContext& context, InfoText& text) {
  for (const FoundCommand& command : CommandTable::instance().all()) {
    const Statistics::CommandTotals totals = context.services.statistics.command_totals(command.index);
    if (totals.calls == 0 && totals.rejected == 0 && totals.failed == 0) continue;
    const double us = static_cast<double>(totals.total_ns) / 1e3;
    const double us_per_call = totals.calls == 0 ? 0 : us / static_cast<double>(totals.calls);
    text.field("cmdstat_" + CommandTable::full_name(command),
               "calls=" + std::to_string(totals.calls) + ",usec=" + std::to_string(totals.total_ns / 1000) +
                   ",usec_per_call=" + decimal_text(us_per_call, 2) + ",rejected_calls=" +
                   std::to_string(totals.rejected) + ",failed_calls=" + std::to_string(totals.failed));
  }
}

void info_errorstats(const InfoContext& context, InfoText& text) {
  for (const auto& [code, count] : context.services.statistics.errors()) {
    text.field("errorstat_" + code, "count=" + std::to_string(count));
  }
}

void info_latencystats(const InfoContext& context, InfoText& text) {
  for (const FoundCommand& command : CommandTable::instance().all()) {
    const HistogramSnapshot latency = context.services.statistics.command_totals(command.index).latency;
    if (latency.count() == 0) continue;
    text.field("latency_percentiles_usec_" + CommandTable::full_name(command),
               "p50=" + microseconds(latency.quantile_ns(0.5)) + ",p99=" + microseconds(latency.quantile_ns(0.99)) +
                   ",p99.9=" + microseconds(latency.quantile_ns(0.999)));
  }
  const HistogramSnapshot lags = loop_lags(context.services.net);
  if (lags.count() > 0) {
    text.field("io_loop_lag_percentiles_usec", "p50=" + microseconds(lags.quantile_ns(0.5)) +
                                                   ",p99=" + microseconds(lags.quantile_ns(0.99)) +
                                                   ",max=" + microseconds(lags.quantile_ns(1)));
  }
  const HoldReport report = context.services.store.holds();
  if (report.holds.count() == 0) return;
  text.field("shard_hold_percentiles_usec", "p50=" + microseconds(report.holds.quantile_ns(0.5)) +
                                                ",p99=" + microseconds(report.holds.quantile_ns(0.99)) +
                                                ",p99.999=" + microseconds(report.holds.quantile_ns(0.99999)) +
                                                ",max=" + microseconds(report.longest_of_all_ns()));
  std::string longest;
  for (std::size_t kind = 0; kind < kHoldKinds; ++kind) {
    if (kind != 0) longest += ',';
    longest += std::string(hold_kind_name(static_cast<HoldKind>(kind))) + "=" + microseconds(report.longest_ns[kind]);
  }
  text.field("shard_hold_max_usec", longest);
}

}  // namespace larder
