// What a load did, for people and for programs. Pure functions.
#pragma once

#include <string>

#include "tools/bench/load.h"
#include "tools/bench/options.h"

namespace larder::bench {

std::string report_text(const LoadOptions& options, const LoadResult& result);
// One object; its fields are described in docs/OPERATIONS.md.
std::string report_json(const LoadOptions& options, const LoadResult& result);

}  // namespace larder::bench
