// A report of the advisor for people, in sentences, and for programs, as JSON. Pure functions of it.
#pragma once

#include <string>

#include "larder/advisor/report.h"

namespace larder {

// One sentence or two a line: how well the cache works, what more or less memory and other policies would bring.
std::string advice_text(const AdvisorReport& report);
// One object; docs/ADVISOR.md has its members.
std::string advice_json(const AdvisorReport& report);

}  // namespace larder
