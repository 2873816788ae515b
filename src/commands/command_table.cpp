#include "commands/command_table.h"

#include <algorithm>
#include <array>
#include <bit>

#include "larder/base/check.h"
#include "larder/base/hash.h"
#include "larder/base/text.h"
#include "larder/commands/command_service.h"

namespace larder {

namespace {

constexpr std::array kFamilies = {connection_commands, client_commands,      introspection_commands, server_commands,
                                  debug_commands,      string_commands,      key_commands,           expiry_commands,
                                  scan_commands,       object_commands,      memory_commands,        bit_commands,
                                  transfer_commands,   conditional_commands, transaction_commands,   value_ttl_commands,
                                  prefix_commands,     observation_commands, caching_commands,       pubsub_commands,
                                  traffic_commands,    latency_commands,     advise_commands};

constexpr std::size_t kSlotsPerCommand = 4;

// FNV-1a (Fowler, Noll, Vo) over the bytes with bit 0x20 set, which folds the case of letters; other bytes that fall
// together are told apart by the comparison that follows.
std::size_t hash_name(const CommandSpec* container, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ reinterpret_cast<std::uintptr_t>(container);
  for (const char c : name) {
    hash = (hash ^ (static_cast<unsigned char>(c) | 0x20U)) * 0x100000001b3ULL;
  }
  return static_cast<std::size_t>(mix_bits(hash));
}

bool by_name(const CommandSpec* a, const CommandSpec* b) {
  return a->name < b->name;
}

}  // namespace

const CommandTable& CommandTable::instance() {
  static const CommandTable table;
  return table;
}

CommandTable::CommandTable() {
  std::vector<const CommandSpec*> rows;
  for (const auto family : kFamilies) {
    for (const CommandSpec& row : family()) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), by_name);
  for (const CommandSpec* row : rows) {
    commands_.push_back({row, nullptr, commands_.size()});
    std::vector<const CommandSpec*> subcommands;
    for (const CommandSpec& subcommand : row->subcommands) subcommands.push_back(&subcommand);
    std::sort(subcommands.begin(), subcommands.end(), by_name);
    for (const CommandSpec* subcommand : subcommands) commands_.push_back({subcommand, row, commands_.size()});
  }
  slots_.assign(std::bit_ceil(commands_.size() * kSlotsPerCommand), kFreeSlot);
  for (const FoundCommand& command : commands_) insert(command);
}

void CommandTable::insert(const FoundCommand& command) {
  LARDER_CHECK(command.index < kFreeSlot);
  std::size_t slot = hash_name(command.container, command.spec->name) & (slots_.size() - 1);
  while (slots_[slot] != kFreeSlot) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = static_cast<std::uint16_t>(command.index);
}

FoundCommand CommandTable::look_up(const CommandSpec* container, std::string_view name) const {
  std::size_t slot = hash_name(container, name) & (slots_.size() - 1);
  for (; slots_[slot] != kFreeSlot; slot = (slot + 1) & (slots_.size() - 1)) {
    const FoundCommand& command = commands_[slots_[slot]];
    if (command.container == container && equals_ignore_case(command.spec->name, name)) return command;
  }
  return {};
}

FoundCommand CommandTable::find(std::string_view name) const {
  return look_up(nullptr, name);
}

FoundCommand CommandTable::find_subcommand(const CommandSpec& container, std::string_view name) const {
  return look_up(&container, name);
}

FoundCommand CommandTable::find_full_name(std::string_view name) const {
  const std::size_t bar = name.find('|');
  const FoundCommand command = find(name.substr(0, bar));
  if (!command || bar == std::string_view::npos) return command;
  return find_subcommand(*command.spec, name.substr(bar + 1));
}

std::string CommandTable::full_name(const FoundCommand& command) {
  std::string name;
  if (command.container != nullptr) name = std::string(command.container->name) + "|";
  name += command.spec->name;
  return name;
}

std::size_t command_count() {
  return CommandTable::instance().size();
}

}  // namespace larder
