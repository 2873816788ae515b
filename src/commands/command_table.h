// The one table of commands: the families' rows joined, each with an index for its statistics. Built once, then read only.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "commands/command.h"

namespace larder {

// A row as it was found: a command, or a subcommand with its container.
struct FoundCommand {
  const CommandSpec* spec = nullptr;       // null: unknown
  const CommandSpec* container = nullptr;  // set for a subcommand
  std::size_t index = 0;                   // for Statistics
  explicit operator bool() const { return spec != nullptr; }
};

class CommandTable {
 public:
  static const CommandTable& instance();

  // Case does not matter. A container whose subcommand is unknown is found with function null.
  FoundCommand find(std::string_view name) const;
  FoundCommand find_subcommand(const CommandSpec& container, std::string_view name) const;
  // All commands, in the order of their names; subcommands under their containers.
  std::span<const FoundCommand> all() const { return commands_; }
  // Commands and subcommands.
  std::size_t size() const { return size_; }
  // "get", or "client|getname".
  static std::string full_name(const FoundCommand& command);

 private:
  CommandTable();
  std::vector<FoundCommand> commands_;
  std::size_t size_ = 0;
  // The implementer completes this part.
};

}  // namespace larder
