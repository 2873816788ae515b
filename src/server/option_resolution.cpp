#include "server/option_resolution.h"

#include <algorithm>
#include <string>

#include "larder/store/sharded_store.h"
#include "server/cpu_limit.h"
#include "server/memory_limit.h"

namespace larder {

void resolve_options(Options& options, const std::filesystem::path& root) {
  if (options.text("threads") == "auto") {
    const auto most = static_cast<unsigned>(find_option("threads")->max);
    options.resolve("threads", std::to_string(std::min(usable_cores(root), most)),
                    "auto: the cores this process may use");
  }

  const Maxmemory maxmemory =
      resolve_maxmemory(options.text("maxmemory"), options.origin("maxmemory"), memory_base(root));
  options.resolve("maxmemory", std::to_string(maxmemory.bytes), maxmemory.source);

  if (options.text("shards") == "auto") {
    const std::uint32_t shards = shards_for(maxmemory.bytes, static_cast<std::uint64_t>(options.integer("maxitems")),
                                            static_cast<unsigned>(options.integer("threads")));
    options.resolve("shards", std::to_string(shards), "auto: by maxmemory, maxitems and threads");
  }
}

}  // namespace larder
