#include "admin/dashboard.h"

#include <array>
#include <utility>

#include "admin/page_files.h"
#include "larder/base/check.h"

namespace larder {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
}};

std::string_view type_of(std::string_view name) {
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  LARDER_CHECK(false);  // the build put in a file of another kind
  return {};
}

}  // namespace

void add_dashboard(HttpRouter& router) {
  for (const PageFile& file : page_files()) {
    const auto page = [file](const HttpParameters&) {
      return HttpReply{.type = std::string(type_of(file.name)), .body = std::string(file.content)};
    };
    router.add(file.name == "index.html" ? "/" : "/page/" + std::string(file.name), page, /*open=*/true);
  }
}

}  // namespace larder
