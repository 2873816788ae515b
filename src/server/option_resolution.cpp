#include "server/option_resolution.h"

#include <algorithm>
#include <string>

#include "larder/base/check.h"
#include "larder/commands/output_limits.h"
#include "larder/store/sharded_store.h"
#include "server/cpu_limit.h"
#include "server/memory_limit.h"

namespace larder {

namespace {

// All classes of clients, those that were not named as they are by default.
void resolve_output_limits(Options& options) {
  constexpr std::string_view kName = "client-output-buffer-limit";
  OutputLimits limits;
  LARDER_CHECK(limits.assign(find_option(kName)->default_text).is_ok());
  LARDER_CHECK(limits.assign(options.text(kName)).is_ok());
  options.resolve(kName, limits.text(), options.origin(kName));
}

}  // namespace

void resolve_options(Options& options, const std::filesystem::path& root) {
  if (options.text("threads") == "auto") {
    const auto most = static_cast<unsigned>(find_option("threads")->max);
    options.resolve("threads", std::to_string(std::min(usable_cores(root), most)),
                    "auto: the cores this process may use");
  }

  const Maxmemory maxmemory =
      resolve_maxmemory(options.text("maxmemory"), options.origin("maxmemory"), memory_base(root));
  options.resolve("maxmemory", std::to_string(maxmemory.bytes), maxmemory.source);

  resolve_output_limits(options);

  if (options.text("shards") == "auto") {
    const std::uint32_t shards = shards_for(maxmemory.bytes, static_cast<std::uint64_t>(options.integer("maxitems")),
                                            static_cast<unsigned>(options.integer("threads")));
    options.resolve("shards", std::to_string(shards), "auto: by maxmemory, maxitems and threads");
  }
}

}  // namespace larder
