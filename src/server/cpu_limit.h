// The number of cores this process may use: what the scheduler's affinity mask allows, less where a control group
// grants a smaller quota of processor time. `root` is "/" but for tests.
#pragma once

#include <filesystem>
#include <optional>

namespace larder {

// At least 1.
unsigned usable_cores(const std::filesystem::path& root = "/");

// The smallest quota of the control groups in cores; nothing if there is none.
std::optional<double> cpu_quota(const std::filesystem::path& root);

}  // namespace larder
