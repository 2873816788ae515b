// The configuration file: TOML, one `name = value` a line, no sections. Parsed by CLI11; what that parser would quietly
// misread (a '#' inside quotes, an unclosed quote) is dealt with before it.
#pragma once

#include <string>

#include "larder/base/status.h"
#include "server/options.h"

namespace larder {

// The items in the file's order; the elements of an array joined by spaces. Errors: kIo if the file cannot be read,
// kInvalidArgument for what is not an item. The message is one line with the path.
Result<NamedValues> read_options_file(const std::string& path);

}  // namespace larder
