#include "commands/transaction_room.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "commands/command_docs.h"
#include "larder/base/limits.h"
#include "larder/base/text.h"

namespace larder {

namespace {

// Commands that make a value as long as one of their arguments says, in bytes or in bits.
struct OffsetArgument {
  std::string_view name;
  std::size_t index;
  std::size_t per_byte;
};
constexpr OffsetArgument kOffsets[] = {{"setrange", 2, 1}, {"setbit", 2, 8}};

std::size_t bytes_before_offset(const CommandSpec& spec, const Request& request) {
  for (const OffsetArgument& argument : kOffsets) {
    if (spec.name != argument.name) continue;
    const auto offset = parse_uint64(request[argument.index]);
    const std::uint64_t bytes = offset.value_or(0) / argument.per_byte;
    // One beyond the largest value is refused by the command, and takes nothing.
    return bytes < limits::kValueBytesMax ? static_cast<std::size_t>(bytes) : 0;
  }
  return 0;
}

}  // namespace

std::size_t room_bytes_of(const CommandSpec& spec, const Request& request) {
  if ((spec.flags & kDenyOom) == 0) return 0;
  // A counter grows to what its arguments do not tell.
  constexpr std::size_t kNumberBytes = 32;
  constexpr std::size_t kFieldBytesMax = sizeof(TagHash);
  const Positions keys = key_positions(spec.keys, request.arguments()).value_or(Positions());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::size_t end = i + 1 < keys.size() ? keys[i + 1] : request.size();
    std::size_t value_bytes = kNumberBytes + bytes_before_offset(spec, request);
    // A word may be a tag, or the name of another field.
    for (std::size_t at = keys[i] + 1; at < end; ++at) value_bytes += std::max(request[at].size(), kFieldBytesMax);
    bytes += Shard::item_bytes_max(request[keys[i]].size(), value_bytes);
  }
  return bytes;
}

bool stores_values_of_its_keys(const CommandSpec& spec) {
  return (spec.flags & kDenyOom) != 0 && spec.keys.step == 1 && spec.keys.last != spec.keys.first;
}

bool rewrites_its_value(const CommandSpec& spec) {
  return spec.name == "append" || std::any_of(std::begin(kOffsets), std::end(kOffsets),
                                              [&](const auto& argument) { return spec.name == argument.name; });
}

}  // namespace larder
