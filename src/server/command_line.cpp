#include "server/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "server/option_table.h"

namespace larder {

namespace {

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

constexpr char kHelpHead[] =
    "Larder: an in-memory cache server that speaks the Redis protocol.\n"
    "\n"
    "Usage: larder [options]\n"
    "\n"
    "Every option can be given as a flag, as an environment variable, or as a line of the file that --config names; a "
    "flag\n"
    "wins over the variable, the variable over the file.\n";

constexpr char kHelpActions[] =
    "\nActions\n"
    "  --check-config                    Check the options, print them with where each came from, and exit\n"
    "  --healthcheck                     Ask the server with these options whether it answers; exit 0 or 1\n"
    "  --version                         Print the version and exit\n"
    "  --help, -h                        Print this and exit\n";

constexpr char kHelpExamples[] =
    "\nExamples\n"
    "  larder                                        serve 127.0.0.1:6379\n"
    "  larder --port 6390 --maxmemory 512mb          another port, at most 512 MiB of keys and values\n"
    "  LARDER_MAXMEMORY=50% larder                   half of the container's memory\n"
    "  larder --config /etc/larder.toml --check-config\n"
    "  larder --bind '*' --requirepass secret        serve other hosts too\n";

}  // namespace

Result<CommandLine> parse_command_line(int argc, const char* const* argv) {
  CLI::App app;
  app.set_help_flag();
  bool help = false;
  bool version = false;
  bool check_config = false;
  bool healthcheck = false;
  app.add_flag("--help,-h", help);
  app.add_flag("--version,-v", version);
  app.add_flag("--check-config", check_config);
  app.add_flag("--healthcheck", healthcheck);

  const auto rows = option_table();
  std::vector<std::vector<std::string>> values(rows.size());
  std::vector<CLI::Option*> options(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    options[i] = app.add_option("--" + std::string(rows[i].name), values[i]);
    const bool is_list = rows[i].type == OptionType::kAddresses;
    options[i]->type_size(1)->expected(1, is_list ? CLI::detail::expected_max_vector_size : 1);
    options[i]->multi_option_policy(is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Status::invalid(one_line(error.what()) + "; see larder --help");
  }

  CommandLine line;
  if (check_config) line.action = Action::kCheckConfig;
  if (healthcheck) line.action = Action::kHealthcheck;
  if (version) line.action = Action::kShowVersion;
  if (help) line.action = Action::kShowHelp;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (options[i]->count() > 0) line.flags.emplace_back(rows[i].name, joined(values[i]));
  }
  return line;
}

std::string help_text() {
  std::string text = kHelpHead;
  std::string_view group;
  for (const OptionRow& row : option_table()) {
    if (row.change == OptionChange::kNever) continue;
    if (row.group != group) {
      group = row.group;
      text += "\n" + std::string(group) + "\n";
    }
    std::string flag = "  --" + std::string(row.name) + " " + std::string(row.value_hint);
    flag.resize(std::max<std::size_t>(flag.size() + 2, 36), ' ');
    text += flag + std::string(row.help) + "\n" + std::string(36, ' ') + "[";
    if (!row.default_text.empty()) text += "default " + std::string(row.default_text) + ", ";
    text += option_variable(row) + "]\n";
  }
  return text + kHelpActions + kHelpExamples;
}

}  // namespace larder
