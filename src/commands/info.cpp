#include "commands/info.h"

#include <algorithm>

#include "commands/sampling.h"
#include "larder/base/text.h"
#include "larder/stats/cache_figures.h"

namespace larder {

namespace {

struct Section {
  std::string_view title;  // its lower case is the section's name
  void (*write)(const InfoContext&, InfoText&);
  bool in_default;
  bool in_all;
};

constexpr Section kSections[] = {
    {"Server", info_server, true, true},
    {"Clients", info_clients, true, true},
    {"Memory", info_memory, true, true},
    {"Persistence", info_persistence, true, true},
    {"Stats", info_stats, true, true},
    {"Replication", info_replication, true, true},
    {"CPU", info_cpu, true, true},
    {"Modules", info_modules, true, false},
    {"Commandstats", info_commandstats, false, true},
    {"Errorstats", info_errorstats, true, true},
    {"Latencystats", info_latencystats, false, true},
    {"Cluster", info_cluster, true, true},
    {"Keyspace", info_keyspace, true, true},
    {"Cache", info_cache, true, true},
    {"Advisor", info_advisor, true, true},
    // Looks at items, so only whoever asks for it has it.
    {"Distributions", info_distributions, false, false},
};

bool wanted(const Section& section, std::span<const std::string_view> names) {
  if (names.empty()) return section.in_default;
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return equals_ignore_case(name, section.title) || equals_ignore_case(name, "everything") ||
           (section.in_all && equals_ignore_case(name, "all")) ||
           (section.in_default && equals_ignore_case(name, "default"));
  });
}

}  // namespace

std::string info_text(const Services& services, const ClientRegistry& clients, const PushServices& pushes,
                      TimeMs now_ms, std::span<const std::string_view> sections) {
  const StoreStats store = services.store.stats();
  const Sample now = take_sample(sample_sources(services), store);
  const InfoContext context{.services = services,
                            .clients = clients,
                            .pushes = pushes,
                            .now_ms = now_ms,
                            .store = store,
                            .now = now,
                            .since_reset = counters_between(services.statistics.reset_mark(), now)};
  InfoText text;
  for (const Section& section : kSections) {
    if (!wanted(section, sections)) continue;
    text.section(section.title);
    section.write(context, text);
  }
  return text.take();
}

ClientFigures client_figures(const ClientRegistry& clients) {
  ClientFigures figures;
  clients.for_each([&](const ClientRecord& record) {
    ++figures.clients;
    if (record.parked.load(std::memory_order_relaxed)) ++figures.parked;
    figures.buffer_bytes += record.transaction_bytes.load(std::memory_order_relaxed);
    if (record.info.gauges == nullptr) return;
    const ConnectionGauges& gauges = *record.info.gauges;
    const std::uint64_t unread = gauges.unread_bytes.load(std::memory_order_relaxed);
    const std::uint64_t unsent = gauges.unsent_bytes.load(std::memory_order_relaxed);
    figures.buffer_bytes += unsent + gauges.buffer_bytes.load(std::memory_order_relaxed);
    figures.unread_bytes_max = std::max(figures.unread_bytes_max, unread);
    figures.unsent_bytes_max = std::max(figures.unsent_bytes_max, unsent);
  });
  return figures;
}

}  // namespace larder
