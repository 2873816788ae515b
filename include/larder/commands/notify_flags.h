// The letters of notify-keyspace-events: which events are published (K, E: where; the others: which). Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "larder/base/status.h"

namespace larder {

enum NotifyFlag : std::uint32_t {
  kNotifyKeyspace = 1u << 0,  // K: on the key's channel
  kNotifyKeyevent = 1u << 1,  // E: on the event's channel
  kNotifyGeneric = 1u << 2,   // g: del, expire, rename_from ...
  kNotifyString = 1u << 3,    // $
  kNotifyList = 1u << 4,      // l, s, h, z, t, d: of types that there are not; kept as they were set
  kNotifySet = 1u << 5,
  kNotifyHash = 1u << 6,
  kNotifyZset = 1u << 7,
  kNotifyExpired = 1u << 8,  // x
  kNotifyEvicted = 1u << 9,  // e
  kNotifyStream = 1u << 10,
  kNotifyModule = 1u << 11,
  kNotifyMiss = 1u << 12,  // m: look-ups of keys that are not there
  kNotifyNew = 1u << 13,   // n: keys that were not there before
};

// Errors: kInvalidArgument, in the words of CONFIG SET.
Result<std::uint32_t> parse_notify_flags(std::string_view text);
// As CONFIG GET answers them: one order, A for all that it stands for.
std::string notify_flags_text(std::uint32_t flags);

}  // namespace larder
