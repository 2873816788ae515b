// What a FLUSHALL inside a transaction needs of the system, which is asked for it while no shard is locked: the empty
// logs and indexes that the shards go on with are mapped before the locks are taken, and what was in the shards is
// freed once they are released.
#pragma once

#include <memory>
#include <vector>

#include "larder/store/flushed_contents.h"
#include "larder/store/shard.h"

namespace larder {

struct PreparedFlush {
  std::vector<Shard::Empty> empty;  // one a shard, by its number; none: nothing is prepared, or it was used
  std::vector<std::unique_ptr<FlushedContents>> flushed;
};

}  // namespace larder
