// The one table of options. A row gives the name (flag --name, variable LARDER_NAME, key of the configuration file,
// CONFIG GET), what a value looks like, the default, and whether CONFIG SET may change it. Read only; any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace larder {

enum class OptionType : std::uint8_t {
  kText,         // anything up to `max` bytes
  kSecret,       // the same, never printed by --check-config
  kYesNo,        // yes or no; true and false are understood too
  kInteger,      // min..max
  kAutoInteger,  // auto, or min..max
  kAutoPowerOfTwo,
  kOptionalInteger,  // nothing, or min..max
  kDuration,         // seconds; 10s, 5m, 1h
  kOctal,            // file permissions
  kMemory,           // auto, a size, or a percentage
  kChoice,           // one of `choices`
  kPolicy,           // an eviction policy, see policy/policy_kind.h
  kOutputLimits,     // limits by class of client, see commands/output_limits.h
  kNotifyFlags,      // see commands/notify_flags.h
  kAddresses,        // numeric addresses, or * for all
};

enum class OptionChange : std::uint8_t {
  kAtRuntime,
  kAtStart,
  kNever,  // what clients ask for and is always the same here
};

struct OptionRow {
  std::string_view name = {};
  OptionType type = OptionType::kText;
  std::string_view value_hint = {};    // as --help shows it
  std::string_view default_text = {};  // canonical, see canonical_option()
  OptionChange change = OptionChange::kAtStart;
  std::string_view group = {};  // heading of --help; empty for kNever
  std::string_view help = {};   // one line; for kNever: why it is so
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int32_t>::max();
  std::string_view choices = {};  // separated by ", "
};

std::span<const OptionRow> option_table();
// Null: there is no such option. Case does not matter.
const OptionRow* find_option(std::string_view name);
// "maxmemory-policy" -> "LARDER_MAXMEMORY_POLICY"
std::string option_variable(const OptionRow& row);
// The variables' common prefix: "LARDER_".
inline constexpr std::string_view kOptionVariablePrefix = "LARDER_";

}  // namespace larder
