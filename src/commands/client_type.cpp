#include "commands/client_type.h"

#include <string>
#include <string_view>

#include "commands/arguments.h"
#include "larder/base/text.h"

namespace larder {

namespace {

std::optional<ClientType> parse_client_type(std::string_view name) {
  if (equals_ignore_case(name, "normal")) return ClientType::kNormal;
  if (equals_ignore_case(name, "master")) return ClientType::kMaster;
  if (equals_ignore_case(name, "replica") || equals_ignore_case(name, "slave")) return ClientType::kReplica;
  if (equals_ignore_case(name, "pubsub")) return ClientType::kPubSub;
  return {};
}

}  // namespace

ClientType type_of(const ClientRecord& record) {
  return record.is_subscriber() ? ClientType::kPubSub : ClientType::kNormal;
}

std::optional<ClientType> read_client_type(CommandContext& context, std::size_t index) {
  const std::string_view name = context.arg(index);
  const auto type = parse_client_type(name);
  // As Redis shows it: up to a zero byte.
  if (!type) context.reply.error("ERR Unknown client type '" + std::string(name.substr(0, name.find('\0'))) + "'");
  return type;
}

}  // namespace larder
