// What clients say about themselves (name, library) and how a client looks in CLIENT LIST.
#pragma once

#include <string>
#include <string_view>

#include "commands/client_registry.h"
#include "larder/commands/command_service.h"

namespace larder {

inline constexpr std::string_view kBadClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

// Printable ASCII without blanks, so that a line of CLIENT LIST stays a line of fields. Empty is fine.
bool is_client_field(std::string_view text);
void set_client_name(ClientRecord& record, std::string_view name);

// The fields of CLIENT LIST: Redis 7.0's and, as Redis 7.2 has them, lib-name and lib-ver. Fields that have no meaning
// here carry the value Redis shows for "none".
ClientFields client_fields(const ClientRecord& record, TimeMs now_ms);
// One line of CLIENT LIST, with its newline.
std::string client_line(const ClientRecord& record, TimeMs now_ms);

}  // namespace larder
