// What the control groups of this process say: the content of one control file in its own group and in every group
// above it, up to the root. Understands cgroup v2, v1, and a container that sees only its own part of the tree. Reads
// files below `root`, which is "/" but for tests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

struct CgroupFile {
  std::string_view v2;             // "memory.max"
  std::string_view v1_controller;  // "memory"
  std::string_view v1;             // "memory.limit_in_bytes"
};

struct CgroupValue {
  int version = 2;
  std::filesystem::path directory;
  std::string text;  // without the newline
};

// Innermost group first; groups without the file are left out.
std::vector<CgroupValue> read_cgroups(const std::filesystem::path& root, const CgroupFile& file);

// The first line of a file; empty if it cannot be read.
std::string first_line(const std::filesystem::path& path);

}  // namespace larder
