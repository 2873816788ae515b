// A line of MONITOR: when, who, and the command with its arguments in quotes.
#pragma once

#include <string>

#include "commands/client_registry.h"
#include "commands/command_table.h"
#include "larder/commands/services.h"
#include "larder/protocol/request.h"

namespace larder {

// Of a command that was executed just now.
struct MonitoredCommand {
  const FoundCommand& command;
  const Request& request;
  const ClientRecord& client;
  std::int64_t unix_us = 0;
};

// Appends it as a simple string. Secrets are left out; what is long is cut.
void append_monitor_line(std::string& lines, const MonitoredCommand& monitored, const RuntimeConfig& config);

}  // namespace larder
