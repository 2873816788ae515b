#include "admin/metrics.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

#include "larder/base/text.h"

namespace larder {

namespace {

struct MetricRow {
  std::string_view field;  // of INFO
  std::string_view metric;
  std::string_view type;
  std::string_view help;
  std::string_view label = {};  // rows of one metric follow each other and differ in it; the first one's help counts
  double scale = 1;
};

constexpr std::string_view kCounter = "counter";
constexpr std::string_view kGauge = "gauge";
constexpr double kMicrosecond = 1e-6;

constexpr auto kRows = std::to_array<MetricRow>({
    {"keyspace_hits", "larder_keyspace_hits_total", kCounter, "Keys looked up and found."},
    {"keyspace_misses", "larder_keyspace_misses_total", kCounter, "Keys looked up and not found."},
    {"hit_ratio_1s", "larder_hit_ratio", kGauge, "Hits of all look-ups in the window.", "window=\"1s\""},
    {"hit_ratio_1m", "larder_hit_ratio", kGauge, "", "window=\"1m\""},
    {"hit_ratio_5m", "larder_hit_ratio", kGauge, "", "window=\"5m\""},
    {"hit_ratio_total", "larder_hit_ratio", kGauge, "", "window=\"total\""},
    {"avg_hit_us", "larder_hit_seconds", kGauge, "Mean time of a hit in the last minute.", {}, kMicrosecond},
    {"avg_load_us",
     "larder_load_seconds",
     kGauge,
     "Mean time from a miss to its refill in the last minute.",
     {},
     kMicrosecond},
    {"avg_access_us", "larder_access_seconds", kGauge, "Average access time in the last minute.", {}, kMicrosecond},
    {"total_commands_processed", "larder_requests_total", kCounter, "Requests executed."},
    {"evicted_keys", "larder_evicted_keys_total", kCounter, "Keys removed to make room."},
    {"expired_keys", "larder_expired_keys_total", kCounter, "Keys removed since their time had come."},
    {"evicted_age_s", "larder_evicted_age_seconds", kGauge,
     "Mean time since the last use of the keys evicted in the last minute."},
    {"items", "larder_items", kGauge, "Items held."},
    {"maxitems", "larder_items_max", kGauge, "Items held at most; 0 without a limit."},
    {"used_memory", "larder_memory_used_bytes", kGauge, "Memory that counts towards the limit."},
    {"maxmemory", "larder_memory_max_bytes", kGauge, "The limit of memory; 0 without one."},
    {"used_memory_peak", "larder_memory_peak_bytes", kGauge, "The most memory that was ever used."},
    {"memory_utilization", "larder_memory_utilization_ratio", kGauge, "Used memory by its limit."},
    {"data_utilization", "larder_data_utilization_ratio", kGauge, "Live keys and values by the limit of memory."},
    {"data_bytes", "larder_data_bytes", kGauge, "Live keys and values."},
    {"used_items_bytes", "larder_memory_part_bytes", kGauge, "Used memory by what it holds.", "part=\"items\""},
    {"used_blobs_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"blobs\""},
    {"used_index_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"index\""},
    {"used_policy_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"policy\""},
    {"used_leases_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"leases\""},
    {"used_tags_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"tags\""},
    {"used_overhead_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"overhead\""},
    {"used_slack_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"slack\""},
    {"used_receiving_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"receiving\""},
    {"pinned_bytes", "larder_memory_part_bytes", kGauge, "", "part=\"pinned\""},
    {"appended_bytes", "larder_log_appended_bytes_total", kCounter, "Records written to the log."},
    {"moved_bytes", "larder_log_moved_bytes_total", kCounter, "Records moved by compaction."},
    {"buffers_bytes", "larder_client_buffers_bytes", kGauge, "Buffers of connections, beside the used memory."},
    {"queued_push_bytes", "larder_push_queue_bytes", kGauge, "Messages and invalidations on their way to clients."},
    {"tracking_bytes", "larder_tracking_bytes", kGauge, "The table of keys that clients track."},
    {"tracking_total_keys", "larder_tracking_keys", kGauge, "Keys that clients track."},
    {"pubsub_channels", "larder_pubsub_channels", kGauge, "Channels with subscribers."},
    {"leases_granted", "larder_leases_granted_total", kCounter, "Clients told to refresh an item."},
    {"leases_refused", "larder_leases_refused_total", kCounter, "Refreshed items that came too late."},
    {"tags_deleted", "larder_tags_deleted_total", kCounter, "Tags deleted."},
    {"tags_dropped", "larder_tags_forgotten_total", kCounter, "Deleted tags that had to be forgotten."},
    {"items_invalidated", "larder_items_invalidated_total", kCounter,
     "Items reclaimed after a tag of theirs was deleted."},
    {"connected_clients", "larder_clients", kGauge, "Clients connected."},
    {"maxclients", "larder_clients_max", kGauge, "Clients served at most."},
    {"blocked_clients", "larder_clients_blocked", kGauge, "Clients that wait for an answer."},
    {"total_connections_received", "larder_connections_accepted_total", kCounter, "Connections accepted."},
    {"rejected_connections", "larder_connections_rejected_total", kCounter, "Connections refused: maxclients."},
    {"closed_idle", "larder_connections_closed_total", kCounter, "Connections the server closed, by reason.",
     "reason=\"idle\""},
    {"closed_output_limit", "larder_connections_closed_total", kCounter, "", "reason=\"output_limit\""},
    {"closed_receive_stall", "larder_connections_closed_total", kCounter, "", "reason=\"receive_stall\""},
    {"accept_errors", "larder_accept_errors_total", kCounter, "Connections the system refused to hand over."},
    {"total_net_input_bytes", "larder_received_bytes_total", kCounter, "Bytes received from clients."},
    {"total_net_output_bytes", "larder_sent_bytes_total", kCounter, "Bytes sent to clients."},
    {"used_cpu_user", "larder_cpu_seconds_total", kCounter, "Processor time, by mode.", "mode=\"user\""},
    {"used_cpu_sys", "larder_cpu_seconds_total", kCounter, "", "mode=\"system\""},
    {"uptime_in_seconds", "larder_uptime_seconds", kGauge, "Time since the start."},
    {"used_memory_rss", "process_resident_memory_bytes", kGauge, "Resident memory of the process."},
});

std::string scaled(const std::string& value, double scale) {
  // As it is where it can be: counters have more digits than a double.
  if (scale == 1) return value;
  return fmt::format("{}", parse_double(value).value_or(0) * scale);
}

void heading(std::string& text, std::string_view metric, std::string_view type, std::string_view help) {
  text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", metric, help, metric, type);
}

// What `name` is in "keys=3,expires=0"; 0 if it is not there.
std::string_view part_of(std::string_view value, std::string_view name) {
  while (!value.empty()) {
    const std::string_view part = value.substr(0, value.find(','));
    value.remove_prefix(std::min(part.size() + 1, value.size()));
    if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) return part.substr(name.size() + 1);
  }
  return "0";
}

// A metric with a label that the fields of INFO which begin with `prefix` differ in.
struct FamilyRow {
  std::string_view prefix;
  std::string_view part;
  std::string_view metric;
  std::string_view type;
  std::string_view help;
  std::string_view label;
};

constexpr auto kFamilies = std::to_array<FamilyRow>({
    {"errorstat_", "count", "larder_error_replies_total", kCounter, "Requests answered by an error.", "code"},
    {"db", "keys", "larder_database_keys", kGauge, "Keys in each database that has some.", "database"},
    {"db", "expires", "larder_database_expiring_keys", kGauge, "Keys with an expiry.", "database"},
});

void write_family(std::string& text, const InfoFields& info, const FamilyRow& row) {
  bool begun = false;
  for (auto field = info.lower_bound(row.prefix); field != info.end() && field->first.starts_with(row.prefix);
       ++field) {
    if (!begun) heading(text, row.metric, row.type, row.help);
    begun = true;
    text += fmt::format("{}{{{}=\"{}\"}} {}\n", row.metric, row.label, field->first.substr(row.prefix.size()),
                        part_of(field->second, row.part));
  }
}

// Bounds of the latency histogram in powers of two, 1 us to 17 s, each the exact end of a bucket of Histogram.
constexpr int kFirstBoundBits = 10;
constexpr int kLastBoundBits = 34;

void command_histogram(std::string& text, const CommandReport& command) {
  const HistogramSnapshot& latency = command.totals.latency;
  std::uint64_t below = 0;
  std::size_t bucket = 0;
  for (int bits = kFirstBoundBits; bits <= kLastBoundBits; ++bits) {
    const std::int64_t bound_ns = (std::int64_t{1} << bits) - 1;
    for (; bucket < kHistogramBuckets && Histogram::bucket_upper_ns(bucket) <= bound_ns; ++bucket) {
      below += latency.bucket(bucket);
    }
    text += fmt::format("larder_command_duration_seconds_bucket{{command=\"{}\",le=\"{}\"}} {}\n", command.name,
                        static_cast<double>(bound_ns) / 1e9, below);
  }
  text += fmt::format(
      "larder_command_duration_seconds_bucket{{command=\"{0}\",le=\"+Inf\"}} {1}\n"
      "larder_command_duration_seconds_sum{{command=\"{0}\"}} {2}\n"
      "larder_command_duration_seconds_count{{command=\"{0}\"}} {1}\n",
      command.name, latency.count(), static_cast<double>(command.totals.total_ns) / 1e9);
}

void write_commands(std::string& text, std::span<const CommandReport> commands) {
  if (commands.empty()) return;
  heading(text, "larder_command_duration_seconds", "histogram", "Time of the executed commands.");
  for (const CommandReport& command : commands) command_histogram(text, command);
  heading(text, "larder_command_rejected_total", kCounter, "Commands refused before execution.");
  for (const CommandReport& command : commands) {
    text += fmt::format("larder_command_rejected_total{{command=\"{}\"}} {}\n", command.name, command.totals.rejected);
  }
  heading(text, "larder_command_failed_total", kCounter, "Commands executed and answered by an error.");
  for (const CommandReport& command : commands) {
    text += fmt::format("larder_command_failed_total{{command=\"{}\"}} {}\n", command.name, command.totals.failed);
  }
}

}  // namespace

InfoFields parse_info(std::string_view info) {
  InfoFields fields;
  while (!info.empty()) {
    const std::size_t end = std::min(info.find("\r\n"), info.size());
    const std::string_view line = info.substr(0, end);
    info.remove_prefix(std::min(end + 2, info.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) fields.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

std::string metrics_text(const InfoFields& info, std::span<const CommandReport> commands) {
  std::string text;
  if (const auto version = info.find("larder_version"); version != info.end()) {
    heading(text, "larder_build_info", kGauge, "Always 1; which version runs.");
    text += fmt::format("larder_build_info{{version=\"{}\"}} 1\n", version->second);
  }
  std::string_view begun;
  for (const MetricRow& row : kRows) {
    const auto found = info.find(row.field);
    if (found == info.end()) continue;
    if (row.metric != begun) heading(text, row.metric, row.type, row.help);
    begun = row.metric;
    text += row.metric;
    if (!row.label.empty()) text.append("{").append(row.label).append("}");
    text.append(" ").append(scaled(found->second, row.scale)).append("\n");
  }
  for (const FamilyRow& row : kFamilies) write_family(text, info, row);
  write_commands(text, commands);
  return text;
}

}  // namespace larder
