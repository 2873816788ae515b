#include "server/memory_limit.h"

#include <fstream>
#include <limits>

#include "larder/base/text.h"
#include "server/cgroup.h"
#include "server/option_value.h"

namespace larder {

namespace {

constexpr std::uint64_t kPercentOfCgroup = 75;
constexpr std::uint64_t kPercentOfRam = 25;

std::uint64_t ram_bytes(const std::filesystem::path& root) {
  std::ifstream file(root / "proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    const auto words = split_words(line, " \t");
    if (words.size() >= 2 && words[0] == "MemTotal:") return parse_uint64(words[1]).value_or(0) * 1024;
  }
  return 0;
}

std::uint64_t percent_of(std::uint64_t bytes, std::uint64_t percent) {
  return bytes / 100 * percent;
}

}  // namespace

MemoryBase memory_base(const std::filesystem::path& root) {
  const std::uint64_t ram = ram_bytes(root);
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  // "max" (v2) does not parse; v1 writes a number beyond any RAM where there is no limit.
  for (const CgroupValue& value :
       read_cgroups(root, {.v2 = "memory.max", .v1_controller = "memory", .v1 = "memory.limit_in_bytes"})) {
    limit = std::min(limit, parse_uint64(value.text).value_or(limit));
  }
  if (limit < ram || (ram == 0 && limit < std::numeric_limits<std::int64_t>::max() / 2)) {
    return {.bytes = limit, .limited = true, .name = "the cgroup limit of " + format_size(limit)};
  }
  return {.bytes = ram, .limited = false, .name = format_size(ram) + " of RAM"};
}

Maxmemory resolve_maxmemory(std::string_view canonical, std::string_view origin, const MemoryBase& base) {
  if (const auto bytes = parse_uint64(canonical)) return {.bytes = *bytes, .source = std::string(origin)};
  const bool is_auto = canonical == "auto";
  const std::string how = is_auto ? "auto" : std::string(origin) + " " + std::string(canonical);
  if (base.bytes == 0)
    return {.bytes = 0, .source = how + ": the size of memory is unknown here, so there is no limit"};
  if (!is_auto) {
    const auto percent = parse_uint64(canonical.substr(0, canonical.size() - 1)).value_or(100);
    return {.bytes = percent_of(base.bytes, percent), .source = how + " of " + base.name};
  }
  const std::uint64_t percent = base.limited ? kPercentOfCgroup : kPercentOfRam;
  return {.bytes = percent_of(base.bytes, percent),
          .source = how + ": " + std::to_string(percent) + "% of " + base.name};
}

}  // namespace larder
