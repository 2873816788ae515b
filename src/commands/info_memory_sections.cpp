// The sections of INFO about what is stored: memory, keyspace, and ours, cache.
#include <unistd.h>

#include "commands/info.h"
#include "commands/memory_figures.h"
#include "larder/policy/policy_kind.h"
#include "larder/stats/cache_figures.h"

namespace larder {

namespace {

constexpr int kRatioDigits = 4;
constexpr int kMicrosecondDigits = 3;
constexpr int kRateDigits = 2;

std::uint64_t page_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t system_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page_bytes();
}

std::string percent(double ratio) {
  return decimal_text(100 * ratio, 2) + "%";
}

void write_ratios(InfoText& text, std::string_view window, const WindowFigures& figures) {
  text.decimal("hit_ratio_" + std::string(window), figures.hit_ratio, kRatioDigits);
  text.decimal("miss_ratio_" + std::string(window), figures.miss_ratio, kRatioDigits);
}

}  // namespace

void info_memory(const InfoContext& context, InfoText& text) {
  const StoreStats& store = context.store;
  const MemoryFigures memory = memory_figures(store);
  text.size("used_memory", memory.used_bytes);
  text.size("used_memory_rss", memory.resident_bytes);
  text.size("used_memory_peak", store.peak_bytes);
  text.field("used_memory_peak_perc", percent(fraction(memory.used_bytes, store.peak_bytes)));
  text.field("used_memory_overhead", memory.overhead_bytes);
  text.field("used_memory_startup", memory.startup_bytes);
  text.field("used_memory_dataset", memory.data_bytes);
  text.field("used_memory_dataset_perc", percent(memory.data_share));
  text.field("allocator_allocated", memory.used_bytes);
  text.field("allocator_active", memory.committed_bytes);
  text.size("total_system_memory", system_bytes());
  text.size("used_memory_lua", 0);
  text.size("used_memory_scripts", 0);
  text.field("number_of_cached_scripts", 0);
  text.field("number_of_functions", 0);
  text.field("number_of_libraries", 0);
  text.size("maxmemory", store.maxmemory_bytes);
  text.field("maxmemory_policy", policy_name(context.services.store.policy()));
  text.decimal("allocator_frag_ratio", fraction(memory.committed_bytes, memory.used_bytes), 2);
  text.field("allocator_frag_bytes", difference(memory.committed_bytes, memory.used_bytes));
  text.decimal("rss_overhead_ratio", fraction(memory.resident_bytes, memory.committed_bytes), 2);
  text.field("rss_overhead_bytes", difference(memory.resident_bytes, memory.committed_bytes));
  text.decimal("mem_fragmentation_ratio", memory.fragmentation_ratio, 2);
  text.field("mem_fragmentation_bytes", difference(memory.resident_bytes, memory.used_bytes));
  text.field("mem_not_counted_for_evict", 0);
  text.field("mem_replication_backlog", 0);
  text.field("mem_total_replication_buffers", 0);
  text.field("mem_clients_slaves", 0);
  text.field("mem_clients_normal", client_figures(context.clients).buffer_bytes + context.pushes.queued_bytes.get());
  text.field("mem_cluster_links", 0);
  text.field("mem_aof_buffer", 0);
  text.field("mem_allocator", "libc");
  text.field("active_defrag_running", 0);
}

void info_keyspace(const InfoContext& context, InfoText& text) {
  ShardedStore& store = context.services.store;
  for (int number = 0; number < store.databases(); ++number) {
    const DatabaseStats stats = store.database_stats(static_cast<Database>(number), context.now_ms);
    if (stats.keys == 0) continue;
    text.field("db" + std::to_string(number), "keys=" + std::to_string(stats.keys) +
                                                  ",expires=" + std::to_string(stats.keys_with_expiry) +
                                                  ",avg_ttl=" + std::to_string(stats.average_ttl_ms));
  }
}

void info_cache(const InfoContext& context, InfoText& text) {
  const Statistics& statistics = context.services.statistics;
  const NetCounters& net = context.services.net;
  const StoreStats& store = context.store;
  const WindowFigures minute = figures_of_last(statistics.series(), 60);

  write_ratios(text, "1s", figures_of_last(statistics.series(), 1));
  write_ratios(text, "1m", minute);
  write_ratios(text, "5m", figures_of_last(statistics.series(), 300));
  write_ratios(text, "total", figures_between(statistics.reset_mark(), context.now));
  text.decimal("memory_utilization", memory_utilization(store.used_bytes, store.maxmemory_bytes), kRatioDigits);
  text.decimal("data_utilization", memory_utilization(store.total.data_bytes, store.maxmemory_bytes), kRatioDigits);
  text.decimal("avg_hit_us", minute.hit_us, kMicrosecondDigits);
  text.decimal("avg_load_us", minute.load_us, kMicrosecondDigits);
  text.decimal("avg_access_us", minute.access_us, kMicrosecondDigits);
  text.decimal("evicted_per_s", minute.evicted_per_s, kRateDigits);
  text.decimal("expired_per_s", minute.expired_per_s, kRateDigits);
  text.decimal("evicted_age_s", minute.evicted_age_s, kRateDigits);
  text.field("items", store.total.items);
  text.field("maxitems", store.maxitems);
  text.field("data_bytes", store.total.data_bytes);
  text.field("used_items_bytes", store.total.item_bytes);
  text.field("used_blobs_bytes", store.total.blob_bytes);
  text.field("used_index_bytes", store.total.index_bytes);
  text.field("used_policy_bytes", store.total.policy_bytes);
  text.field("used_leases_bytes", store.total.lease_bytes);
  text.field("used_tags_bytes", store.total.tag_bytes);
  text.field("used_overhead_bytes", store.total.overhead_bytes);
  text.field("used_slack_bytes", store.total.slack_bytes);
  text.field("used_receiving_bytes", store.receiving_bytes);
  text.field("pinned_bytes", store.pinned_bytes);
  text.field("log_bytes", store.total.log_bytes);
  text.field("appended_bytes", store.total.appended_bytes);
  text.field("moved_bytes", store.total.moved_bytes);
  text.field("warm_bytes", store.warm_bytes);
  text.field("dead_bytes", store.total.dead_bytes);
  text.field("items_tagged", store.total.items_tagged);
  text.field("items_invalidated", store.total.invalidated);
  text.field("tags_deleted", store.tags.deleted);
  text.field("tags_known", store.tags.known);
  text.field("tags_dropped", store.tags.dropped);
  text.field("leases", store.total.leases);
  text.field("leases_granted", store.total.leases_granted);
  text.field("leases_refused", store.total.leases_refused);
  text.field("buffers_bytes", client_figures(context.clients).buffer_bytes);
  text.field("queued_push_bytes", context.pushes.queued_bytes.get());
  text.field("tracking_bytes", context.pushes.tracking.table().bytes());
  text.field("sample_bytes", context.services.statistics.sample_bytes());
  text.field("subscriptions_bytes", context.pushes.channels.bytes());
  text.field("receiving_bytes", net.receiving_bytes_now.get());
  text.field("closed_idle", net.closed_idle.get());
  text.field("closed_output_limit", net.closed_output_limit.get());
  text.field("closed_receive_stall", net.closed_receive_stall.get());
  text.field("accept_errors", net.accept_errors.get());
  text.field("maxmemory_source", context.services.facts.maxmemory_source);
}

}  // namespace larder
