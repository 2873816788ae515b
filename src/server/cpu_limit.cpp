#include "server/cpu_limit.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "larder/base/text.h"
#include "server/cgroup.h"
#include "server/option_value.h"

namespace larder {

namespace {

unsigned affinity_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  // More cores than the mask has bits for.
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

std::optional<double> cpu_quota(const std::filesystem::path& root) {
  std::optional<double> least;
  for (const CgroupValue& value :
       read_cgroups(root, {.v2 = "cpu.max", .v1_controller = "cpu", .v1 = "cpu.cfs_quota_us"})) {
    // v2: "200000 100000" or "max 100000"; v1: two files, and -1 for none.
    auto words = split_words(value.text, " ");
    if (value.version == 1) words.push_back(first_line(value.directory / "cpu.cfs_period_us"));
    if (words.size() < 2) continue;
    const auto quota = parse_uint64(words[0]);
    const auto period = parse_uint64(words[1]);
    if (!quota || !period || *period == 0) continue;
    const double cores = static_cast<double>(*quota) / static_cast<double>(*period);
    least = std::min(cores, least.value_or(cores));
  }
  return least;
}

unsigned usable_cores(const std::filesystem::path& root) {
  const unsigned cores = affinity_cores();
  const auto quota = cpu_quota(root);
  if (!quota) return std::max(1u, cores);
  const auto granted = static_cast<unsigned>(std::ceil(std::min(*quota, 65536.0)));
  return std::clamp(granted, 1u, std::max(1u, cores));
}

}  // namespace larder
