// The dashboard as the server serves it: every file that it names is there, and none that is elsewhere.
#include "admin/dashboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "admin/page_files.h"

namespace larder {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class DashboardTest : public testing::Test {
 protected:
  DashboardTest() { add_dashboard(router); }
  std::string get(const std::string& path) { return router.answer("GET " + path + " HTTP/1.1\r\n\r\n", true); }

  HttpRouter router{"secret"};
};

TEST_F(DashboardTest, ThePageIsShownToWhoHasNoTokenYet) {
  EXPECT_THAT(get("/"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: text/html"), HasSubstr("<!doctype")));
  EXPECT_THAT(get("/page/main.js"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: text/javascript")));
  EXPECT_THAT(get("/page/dygraph.js"), HasSubstr("@license"));
  EXPECT_THAT(get("/page/licenses.txt"), HasSubstr("Permission is hereby granted"));
}

TEST_F(DashboardTest, EveryFileThatIsNamedIsThere) {
  const std::regex named("(?:src|href)=\"(/page/[^\"]*)\"|from \"\\./([^\"]*)\"");
  std::size_t count = 0;
  for (const PageFile& file : page_files()) {
    if (file.name == "dygraph.js") continue;
    const std::string content(file.content);
    for (auto match = std::sregex_iterator(content.begin(), content.end(), named); match != std::sregex_iterator();
         ++match) {
      const std::string path = (*match)[1].matched ? (*match)[1].str() : "/page/" + (*match)[2].str();
      EXPECT_THAT(get(path), StartsWith("HTTP/1.1 200")) << file.name << " names " << path;
      ++count;
    }
  }
  EXPECT_GT(count, 8U);
}

// The policy of the page's content allows none either; this says so sooner.
TEST_F(DashboardTest, NothingIsAskedOfOtherHostsAndNothingIsInline) {
  for (const PageFile& file : page_files()) {
    if (file.name == "dygraph.js" || file.name == "licenses.txt") continue;
    const std::regex outside("(?:src|href)=\"(?!/)|url\\(|@import|fetch\\(\"(?!/)| style=| on[a-z]+=|<script>|<style");
    const std::string content(file.content);
    std::smatch match;
    EXPECT_FALSE(std::regex_search(content, match, outside)) << file.name << ": " << match.str();
  }
}

}  // namespace
}  // namespace larder
