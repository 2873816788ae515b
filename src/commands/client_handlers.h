// The handlers behind CLIENT's table (client_commands.cpp) that live in files of their own.
#pragma once

#include "commands/command.h"

namespace larder {

// client_control_commands.cpp
Outcome cmd_client_kill(CommandContext& context);
Outcome cmd_client_pause(CommandContext& context);
Outcome cmd_client_unpause(CommandContext& context);
Outcome cmd_client_unblock(CommandContext& context);

// tracking_commands.cpp
Outcome cmd_client_caching(CommandContext& context);
Outcome cmd_client_getredir(CommandContext& context);
Outcome cmd_client_tracking(CommandContext& context);
Outcome cmd_client_trackinginfo(CommandContext& context);

}  // namespace larder
