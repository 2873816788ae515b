// The handlers behind the string family's table (string_commands.cpp) that live in files of their own.
#pragma once

#include "commands/command.h"

namespace larder {

// counter_commands.cpp
Outcome cmd_incr(CommandContext& context);
Outcome cmd_decr(CommandContext& context);
Outcome cmd_incrby(CommandContext& context);
Outcome cmd_decrby(CommandContext& context);
Outcome cmd_incrbyfloat(CommandContext& context);

// range_commands.cpp
Outcome cmd_append(CommandContext& context);
Outcome cmd_getrange(CommandContext& context);
Outcome cmd_setrange(CommandContext& context);

// lcs_command.cpp
Outcome cmd_lcs(CommandContext& context);

// multi_string_commands.cpp
Outcome cmd_mget(CommandContext& context);
Outcome cmd_mset(CommandContext& context);
Outcome cmd_msetnx(CommandContext& context);
Outcome cmd_msetex(CommandContext& context);

}  // namespace larder
