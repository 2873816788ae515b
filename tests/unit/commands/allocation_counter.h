// How often operator new has been called in this program, which replaces it; not under sanitizers, which bring their
// own.
#pragma once

#include <cstdint>
#include <optional>

namespace larder::test {

// Nothing: not counted.
std::optional<std::uint64_t> allocations_so_far();

}  // namespace larder::test
