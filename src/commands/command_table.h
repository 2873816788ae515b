// The one table of commands: the families' rows joined, each with an index for its statistics. Built once, then read
// only, by any thread.
//
// STRUCTURE: `commands_` holds every command in the order of the names, each directly followed by its subcommands; the
// position there is the index. `slots_` is an open-addressing table (linear probing, at most a quarter full) over the
// hash of the name in lower case, seeded by the container for subcommands, so that a look-up of either costs one hash
// and about one comparison and allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
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

  // Case does not matter.
  FoundCommand find(std::string_view name) const;
  FoundCommand find_subcommand(const CommandSpec& container, std::string_view name) const;
  // "get", "client|getname".
  FoundCommand find_full_name(std::string_view name) const;

  // Every command in the order of the names, each followed by its subcommands (those have `container` set). The
  // position is the index, so all()[i].index == i.
  std::span<const FoundCommand> all() const { return commands_; }
  // Commands and subcommands.
  std::size_t size() const { return commands_.size(); }
  // "get", or "client|getname".
  static std::string full_name(const FoundCommand& command);

 private:
  CommandTable();
  void insert(const FoundCommand& command);
  FoundCommand look_up(const CommandSpec* container, std::string_view name) const;

  static constexpr std::uint16_t kFreeSlot = 0xffff;

  std::vector<FoundCommand> commands_;
  std::vector<std::uint16_t> slots_;  // an index into commands_, or kFreeSlot
};

}  // namespace larder
