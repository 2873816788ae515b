// The pages of the admin port. Each reads what INFO, SLOWLOG and CLIENT LIST read, and no more often than it is asked.
// The renderers are pure functions; add_pages() joins them with a server's parts. A page of another part is a line in
// add_pages(), or an add() beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "admin/http_router.h"
#include "admin/metrics.h"
#include "larder/advisor/advisor.h"
#include "larder/commands/services.h"

namespace larder {

// What the pages draw on; outlives the router.
struct PageSources {
  const CommandService& commands;
  const Statistics& statistics;
  const Advisor& advisor;
  const SlowLog& slow_log;
  const Clock& clock;
  std::function<bool()> is_ready;
};
void add_pages(HttpRouter& router, const PageSources& sources);

// JSON. `samples`: the oldest first; a second is the difference of two. `now_*`: one moment on both clocks.
std::string stats_json(const InfoFields& info);
std::string series_json(std::span<const Sample> samples, std::int64_t now_monotonic_ns, TimeMs now_ms);
std::string slow_log_json(std::span<const SlowLogEntry> entries);
std::string clients_json(std::span<const ClientFields> clients);
// The report as advice_json() has it, and the sentences of ADVISE.
std::string advisor_json(const AdvisorReport& report);
std::string hot_keys_json(const TrafficReport& report);
std::string prefixes_json(std::span<const PrefixFigures> prefixes);
std::string commands_json(std::span<const CommandReport> commands);

}  // namespace larder
