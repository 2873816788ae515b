// Every command there is has a line in protocol/COMMANDS.md, appears in the golden vectors and has a seed for the
// fuzzer, and no line is about a command that there is not.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "commands/command_table.h"
#include "larder/base/text.h"
#include "support/dispatcher_run.h"

namespace larder {
namespace {

const std::filesystem::path kProtocol = std::filesystem::path(LARDER_SOURCE_DIR) / "protocol";

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// As the document and HELP write it: "CLIENT GETNAME".
std::string spoken_name(const FoundCommand& command) {
  std::string name = to_upper(CommandTable::full_name(command));
  std::replace(name.begin(), name.end(), '|', ' ');
  return name;
}

// The syntax as a reader wants it: without the types ("increment:double").
std::string spoken_syntax(const FoundCommand& command) {
  std::string syntax(command.spec->syntax);
  for (std::size_t at = syntax.find(':'); at != std::string::npos; at = syntax.find(':', at)) {
    syntax.erase(at, syntax.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at + 1) - at);
  }
  return syntax;
}

// A container is documented by its subcommands.
bool has_own_line(const FoundCommand& command) {
  return command.spec->function != nullptr;
}

// The names at the beginnings of the table's rows: "| `SET` | ...".
std::set<std::string> documented_names() {
  std::set<std::string> names;
  std::istringstream lines(file_text(kProtocol / "COMMANDS.md"));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    const std::string name = line.substr(3, line.find('`', 3) - 3);
    EXPECT_TRUE(names.insert(name).second) << name << " has two lines";
  }
  return names;
}

TEST(CommandDocumentation, EveryCommandHasALineAndEveryLineACommand) {
  std::set<std::string> names;
  for (const FoundCommand& command : CommandTable::instance().all()) {
    if (has_own_line(command)) names.insert(spoken_name(command));
  }
  EXPECT_EQ(documented_names(), names);
}

TEST(CommandDocumentation, EveryLineTellsTheSyntaxAndTheVersion) {
  const std::string document = file_text(kProtocol / "COMMANDS.md");
  for (const FoundCommand& command : CommandTable::instance().all()) {
    if (!has_own_line(command)) continue;
    const std::size_t begin = document.find("| `" + spoken_name(command) + "` |");
    ASSERT_NE(begin, std::string::npos) << spoken_name(command);
    std::string line = document.substr(begin, document.find('\n', begin) - begin);
    // A bar inside a table's cell is written with a backslash.
    for (std::size_t at = line.find("\\|"); at != std::string::npos; at = line.find("\\|", at)) line.erase(at, 1);
    EXPECT_TRUE(line.find(command.spec->syntax) != std::string::npos ||
                line.find(spoken_syntax(command)) != std::string::npos)
        << spoken_name(command) << " " << command.spec->syntax;
    EXPECT_NE(line.find("| " + std::string(command.spec->since) + " |"), std::string::npos) << spoken_name(command);
  }
}

// The commands that the vectors send, in their "> CLIENT GETNAME" lines: the first word, and the first two.
std::set<std::string> names_in_vectors() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kProtocol / "vectors")) {
    if (entry.path().extension() != ".vec") continue;
    std::istringstream lines(file_text(entry.path()));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string mark;
      std::string name;
      std::string second;
      if (!(words >> mark >> name) || mark != ">") continue;
      names.insert(to_upper(name));
      if (words >> second) names.insert(to_upper(name + " " + second));
    }
  }
  return names;
}

TEST(CommandDocumentation, EveryCommandAppearsInAVector) {
  const std::set<std::string> names = names_in_vectors();
  for (const FoundCommand& command : CommandTable::instance().all()) {
    EXPECT_TRUE(names.contains(spoken_name(command))) << spoken_name(command);
  }
}

TEST(CommandDocumentation, EveryCommandHasASeedForTheFuzzer) {
  for (const FoundCommand& command : CommandTable::instance().all()) {
    const std::string seed = test::DispatcherRun::seed_for(command.index);
    test::ByteChoices choices(seed);
    test::DispatcherRun run(choices);
    run.step();
    EXPECT_TRUE(test::names(run.request(), command)) << spoken_name(command);
  }
}

}  // namespace
}  // namespace larder
