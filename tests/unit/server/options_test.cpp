#include "server/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "server/command_line.h"
#include "server/option_value.h"
#include "server/options_file.h"

namespace larder {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class OptionsTest : public testing::Test {
 protected:
  OptionsTest() {
    std::string pattern = testing::TempDir() + "larder_options_XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~OptionsTest() override { std::filesystem::remove_all(directory_); }

  std::string file(std::string_view text) {
    const std::filesystem::path path = directory_ / "larder.toml";
    std::ofstream(path) << text;
    return path.string();
  }
  static std::string error_of(const NamedValues& flags, const NamedValues& environment = {}) {
    const Result<Options> options = load_options(flags, environment);
    return options.is_ok() ? "no error" : options.status().message();
  }

  std::filesystem::path directory_;
};

TEST_F(OptionsTest, WithoutAnyInputAllIsDefault) {
  const Options options = load_options({}, {}).value();
  EXPECT_EQ(options.text("bind"), "127.0.0.1");
  EXPECT_EQ(options.integer("port"), 6379);
  EXPECT_TRUE(options.yes("protected-mode"));
  EXPECT_EQ(options.origin("port"), "default");
}

TEST_F(OptionsTest, FlagWinsOverEnvironmentWinsOverFile) {
  const std::string path = file("port = 1\ntimeout = 2\nmaxclients = 3\n");
  const Options options =
      load_options({{"config", path}, {"port", "11"}}, {{"LARDER_PORT", "21"}, {"LARDER_TIMEOUT", "22"}}).value();
  EXPECT_EQ(options.integer("port"), 11);
  EXPECT_EQ(options.origin("port"), "--port");
  EXPECT_EQ(options.integer("timeout"), 22);
  EXPECT_EQ(options.origin("timeout"), "LARDER_TIMEOUT");
  EXPECT_EQ(options.integer("maxclients"), 3);
  EXPECT_EQ(options.origin("maxclients"), path);
}

TEST_F(OptionsTest, EnvironmentMayNameTheFile) {
  EXPECT_EQ(load_options({}, {{"LARDER_CONFIG", file("port = 7000")}}).value().integer("port"), 7000);
}

TEST_F(OptionsTest, AnErrorNamesTheSourceTheValueAndWhatWouldBeRight) {
  EXPECT_THAT(error_of({{"port", "http"}}), AllOf(HasSubstr("--port"), HasSubstr("'http'"), HasSubstr("integer")));
  EXPECT_THAT(error_of({}, {{"LARDER_MAXMEMORY", "lots"}}),
              AllOf(HasSubstr("LARDER_MAXMEMORY"), HasSubstr("'lots'"), HasSubstr("SIZE|PERCENT|auto")));
  const std::string path = file("maxmemory-policy = \"fifo\"");
  EXPECT_THAT(error_of({{"config", path}}),
              AllOf(HasSubstr(path), HasSubstr("maxmemory-policy"), HasSubstr("allkeys-lru")));
  EXPECT_THAT(error_of({{"port", "a\nb"}}), Not(HasSubstr("\n")));
}

TEST_F(OptionsTest, APasswordIsNeverShown) {
  EXPECT_THAT(error_of({{"requirepass", std::string(600, 's')}}), Not(HasSubstr("sss")));
  EXPECT_THAT(load_options({{"requirepass", "opensesame"}}, {}).value().to_toml(), Not(HasSubstr("opensesame")));
}

TEST_F(OptionsTest, UnknownNamesAreErrors) {
  EXPECT_THAT(error_of({}, {{"LARDER_MAXMEM", "1gb"}}), HasSubstr("LARDER_MAXMEM"));
  EXPECT_THAT(error_of({{"config", file("maxmem = 5")}}), HasSubstr("'maxmem'"));
  EXPECT_THAT(error_of({{"config", file("config = \"other.toml\"")}}), HasSubstr("'config'"));
}

TEST_F(OptionsTest, KubernetesServiceVariablesAreLeftAsideWithANote) {
  const Options options = load_options({}, {{"LARDER_PORT", "tcp://10.0.0.7:6379"},
                                            {"LARDER_SERVICE_HOST", "10.0.0.7"},
                                            {"LARDER_PORT_6379_TCP_ADDR", "10.0.0.7"}})
                              .value();
  EXPECT_EQ(options.integer("port"), 6379);
  EXPECT_EQ(options.notes.size(), 3u);
}

TEST_F(OptionsTest, WhatIsNotAvailableIsRefusedAndItsOnlyValueAccepted) {
  EXPECT_THAT(error_of({{"memcached-port", "11211"}}), HasSubstr("not available"));
  EXPECT_THAT(error_of({{"appendonly", "yes"}}), HasSubstr("can only be 'no'"));
  EXPECT_EQ(error_of({{"appendonly", "no"}, {"save", ""}}), "no error");
}

TEST_F(OptionsTest, AnAdminTokenIsOfWhatAHeaderMayCarry) {
  for (const char* token : {"a%41b", " a", "a ", "t\xc3\xb6ken", "a\nb"}) {
    EXPECT_THAT(error_of({{"admin-port", "9379"}, {"admin-token", token}}), HasSubstr("printable ASCII")) << token;
  }
  EXPECT_EQ(error_of({{"admin-port", "9379"}, {"admin-token", "open sesame"}}), "no error");
}

TEST_F(OptionsTest, AnAdminPortThatOthersReachWantsAToken) {
  for (const char* address : {"0.0.0.0", "*", "::", "10.0.0.5"}) {
    EXPECT_THAT(error_of({{"admin-port", "9379"}, {"admin-bind", address}}),
                AllOf(HasSubstr("--admin-bind"), HasSubstr(address), HasSubstr("admin-token")));
  }
  EXPECT_EQ(error_of({{"admin-port", "9379"}, {"admin-bind", "0.0.0.0"}, {"admin-token", "secret"}}), "no error");
  EXPECT_EQ(error_of({{"admin-port", "9379"}, {"admin-bind", "::1"}}), "no error");
  EXPECT_THAT(error_of({{"admin-port", "9379"}, {"admin-bind", "127.larder.example"}}), HasSubstr("--admin-bind"));
  EXPECT_THAT(error_of({{"admin-port", "9379"}, {"admin-bind", "127.0.0.1 10.0.0.5"}}), HasSubstr("one address"));
  EXPECT_EQ(error_of({{"admin-bind", "0.0.0.0"}}), "no error") << "without a port nobody listens";
}

TEST_F(OptionsTest, AnUnreadableFileIsAnError) {
  EXPECT_THAT(error_of({{"config", "/nonexistent/larder.toml"}}),
              AllOf(HasSubstr("/nonexistent/larder.toml"), HasSubstr("No such file")));
  EXPECT_THAT(error_of({{"config", directory_.string()}}), HasSubstr(directory_.string()));
}

TEST_F(OptionsTest, TheFileIsReadAsToml) {
  const std::string path = file(
      "# a comment\n"
      "\n"
      "bind = [\"127.0.0.1\",  # two of them\n"
      "        \"::1\"]\n"
      "  port=7001 # after a value\n"
      "requirepass = \"a#b, c d\"\n"
      "logfile = '/var/log/larder.log'\n"
      "protected-mode = false\n");
  EXPECT_THAT(read_options_file(path).value(),
              testing::ElementsAre(Pair("bind", "127.0.0.1 ::1"), Pair("port", "7001"), Pair("requirepass", "a#b, c d"),
                                   Pair("logfile", "/var/log/larder.log"), Pair("protected-mode", "false")));
}

TEST_F(OptionsTest, WhatIsNotAnItemIsAnErrorWithItsLine) {
  for (const char* line : {"[network]", "port", "ab", "= 5", "port =", "logfile = \"open", "bind = [\"::1\""}) {
    const std::string path = file("maxitems = 1\n" + std::string(line) + "\n");
    const Result<NamedValues> items = read_options_file(path);
    ASSERT_FALSE(items.is_ok()) << line;
    EXPECT_THAT(items.status().message(), HasSubstr(path)) << line;
  }
  EXPECT_THAT(read_options_file(file("\nport\n")).status().message(), HasSubstr(":2: "));
  EXPECT_THAT(error_of({{"config", file("port = 1\nport = 2\n")}}), HasSubstr("more than one value"));
  EXPECT_THAT(error_of({{"config", file("port = 1\ntimeout = 5\nport = 2\n")}}), HasSubstr("more than one value"));
}

TEST_F(OptionsTest, ThePrintedOptionsAreAFileThatSaysTheSame) {
  const Options options =
      load_options(
          {{"bind", "127.0.0.1 ::1"}, {"unixsocketperm", "0770"}, {"logfile", "a \"b\" #c"}, {"maxmemory", "1gb"}}, {})
          .value();
  const Options again = load_options({{"config", file(options.to_toml())}}, {}).value();
  for (const OptionRow& row : option_table()) {
    if (row.name == "config") continue;
    EXPECT_EQ(again.text(row.name), options.text(row.name)) << row.name;
  }
}

// --- config/larder.toml ---

std::string example_file() {
  std::ifstream file(std::string(LARDER_SOURCE_DIR) + "/config/larder.toml");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_F(OptionsTest, TheExampleFileHasEveryOptionWithItsDefault) {
  // Uncommented, each item must be an option at its default.
  std::string uncommented;
  std::istringstream lines(example_file());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find(" = ");
    if (line.starts_with("# ") && equals != std::string::npos && find_option(line.substr(2, equals - 2)) != nullptr) {
      uncommented += line.substr(2) + "\n";
    }
  }
  std::set<std::string> named;
  for (const auto& [name, value] : read_options_file(file(uncommented)).value()) {
    const OptionRow* row = find_option(name);
    ASSERT_NE(row, nullptr) << name;
    const Result<std::string> canonical = canonical_option(*row, value);
    ASSERT_TRUE(canonical.is_ok()) << name;
    EXPECT_EQ(canonical.value(), row->default_text) << name;
    named.insert(name);
  }
  for (const OptionRow& row : option_table()) {
    if (row.change == OptionChange::kNever || row.name == "config") continue;
    EXPECT_TRUE(named.contains(std::string(row.name))) << "config/larder.toml lacks " << row.name;
  }
}

TEST_F(OptionsTest, TheExampleFileChangesNothing) {
  EXPECT_EQ(load_options({{"config", file(example_file())}}, {}).value().to_toml(), Options().to_toml());
}

// --- The command line ---

Result<CommandLine> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "larder");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLineTest, FlagsAreGivenWithABlankOrAnEqualsSign) {
  const CommandLine line = parse({"--port", "7000", "--maxmemory=1gb", "--save", ""}).value();
  EXPECT_EQ(line.action, Action::kServe);
  EXPECT_THAT(line.flags, testing::ElementsAre(Pair("port", "7000"), Pair("maxmemory", "1gb"), Pair("save", "")));
}

TEST(CommandLineTest, BindTakesSeveralAddresses) {
  EXPECT_THAT(parse({"--bind", "127.0.0.1", "::1", "--port", "1"}).value().flags,
              testing::ElementsAre(Pair("bind", "127.0.0.1 ::1"), Pair("port", "1")));
}

TEST(CommandLineTest, Actions) {
  EXPECT_EQ(parse({"--help"}).value().action, Action::kShowHelp);
  EXPECT_EQ(parse({"--version"}).value().action, Action::kShowVersion);
  EXPECT_EQ(parse({"--check-config", "--port", "1"}).value().action, Action::kCheckConfig);
  EXPECT_EQ(parse({"--healthcheck"}).value().action, Action::kHealthcheck);
}

TEST(CommandLineTest, WhatIsNotUnderstoodIsOneLine) {
  for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
           {"--maxmem", "1gb"}, {"6379"}, {"--port"}, {"--port", "1", "--port", "2"}, {"-x"}}) {
    const Result<CommandLine> line = parse(arguments);
    ASSERT_FALSE(line.is_ok()) << arguments[0];
    EXPECT_THAT(line.status().message(), AllOf(Not(HasSubstr("\n")), HasSubstr("larder --help")));
  }
  EXPECT_THAT(parse({"--maxmem", "1gb"}).status().message(), HasSubstr("--maxmem"));
}

TEST(CommandLineTest, HelpHasEveryOptionWithItsVariable) {
  const std::string help = help_text();
  for (const OptionRow& row : option_table()) {
    if (row.change == OptionChange::kNever) continue;
    EXPECT_THAT(help, HasSubstr("--" + std::string(row.name) + " ")) << row.name;
    EXPECT_THAT(help, HasSubstr(option_variable(row) + "]")) << row.name;
  }
}

}  // namespace
}  // namespace larder
