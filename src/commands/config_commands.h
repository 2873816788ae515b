// The subcommands of CONFIG, for its row in server_commands().
#pragma once

#include <span>

#include "commands/command.h"

namespace larder {

std::span<const CommandSpec> config_subcommands();

}  // namespace larder
