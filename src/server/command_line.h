// The command line: which action is asked for, and the flags that were given, as names and values. Knows the syntax
// alone; what the values mean is options' business.
#pragma once

#include <string>

#include "larder/base/status.h"
#include "server/options.h"

namespace larder {

enum class Action : unsigned char { kServe, kShowHelp, kShowVersion, kCheckConfig, kHealthcheck };

struct CommandLine {
  Action action = Action::kServe;
  NamedValues flags;
};

// Errors: kInvalidArgument, one line.
Result<CommandLine> parse_command_line(int argc, const char* const* argv);

// All options by group, with defaults and variables, and examples.
std::string help_text();

}  // namespace larder
