// Writes the text of INFO: "# Section" titles and "name:value" lines, each ended by CR LF, a blank line between
// sections.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace larder {

class InfoText {
 public:
  void section(std::string_view title);
  void field(std::string_view name, std::string_view value);
  void field(std::string_view name, std::integral auto value) { field(name, std::to_string(value)); }
  void decimal(std::string_view name, double value, int digits);
  // Two lines: name and name_human ("1.50M").
  void size(std::string_view name, std::uint64_t bytes);

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// Fixed notation.
std::string decimal_text(double value, int digits);

}  // namespace larder
