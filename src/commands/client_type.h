// The kinds of client that CLIENT LIST and CLIENT KILL select by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "commands/client_registry.h"
#include "commands/command.h"

namespace larder {

// Those that Redis tells apart; masters and replicas there are none.
enum class ClientType : std::uint8_t { kNormal, kMaster, kReplica, kPubSub };

ClientType type_of(const ClientRecord& record);
// The argument at `index`. Nothing: the error was written.
std::optional<ClientType> read_client_type(CommandContext& context, std::size_t index);

}  // namespace larder
