// Whether the system lets the process have the address space that its store reserves at the start.
#pragma once

#include <cstdint>

#include "larder/base/status.h"

namespace larder {

// Errors: it does not, with what was asked for, what stands in the way, and what to do.
Status check_address_space(std::uint32_t shards);

}  // namespace larder
