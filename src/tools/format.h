// Figures as text for people, for the reports of all tools. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace larder {

// "1,234,567".
std::string with_separators(std::uint64_t number);
// So many digits behind the point.
std::string fixed(double value, int digits);

using TextRows = std::vector<std::vector<std::string>>;
// Columns: names to the left, figures to the right. REQUIRES: rows are not empty and of one length.
std::string aligned(const TextRows& rows);

}  // namespace larder
