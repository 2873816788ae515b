#include "commands/info_text.h"

#include <array>
#include <charconv>

#include "larder/base/text.h"

namespace larder {

void InfoText::section(std::string_view title) {
  if (!text_.empty()) text_ += "\r\n";
  text_.append("# ").append(title).append("\r\n");
}

void InfoText::field(std::string_view name, std::string_view value) {
  text_.append(name).append(":").append(value).append("\r\n");
}

void InfoText::decimal(std::string_view name, double value, int digits) {
  field(name, decimal_text(value, digits));
}

void InfoText::size(std::string_view name, std::uint64_t bytes) {
  field(name, bytes);
  field(std::string(name) + "_human", format_size(bytes));
}

std::string decimal_text(double value, int digits) {
  // The largest double has 309 digits before the point.
  std::array<char, 400> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits);
  return {buffer.data(), end.ptr};
}

}  // namespace larder
