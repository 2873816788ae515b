#include "server/address_space.h"

#include <sys/resource.h>

#include <string>

#include "larder/base/memory_range.h"
#include "larder/base/text.h"
#include "larder/store/sharded_store.h"

namespace larder {

namespace {

[[maybe_unused]] std::string obstacle() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    return "the process may have " + format_size(limit.rlim_cur) +
           " (`ulimit -v`, LimitAS=). Lift that limit: `ulimit -v unlimited`, LimitAS=infinity";
  }
  return "the system refuses it, as it does where vm.overcommit_memory is 2. Set that to 0 or 1";
}

}  // namespace

Status check_address_space(std::uint32_t shards) {
#ifdef LARDER_SANITIZED
  static_cast<void>(shards);  // a sanitizer has a map of its own
  return Status::ok();
#else
  const std::size_t bytes = ShardedStore::address_space_bytes(shards);
  if (MemoryRange::can_reserve(bytes)) return Status::ok();
  return Status(StatusCode::kIo, "cannot reserve " + format_size(bytes) +
                                     " of address space, of which only what holds data becomes memory: " + obstacle());
#endif
}

}  // namespace larder
