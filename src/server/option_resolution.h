// Puts numbers in the place of `auto` and percentages, from what this machine has.
#pragma once

#include <filesystem>

#include "server/options.h"

namespace larder {

// Afterwards threads, shards and maxmemory are numbers, and their origins say how they were found.
void resolve_options(Options& options, const std::filesystem::path& root = "/");

}  // namespace larder
