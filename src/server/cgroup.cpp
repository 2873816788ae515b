#include "server/cgroup.h"

#include <algorithm>
#include <fstream>

#include "server/option_value.h"

namespace larder {

namespace {

// One line of /proc/self/cgroup: "0::/a/b" (v2) or "4:memory,hugetlb:/a/b" (v1).
struct Membership {
  std::vector<std::string> controllers;  // empty: v2
  std::string path;
};

std::vector<Membership> memberships(const std::filesystem::path& root) {
  std::vector<Membership> found;
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    found.push_back({split_words(line.substr(first + 1, second - first - 1), ","), line.substr(second + 1)});
  }
  return found;
}

// Reads `name` in `mount`/`path` and every directory above it down to `mount` itself.
void walk_up(const std::filesystem::path& mount, const std::string& path, std::string_view name, int version,
             std::vector<CgroupValue>& values) {
  std::filesystem::path relative = std::filesystem::path(path).relative_path();
  while (true) {
    const std::filesystem::path directory = relative.empty() ? mount : mount / relative;
    if (std::string text = first_line(directory / name); !text.empty()) {
      values.push_back({.version = version, .directory = directory, .text = std::move(text)});
    }
    if (relative.empty()) return;
    relative = relative.parent_path();
  }
}

}  // namespace

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::vector<CgroupValue> read_cgroups(const std::filesystem::path& root, const CgroupFile& file) {
  const std::filesystem::path mount = root / "sys/fs/cgroup";
  std::vector<CgroupValue> values;
  for (const Membership& membership : memberships(root)) {
    if (membership.controllers.empty()) {
      walk_up(mount, membership.path, file.v2, 2, values);
    } else if (std::find(membership.controllers.begin(), membership.controllers.end(), file.v1_controller) !=
               membership.controllers.end()) {
      walk_up(mount / file.v1_controller, membership.path, file.v1, 1, values);
    }
  }
  return values;
}

}  // namespace larder
