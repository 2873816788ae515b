// The sections of INFO about the process: server, clients, cpu; and those that Redis has and a cache of one node
// answers with constants: persistence, replication, modules, cluster. The constants are there because clients and
// exporters look for them.
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "commands/info.h"
#include "larder/base/version.h"

namespace larder {

namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
// How often the maintenance thread looks after the store, a second.
constexpr int kMaintenanceHz = 10;
// Redis keeps 24 bits of the seconds.
constexpr std::int64_t kLruClockMask = (1 << 24) - 1;

std::string operating_system() {
  utsname name{};
  if (uname(&name) != 0) return "unknown";
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void info_server(const InfoContext& context, InfoText& text) {
  const Services& services = context.services;
  const ServerFacts& facts = services.facts;
  const std::int64_t uptime_s = (context.now.monotonic_ns - facts.started_monotonic_ns) / 1'000'000'000;
  const std::int64_t now_us = services.clock.unix_us();
  text.field("redis_version", kRedisVersion);
  text.field("redis_git_sha1", "00000000");
  text.field("redis_git_dirty", 0);
  text.field("redis_build_id", std::string("larder-") + kVersion);
  text.field("redis_mode", "standalone");
  text.field("larder_version", kVersion);
  text.field("os", operating_system());
  text.field("arch_bits", 8 * sizeof(void*));
  text.field("monotonic_clock", "POSIX clock_gettime");
  text.field("multiplexing_api", "epoll");
  text.field("process_id", getpid());
  text.field("process_supervised", "no");
  text.field("run_id", facts.run_id);
  text.field("tcp_port", facts.tcp_port);
  text.field("server_time_usec", now_us);
  text.field("uptime_in_seconds", uptime_s);
  text.field("uptime_in_days", uptime_s / kSecondsPerDay);
  text.field("hz", kMaintenanceHz);
  text.field("configured_hz", kMaintenanceHz);
  text.field("lru_clock", (now_us / 1'000'000) & kLruClockMask);
  text.field("executable", facts.executable);
  text.field("config_file", facts.config_file);
  text.field("io_threads", facts.io_threads);
  text.field("io_threads_active", facts.io_threads > 1 ? 1 : 0);
  text.field("shards", services.store.shards());
}

void info_clients(const InfoContext& context, InfoText& text) {
  const ClientFigures figures = client_figures(context.clients);
  text.field("connected_clients", figures.clients);
  text.field("cluster_connections", 0);
  text.field("maxclients", context.services.maxclients());
  text.field("client_recent_max_input_buffer", figures.unread_bytes_max);
  text.field("client_recent_max_output_buffer", figures.unsent_bytes_max);
  text.field("blocked_clients", figures.parked);
  text.field("tracking_clients", context.pushes.tracking.clients());
  text.field("clients_in_timeout_table", 0);
}

void info_persistence(const InfoContext&, InfoText& text) {
  text.field("loading", 0);
  text.field("async_loading", 0);
  text.field("rdb_changes_since_last_save", 0);
  text.field("rdb_bgsave_in_progress", 0);
  text.field("rdb_last_save_time", 0);
  text.field("rdb_last_bgsave_status", "ok");
  text.field("rdb_last_bgsave_time_sec", -1);
  text.field("rdb_current_bgsave_time_sec", -1);
  text.field("rdb_saves", 0);
  text.field("rdb_last_cow_size", 0);
  text.field("aof_enabled", 0);
  text.field("aof_rewrite_in_progress", 0);
  text.field("aof_rewrite_scheduled", 0);
  text.field("aof_last_rewrite_time_sec", -1);
  text.field("aof_current_rewrite_time_sec", -1);
  text.field("aof_last_bgrewrite_status", "ok");
  text.field("aof_last_write_status", "ok");
  text.field("aof_last_cow_size", 0);
  text.field("module_fork_in_progress", 0);
  text.field("module_fork_last_cow_size", 0);
}

void info_replication(const InfoContext& context, InfoText& text) {
  text.field("role", "master");
  text.field("connected_slaves", 0);
  text.field("master_failover_state", "no-failover");
  text.field("master_replid", context.services.facts.run_id);
  text.field("master_replid2", std::string(40, '0'));
  text.field("master_repl_offset", 0);
  text.field("second_repl_offset", -1);
  text.field("repl_backlog_active", 0);
  text.field("repl_backlog_size", 0);
  text.field("repl_backlog_first_byte_offset", 0);
  text.field("repl_backlog_histlen", 0);
}

void info_cpu(const InfoContext&, InfoText& text) {
  constexpr int kDigits = 6;
  rusage own{};
  rusage children{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  text.decimal("used_cpu_sys", seconds(own.ru_stime), kDigits);
  text.decimal("used_cpu_user", seconds(own.ru_utime), kDigits);
  text.decimal("used_cpu_sys_children", seconds(children.ru_stime), kDigits);
  text.decimal("used_cpu_user_children", seconds(children.ru_utime), kDigits);
}

// There are none; the title alone says so.
void info_modules(const InfoContext&, InfoText&) {}

void info_cluster(const InfoContext&, InfoText& text) {
  text.field("cluster_enabled", 0);
}

}  // namespace larder
