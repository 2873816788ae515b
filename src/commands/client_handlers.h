// The handlers behind CLIENT's table (client_commands.cpp) that live in a file of their own, tracking_commands.cpp.
#pragma once

#include "commands/command.h"

namespace larder {

Outcome cmd_client_caching(CommandContext& context);
Outcome cmd_client_getredir(CommandContext& context);
Outcome cmd_client_tracking(CommandContext& context);
Outcome cmd_client_trackinginfo(CommandContext& context);

}  // namespace larder
