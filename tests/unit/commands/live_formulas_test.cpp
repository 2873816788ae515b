// The formulas of docs/OPERATIONS.md, "With live values": each is computed from the fields of INFO and compared with
// the field that reports it.
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "commands/sampling.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

using Fields = std::map<std::string, double>;

// "a / (b + c)": names of fields, numbers, + - * / and parentheses.
class Formula {
 public:
  Formula(std::string text, const Fields& fields) : text_(std::move(text)), fields_(fields) {}

  double value() {
    const double sum = this->sum();
    EXPECT_EQ(at_, text_.size()) << "what is this in " << text_;
    return sum;
  }

 private:
  bool take(char wanted) {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  double sum() {
    double value = product();
    for (;;) {
      if (take('+')) {
        value += product();
      } else if (take('-')) {
        value -= product();
      } else {
        return value;
      }
    }
  }
  double product() {
    double value = part();
    for (;;) {
      if (take('*')) {
        value *= part();
      } else if (take('/')) {
        value /= part();
      } else {
        return value;
      }
    }
  }
  double part() {
    if (take('(')) {
      const double value = sum();
      EXPECT_TRUE(take(')')) << text_;
      return value;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_' || text_[at_] == '.'))
      ++at_;
    const std::string name = text_.substr(begin, at_ - begin);
    if (!name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) != 0) return std::stod(name);
    const auto field = fields_.find(name);
    EXPECT_NE(field, fields_.end()) << "INFO has no " << name;
    return field == fields_.end() ? NAN : field->second;
  }

  const std::string text_;
  const Fields& fields_;
  std::size_t at_ = 0;
};

struct Row {
  std::string figure;
  std::string formula;
  std::string reported;
};

std::vector<Row> rows_of_manual() {
  std::ifstream manual(LARDER_SOURCE_DIR "/docs/OPERATIONS.md");
  std::vector<Row> rows;
  bool in_section = false;
  for (std::string line; std::getline(manual, line);) {
    if (line.starts_with("#")) in_section = line == "### With live values";
    if (!in_section || !line.starts_with("| ") || line.starts_with("| Figure") || line.starts_with("| ---")) continue;
    std::vector<std::string> cells;
    for (std::size_t at = 2; at < line.size();) {
      const std::size_t end = std::min(line.find(" |", at), line.size());
      std::string cell = line.substr(at, end - at);
      std::erase(cell, '`');
      cells.push_back(cell);
      at = end + 3;
    }
    if (cells.size() >= 3) rows.push_back({cells[0], cells[1], cells[2]});
  }
  return rows;
}

Fields fields_of(CommandRunner& runner) {
  const std::string text = runner.run({"INFO", "everything"});
  Fields fields;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 2;
    const std::size_t colon = line.find(':');
    char* rest = nullptr;
    const double value = colon == std::string::npos ? 0 : std::strtod(line.c_str() + colon + 1, &rest);
    if (colon != std::string::npos && rest != line.c_str() + colon + 1) fields[line.substr(0, colon)] = value;
  }
  return fields;
}

TEST(LiveFormulas, EachGivesWhatTheServerReports) {
  CommandRunner runner({.maxmemory_bytes = 8 << 20});
  const auto sample = [&] {
    runner.statistics().series().add(take_sample({runner.statistics(), runner.store(), runner.net(), runner.clock()}));
  };
  sample();
  // Misses that are loaded, hits, small items and large ones, room that was used and is free again.
  for (int i = 0; i < 400; ++i) {
    const std::string key = "key:" + std::to_string(i % 300);
    if (runner.run({"GET", key}) != "$-1\r\n") continue;
    runner.advance_ms(5);
    runner.run({"SET", key, std::string(i % 10 == 0 ? 100'000 : 500, 'v')});
  }
  for (int i = 0; i < 50; ++i) runner.run({"DEL", "key:" + std::to_string(i)});
  runner.advance_ms(2'000);
  sample();
  const Fields fields = fields_of(runner);
  const std::vector<Row> rows = rows_of_manual();
  ASSERT_GE(rows.size(), 8U);
  for (const Row& row : rows) {
    const double computed = Formula(row.formula, fields).value();
    ASSERT_TRUE(fields.contains(row.reported)) << row.reported;
    const double reported = fields.at(row.reported);
    EXPECT_GT(reported, 0) << row.figure << ": the example says nothing";
    // Reported figures are rounded, and so are those that a formula is made of.
    EXPECT_NEAR(computed, reported, std::max(0.01, 0.001 * reported)) << row.figure << ": " << row.formula;
  }
}

}  // namespace
}  // namespace larder::test
