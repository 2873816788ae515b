// Which arguments of a command are secrets, so that neither SLOWLOG nor MONITOR tells them.
#pragma once

#include <cstddef>
#include <string_view>

#include "commands/command_table.h"
#include "larder/commands/services.h"
#include "larder/protocol/request.h"

namespace larder {

// What is shown in place of one.
inline constexpr std::string_view kRedacted = "(redacted)";

bool is_secret(const FoundCommand& command, const Request& request, std::size_t index, const RuntimeConfig& config);

}  // namespace larder
