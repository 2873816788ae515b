// How much room EXEC makes before it locks anything: what its commands store if every key is new. Found from their
// arguments alone, so that it is known when they are queued.
#pragma once

#include <cstddef>

#include "commands/command.h"

namespace larder {

// 0 for commands that need none.
std::size_t room_bytes_of(const CommandSpec& spec, const Request& request);

// Whether the command may store what its keys have under one of them, so that their lengths count as well (COPY,
// BITOP).
bool stores_values_of_its_keys(const CommandSpec& spec);

// Whether the command makes a new value beside the one that its key has (APPEND, SETRANGE, SETBIT).
bool rewrites_its_value(const CommandSpec& spec);

}  // namespace larder
