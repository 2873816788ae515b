// How a client says when a key expires, read in one place for SET, GETEX, SETEX, PSETEX and the EXPIRE family. As with
// every reader of arguments: what answers nothing (or false) has written the error reply.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "commands/caching_options.h"
#include "commands/command.h"
#include "commands/value_condition.h"

namespace larder {

enum class TimeUnit : std::uint8_t { kSeconds, kMilliseconds };
enum class TimeBase : std::uint8_t { kNow, kEpoch };

// A number in the client's words, and what it counts.
struct ExpiryArgument {
  std::string_view text;
  TimeUnit unit = TimeUnit::kSeconds;
  TimeBase base = TimeBase::kNow;
};

// Whether a time that is not after zero is an error (SET) or a time in the past (EXPIRE).
enum class ExpirySign : std::uint8_t { kPositive, kAny };

// The expiry as the store wants it. It may lie in the past, and it may be negative with ExpirySign::kAny: never store
// it then.
std::optional<TimeMs> read_expiry(CommandContext& context, const ExpiryArgument& argument, ExpirySign sign);

// True if an item with this expiry is dead already.
inline bool already_expired(const CommandContext& context, TimeMs expire_at_ms) {
  return expire_at_ms <= context.now_ms;
}

// --- The options of SET, MSETEX and GETEX ---

enum class StringOptionsOf : std::uint8_t { kSet, kMSetEx, kGetEx };

struct StringOptions {
  enum class Expiry : std::uint8_t { kUnsaid, kAt, kKeep, kRemove };
  Expiry expiry = Expiry::kUnsaid;
  ExpiryArgument expire_at;  // with Expiry::kAt; its text is not looked at yet
  Condition condition = Condition::kAlways;
  std::optional<ValueConditionArgument> value_condition = {};
  bool get = false;
  std::unique_ptr<CachingOptions> caching = {};  // null: none was given
};

// The options from argument `first` to the end, in any order.
std::optional<StringOptions> read_string_options(CommandContext& context, std::size_t first, StringOptionsOf command);

// What the store is asked for, the expiry read now. `value_condition` and `get` are left to the command.
std::optional<SetOptions> read_set_options(CommandContext& context, const StringOptions& options);

// --- The conditions of the EXPIRE family ---

struct ExpiryConditions {
  bool if_none = false;     // NX
  bool if_any = false;      // XX
  bool if_later = false;    // GT; no expiry counts as never
  bool if_earlier = false;  // LT

  // Whether an item that now expires at `today_ms` (or kNoExpiry) may be made to expire at `wanted_ms`.
  bool allow(TimeMs today_ms, TimeMs wanted_ms) const;
};

std::optional<ExpiryConditions> read_expiry_conditions(CommandContext& context, std::size_t first);

}  // namespace larder
