// How much memory there is to have, and what `maxmemory auto` or a percentage of it comes to. `root` is "/" but for
// tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace larder {

struct MemoryBase {
  std::uint64_t bytes = 0;  // 0: it could not be found out
  bool limited = false;     // by a control group; otherwise it is the RAM
  std::string name;         // "the cgroup limit of 2.00G", "24.00G of RAM"
};

// The smallest limit of this process's control groups if it is below the RAM, else the RAM.
MemoryBase memory_base(const std::filesystem::path& root = "/");

struct Maxmemory {
  std::uint64_t bytes = 0;  // 0: no limit
  std::string source;       // "auto: 75% of the cgroup limit of 2.00G", "--maxmemory"
};

// `canonical` is an option's text: "auto", "50%", or bytes. `origin` names who gave it.
// auto is 75 % of a control group's limit (the rest is for connections and the program), but 25 % of RAM, which others
// use too.
Maxmemory resolve_maxmemory(std::string_view canonical, std::string_view origin, const MemoryBase& base);

}  // namespace larder
