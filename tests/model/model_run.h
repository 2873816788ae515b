// The settings of a model run from the environment: LARDER_MODEL_SEED repeats one, LARDER_MODEL_OPERATIONS makes it
// longer.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>

#include "larder/base/text.h"

namespace larder::test {

inline std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* const given = std::getenv(name);
  return given == nullptr ? std::nullopt : parse_uint64(given);
}

inline std::uint64_t seed_of_run() {
  return number_from_environment("LARDER_MODEL_SEED").value_or(std::random_device{}());
}

// Sanitizers make an operation ten times as long.
inline std::uint64_t operations_of_run(std::uint64_t usual) {
#ifdef LARDER_SANITIZED
  usual /= 8;
#endif
  return number_from_environment("LARDER_MODEL_OPERATIONS").value_or(usual);
}

}  // namespace larder::test
