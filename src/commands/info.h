// INFO: what the server tells about itself, by section. Names and formats of the sections that Redis has are
// Redis 7.0's, as far as there is something true to say; `# Cache` is ours (docs/OPERATIONS.md). The sections are rows
// of one table.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "commands/client_registry.h"
#include "commands/info_text.h"
#include "commands/push_services.h"
#include "larder/commands/services.h"
#include "larder/stats/time_series.h"

namespace larder {

// What the sections draw on, read once for all of them.
struct InfoContext {
  const Services& services;
  const ClientRegistry& clients;
  const PushServices& pushes;
  TimeMs now_ms;
  StoreStats store;
  Sample now;          // counters since start
  Sample since_reset;  // counters since CONFIG RESETSTAT
};

// The sections named, each once, in the table's order; none named: the default ones. "all" leaves out modules,
// "everything" nothing. Names nobody knows are passed over. Case does not matter.
std::string info_text(const Services& services, const ClientRegistry& clients, const PushServices& pushes,
                      TimeMs now_ms, std::span<const std::string_view> sections);

// Sums over the clients as they are.
struct ClientFigures {
  std::uint64_t clients = 0;
  std::uint64_t parked = 0;
  std::uint64_t buffer_bytes = 0;  // received, queued and unsent bytes, and what is held for them
  std::uint64_t unread_bytes_max = 0;
  std::uint64_t unsent_bytes_max = 0;
};
ClientFigures client_figures(const ClientRegistry& clients);

// --- The writers of the sections ---
void info_server(const InfoContext& context, InfoText& text);
void info_clients(const InfoContext& context, InfoText& text);
void info_memory(const InfoContext& context, InfoText& text);
void info_persistence(const InfoContext& context, InfoText& text);
void info_stats(const InfoContext& context, InfoText& text);
void info_replication(const InfoContext& context, InfoText& text);
void info_cpu(const InfoContext& context, InfoText& text);
void info_modules(const InfoContext& context, InfoText& text);
void info_commandstats(const InfoContext& context, InfoText& text);
void info_errorstats(const InfoContext& context, InfoText& text);
void info_latencystats(const InfoContext& context, InfoText& text);
void info_cluster(const InfoContext& context, InfoText& text);
void info_keyspace(const InfoContext& context, InfoText& text);
void info_cache(const InfoContext& context, InfoText& text);
void info_distributions(const InfoContext& context, InfoText& text);
void info_advisor(const InfoContext& context, InfoText& text);

}  // namespace larder
