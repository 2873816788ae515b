// The values of all options with where each came from. Filled once at start, in the order file, environment, flags,
// each overriding the one before; RuntimeOptions then takes it over. A plain value; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/base/status.h"
#include "server/option_table.h"

namespace larder {

// Names and values as they were written.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

class Options {
 public:
  // Every option at its default.
  Options();

  // The canonical text. REQUIRES for all that take a name: the option exists.
  const std::string& text(std::string_view name) const { return at(name).text; }
  std::int64_t integer(std::string_view name) const;
  bool yes(std::string_view name) const;
  // "default", "--maxmemory", "LARDER_MAXMEMORY", "/etc/larder.toml", "CONFIG SET"; after resolve() its explanation.
  const std::string& origin(std::string_view name) const { return at(name).origin; }

  // Errors: kInvalidArgument, one line that names `origin`, the value and what would be right.
  Status assign(const OptionRow& row, std::string_view value, std::string origin);
  // Replaces `auto` or a percentage by what it came to.
  void resolve(std::string_view name, std::string text, std::string explanation);
  // By position in option_table(); `text` is canonical.
  void set_text(std::size_t row, std::string text, std::string origin);
  const std::string& text_of(std::size_t row) const { return values_[row].text; }

  // All options but the constants, as a TOML file with the origins as comments. Passwords are not shown.
  std::string to_toml() const;

  // What deserves a line in the log: inputs that were recognised and left aside.
  std::vector<std::string> notes;

 private:
  struct Value {
    std::string text;
    std::string origin = "default";
  };
  const Value& at(std::string_view name) const;

  std::vector<Value> values_;  // parallel to option_table()
};

// Everything that the user gave. `flags` and `environment` hold option names ("maxmemory") and variables
// ("LARDER_MAXMEMORY", others are passed over). Reads the file that `config` names. Errors: kInvalidArgument, one line.
Result<Options> load_options(const NamedValues& flags, const NamedValues& environment);

// The variables of this process that begin with LARDER_.
NamedValues larder_environment();

}  // namespace larder
