#include "tools/format.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

namespace larder {

namespace {

constexpr std::size_t kColumnGap = 2;

}  // namespace

std::string with_separators(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string fixed(double value, int digits) {
  std::array<char, 64> buffer;
  std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, value);
  return buffer.data();
}

std::string aligned(const TextRows& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line = row[0];
    for (std::size_t i = 1; i < row.size(); ++i) {
      line.resize(line.size() + (i == 1 ? widths[0] - row[0].size() : 0) + kColumnGap + widths[i] - row[i].size(), ' ');
      line += row[i];
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace larder
