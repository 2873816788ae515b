// The page /metrics: what INFO says, in Prometheus' text format, with its names and units (seconds, bytes, _total for
// what only grows). Which field becomes which metric is one table, so that both always say the same. Pure functions.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "larder/commands/command_service.h"

namespace larder {

// Fields of INFO by name; the titles are left out.
using InfoFields = std::map<std::string, std::string, std::less<>>;
InfoFields parse_info(std::string_view info);

// Fields that are not there have no metric. `commands`: a histogram of durations each.
std::string metrics_text(const InfoFields& info, std::span<const CommandReport> commands);

}  // namespace larder
