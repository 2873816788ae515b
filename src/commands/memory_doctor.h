// MEMORY DOCTOR: what the figures of the memory say to an operator, in sentences. A pure function of them.
#pragma once

#include <cstdint>
#include <string>

#include "commands/memory_figures.h"
#include "larder/policy/policy_kind.h"

namespace larder {

struct MemoryCase {
  StoreStats store;
  MemoryFigures figures;
  PolicyKind policy = PolicyKind::kAllKeysLru;
  std::uint64_t buffer_bytes = 0;  // of the connections
};

// One sentence or two for each thing worth a look; one that says so if there is none.
std::string memory_advice(const MemoryCase& memory);

}  // namespace larder
