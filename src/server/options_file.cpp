#include "server/options_file.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "larder/base/text.h"

namespace larder {

namespace {

// A byte that no line contains once it has been checked: CLI11's own idea of comments is switched off by it.
constexpr char kNoComment = '\x01';

struct CleanLine {
  std::string text;
  bool quote_open = false;
};

// The line without its comment.
CleanLine strip_comment(const std::string& line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && c == '#') return {.text = line.substr(0, i)};
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    }
  }
  return {.text = line, .quote_open = quote != 0};
}

// The whole file without comments. An item must have an '=', unless it goes on with an array begun above.
Result<std::string> clean_text(const std::string& path, std::istream& file) {
  std::string text;
  std::string line;
  bool in_array = false;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string where = path + ":" + std::to_string(number) + ": ";
    const CleanLine clean = strip_comment(line);
    if (clean.quote_open) return Status::invalid(where + "a quote is opened and not closed on this line");
    if (clean.text.find(kNoComment) != std::string::npos) return Status::invalid(where + "a control character");
    const std::string trimmed = CLI::detail::trim_copy(clean.text);
    if (trimmed.empty()) continue;
    if (!in_array && trimmed.front() == '[') {
      return Status::invalid(where + "'" + printable(trimmed) + "': there are no sections; write name = value");
    }
    const std::size_t equals = trimmed.find('=');
    if (!in_array && (equals == std::string::npos || equals == 0 || equals + 1 == trimmed.size())) {
      return Status::invalid(where + "'" + printable(trimmed) + "' is not name = value");
    }
    if (!in_array && CLI::detail::trim_copy(trimmed.substr(equals + 1)).front() == '[') in_array = true;
    if (in_array && trimmed.back() == ']') in_array = false;
    text += trimmed + "\n";
  }
  if (file.bad()) return Status(StatusCode::kIo, path + ": " + std::strerror(errno));
  if (in_array) return Status::invalid(path + ": an array is opened and not closed");
  return text;
}

}  // namespace

Result<NamedValues> read_options_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Status(StatusCode::kIo, path + ": cannot be read: " + std::strerror(errno));
  const Result<std::string> text = clean_text(path, file);
  if (!text.is_ok()) return text.status();

  CLI::ConfigTOML toml;
  toml.comment(kNoComment);
  std::istringstream input(text.value());
  NamedValues items;
  std::set<std::string> names;
  for (const CLI::ConfigItem& item : toml.from_config(input)) {
    const OptionRow* row = find_option(item.fullname());
    const bool is_list = row != nullptr && row->type == OptionType::kAddresses;
    // The parser joins an item to one of the same name right before it.
    if (!names.insert(item.fullname()).second || (item.inputs.size() > 1 && !is_list)) {
      return Status::invalid(path + ": '" + printable(item.fullname()) +
                             "' has more than one value; give it once, and put it in quotes");
    }
    std::string joined;
    for (const std::string& input_text : item.inputs) joined += (joined.empty() ? "" : " ") + input_text;
    items.emplace_back(item.fullname(), std::move(joined));
  }
  return items;
}

}  // namespace larder
