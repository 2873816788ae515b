#include "server/options.h"

#include <unistd.h>

#include <algorithm>

#include "larder/base/text.h"
#include "server/option_value.h"
#include "server/options_file.h"

namespace larder {

namespace {

std::size_t row_index(std::string_view name) {
  const OptionRow* row = find_option(name);
  LARDER_CHECK(row != nullptr);
  return static_cast<std::size_t>(row - option_table().data());
}

// Kubernetes describes every service of a namespace to its containers in variables. One that is called "larder" would
// look like options: LARDER_PORT=tcp://10.0.0.7:6379, LARDER_SERVICE_HOST, LARDER_PORT_6379_TCP_ADDR.
bool is_service_link(std::string_view variable, std::string_view value) {
  const std::string_view name = variable.substr(kOptionVariablePrefix.size());
  return name.starts_with("SERVICE_") || name.starts_with("PORT_") ||
         (name == "PORT" && (value.starts_with("tcp://") || value.starts_with("udp://")));
}

const OptionRow* find_variable(std::string_view variable) {
  const auto rows = option_table();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [variable](const OptionRow& row) { return option_variable(row) == variable; });
  return found == rows.end() ? nullptr : &*found;
}

Status apply_file(Options& options, const std::string& path) {
  const Result<NamedValues> items = read_options_file(path);
  if (!items.is_ok()) return items.status();
  for (const auto& [name, value] : items.value()) {
    const OptionRow* row = find_option(name);
    if (row == nullptr || row->name == "config") {
      return Status::invalid(path + ": there is no option '" + printable(name) + "'; see larder --help");
    }
    if (Status status = options.assign(*row, value, path); !status.is_ok()) return status;
  }
  return Status::ok();
}

Status apply_environment(Options& options, const NamedValues& environment) {
  for (const auto& [variable, value] : environment) {
    if (!variable.starts_with(kOptionVariablePrefix)) continue;
    if (is_service_link(variable, value)) {
      options.notes.push_back("Left aside " + variable + ": it describes a Kubernetes service, not an option");
      continue;
    }
    const OptionRow* row = find_variable(variable);
    if (row == nullptr) {
      return Status::invalid("environment variable " + printable(variable) +
                             ": there is no such option; see larder --help");
    }
    if (Status status = options.assign(*row, value, variable); !status.is_ok()) return status;
  }
  return Status::ok();
}

Status apply_flags(Options& options, const NamedValues& flags) {
  for (const auto& [name, value] : flags) {
    const OptionRow* row = find_option(name);
    LARDER_CHECK(row != nullptr);
    if (Status status = options.assign(*row, value, "--" + name); !status.is_ok()) return status;
  }
  return Status::ok();
}

// Whether the token arrives as it is in a header of HTTP, from whatever client; '%' some servers and libraries decode.
bool is_token(std::string_view text) {
  const auto may_be_there = [](char c) { return c >= ' ' && c <= '~' && c != '%'; };
  return text.empty() ||
         (std::all_of(text.begin(), text.end(), may_be_there) && text.front() != ' ' && text.back() != ' ');
}

// What only several options together can be wrong about.
Status check_together(const Options& options) {
  const std::string& address = options.text("admin-bind");
  if (option_list(address).size() != 1) {
    return Status::invalid(options.origin("admin-bind") + ": the admin port has one address, not '" +
                           printable(address) + "'");
  }
  if (!is_token(options.text("admin-token"))) {
    return Status::invalid(options.origin("admin-token") +
                           ": the admin token is of printable ASCII characters without '%', and no space at its ends");
  }
  if (options.integer("admin-port") == 0 || is_loopback_address(address)) return Status::ok();
  if (!options.text("admin-token").empty()) return Status::ok();
  return Status::invalid(options.origin("admin-bind") + ": the admin port on " + printable(address) +
                         " would show everything to whoever reaches it: set admin-token, or bind it to 127.0.0.1");
}

bool is_bare_in_toml(const OptionRow& row, std::string_view text) {
  return row.type != OptionType::kOctal && parse_int64(text).has_value();
}

std::string toml_value(const OptionRow& row, const std::string& text) {
  if (is_bare_in_toml(row, text)) return text;
  if (row.type == OptionType::kAddresses) {
    std::string joined;
    for (const std::string& address : option_list(text)) joined += (joined.empty() ? "\"" : ", \"") + address + "\"";
    return "[" + joined + "]";
  }
  const char quote = text.find('"') == std::string::npos ? '"' : '\'';
  return quote + text + quote;
}

}  // namespace

Options::Options() {
  for (const OptionRow& row : option_table()) values_.push_back({.text = std::string(row.default_text)});
}

std::int64_t Options::integer(std::string_view name) const {
  return option_integer(text(name));
}

bool Options::yes(std::string_view name) const {
  return option_yes(text(name));
}

Status Options::assign(const OptionRow& row, std::string_view value, std::string origin) {
  if (row.change == OptionChange::kNever) {
    if (value == row.default_text) return Status::ok();
    return Status::invalid(origin + ": " + std::string(row.name) + " can only be '" + std::string(row.default_text) +
                           "': " + std::string(row.help));
  }
  Result<std::string> canonical = canonical_option(row, value);
  if (!canonical.is_ok()) {
    const std::string shown = row.type == OptionType::kSecret ? "" : " '" + printable(value) + "'";
    return Status::invalid(origin + ": bad value" + shown + " for " + std::string(row.name) + ": " +
                           canonical.status().message() + " (expected " + std::string(row.value_hint) + ", default '" +
                           std::string(row.default_text) + "')");
  }
  set_text(static_cast<std::size_t>(&row - option_table().data()), std::move(canonical.value()), std::move(origin));
  return Status::ok();
}

void Options::resolve(std::string_view name, std::string text, std::string explanation) {
  set_text(row_index(name), std::move(text), std::move(explanation));
}

void Options::set_text(std::size_t row, std::string text, std::string origin) {
  values_[row] = {.text = std::move(text), .origin = std::move(origin)};
}

std::string Options::to_toml() const {
  std::string toml;
  std::string_view group;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const OptionRow& row = option_table()[i];
    if (row.change == OptionChange::kNever || row.name == "config") continue;
    if (row.group != group) {
      group = row.group;
      toml += (toml.empty() ? "# " : "\n# ") + std::string(group) + "\n";
    }
    std::string line = std::string(row.name) + " = " + toml_value(row, values_[i].text);
    if (row.type == OptionType::kSecret && !values_[i].text.empty()) {
      line = "# " + std::string(row.name) + " is set and not shown";
    }
    line.resize(std::max<std::size_t>(line.size() + 1, 40), ' ');
    toml += line + "# " + values_[i].origin + "\n";
  }
  return toml;
}

const Options::Value& Options::at(std::string_view name) const {
  return values_[row_index(name)];
}

Result<Options> load_options(const NamedValues& flags, const NamedValues& environment) {
  // Environment and flags twice: the first time only to learn the name of the file.
  Options first;
  if (Status status = apply_environment(first, environment); !status.is_ok()) return status;
  if (Status status = apply_flags(first, flags); !status.is_ok()) return status;
  if (first.text("config").empty()) {
    if (Status status = check_together(first); !status.is_ok()) return status;
    return first;
  }

  Options options;
  if (Status status = apply_file(options, first.text("config")); !status.is_ok()) return status;
  if (Status status = apply_environment(options, environment); !status.is_ok()) return status;
  if (Status status = apply_flags(options, flags); !status.is_ok()) return status;
  if (Status status = check_together(options); !status.is_ok()) return status;
  return options;
}

NamedValues larder_environment() {
  NamedValues found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(kOptionVariablePrefix)) continue;
    found.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

}  // namespace larder
