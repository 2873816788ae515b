// The files of the dashboard, src/admin/page and the chart library, which the build puts into the program
// (cmake/page.cmake). Constant.
#pragma once

#include <string_view>
#include <vector>

namespace larder {

struct PageFile {
  std::string_view name;  // "main.js"
  std::string_view content;
};

std::vector<PageFile> page_files();

}  // namespace larder
