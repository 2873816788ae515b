// Every command there is has a line in protocol/COMMANDS.md, appears in the golden vectors, has a seed for the fuzzer
// and tells its arguments to COMMAND DOCS, and no line is about a command that there is not.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "commands/command_table.h"
#include "larder/base/text.h"
#include "support/command_runner.h"
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

// What stands in an answer of COMMAND DOCS: its tokens, and the names of the values that a client fills in.
struct ToldArguments {
  std::set<std::string> tokens;
  std::set<std::string> values;
};

// Reads RESP2; `told` gets what the maps of arguments say.
class DocsReader {
 public:
  explicit DocsReader(const std::string& bytes) : rest_(bytes) {}

  // A reply of any kind; an array's elements come as a list, anything else as a list of one.
  std::vector<std::string> take(ToldArguments& told) {
    const std::string head = line();
    if (head[0] == '$') return {line()};
    if (head[0] != '*') return {head.substr(1)};
    std::vector<std::string> elements;
    for (int left = std::stoi(head.substr(1)); left > 0; --left) {
      // What is told of subcommands is theirs.
      ToldArguments apart;
      const std::vector<std::string> element =
          take(!elements.empty() && elements.back() == "subcommands" ? apart : told);
      elements.push_back(element.size() == 1 ? element[0] : "");
    }
    note(elements, told);
    return elements;
  }

 private:
  std::string line() {
    std::string text;
    std::getline(rest_, text, '\n');
    EXPECT_TRUE(text.ends_with('\r')) << text;
    if (!text.empty()) text.pop_back();
    return text;
  }
  // An argument's map begins with its name and type.
  static void note(const std::vector<std::string>& map, ToldArguments& told) {
    if (map.size() < 4 || map[0] != "name" || map[2] != "type") return;
    for (std::size_t i = 4; i + 1 < map.size(); i += 2) {
      if (map[i] == "token") told.tokens.insert(map[i + 1]);
    }
    if (map[3] != "pure-token" && map[3] != "oneof" && map[3] != "block") told.values.insert(map[1]);
  }

  std::istringstream rest_;
};

// What a row's syntax says, without looking at how its words belong together.
ToldArguments arguments_of(const FoundCommand& command) {
  ToldArguments told;
  std::string syntax(command.spec->syntax);
  std::replace_if(
      syntax.begin(), syntax.end(), [](char c) { return std::string_view("[]()|").find(c) != std::string_view::npos; },
      ' ');
  std::istringstream words(syntax);
  for (std::string word; words >> word;) {
    if (word == "...") continue;
    // Of a colon only that before a type is not part of the name.
    for (const std::string_view type : {":integer", ":double", ":key"}) {
      if (word.ends_with(type)) word.erase(word.size() - type.size());
    }
    (to_upper(word) == word ? told.tokens : told.values).insert(word);
  }
  return told;
}

TEST(CommandDocumentation, EveryCommandTellsItsArguments) {
  test::CommandRunner runner;
  for (const FoundCommand& command : CommandTable::instance().all()) {
    if (!has_own_line(command)) continue;
    const std::string reply = runner.run({"COMMAND", "DOCS", CommandTable::full_name(command)});
    ToldArguments told;
    DocsReader(reply).take(told);
    const ToldArguments expected = arguments_of(command);
    EXPECT_EQ(told.tokens, expected.tokens) << spoken_name(command);
    EXPECT_EQ(told.values, expected.values) << spoken_name(command);
  }
}

}  // namespace
}  // namespace larder
