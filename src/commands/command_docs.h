// How a row of the command table reads in the replies of COMMAND INFO and COMMAND DOCS. RESP2 and RESP3 shapes as
// Redis 7.0's.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "commands/command.h"
#include "commands/command_table.h"
#include "larder/protocol/reply_writer.h"

namespace larder {

// The ten elements of COMMAND INFO: name, arity, flags, first key, last key, step, ACL categories, tips, key
// specifications, subcommands.
void reply_command_info(ReplyWriter& reply, const FoundCommand& command);

// The map of COMMAND DOCS for one command, without its name.
void reply_command_docs(ReplyWriter& reply, const FoundCommand& command);

// True if the category ("write", without its @) is one of the row's.
bool has_acl_category(const CommandSpec& spec, std::string_view category);

// The positions of the keys among the arguments, the command's name being 0. Nothing: the number of keys that the
// arguments state does not fit.
using Positions = std::vector<std::size_t>;
std::optional<Positions> key_positions(const KeySpec& keys, std::span<const std::string_view> arguments);

}  // namespace larder
