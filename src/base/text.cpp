#include "larder/base/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace larder {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

template <class Float>
std::optional<Float> parse_float(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  std::string_view digits = text;
  if (negative || (!text.empty() && text.front() == '+')) digits.remove_prefix(1);
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.' || lower(digits.front()) == 'i')) return {};
  Float value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || std::isnan(value)) return {};
  return negative ? -value : value;
}

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<SizeUnit, 10> kSizeUnits = {{{"", 1},
                                                  {"b", 1},
                                                  {"k", 1'000},
                                                  {"kb", 1ULL << 10},
                                                  {"m", 1'000'000},
                                                  {"mb", 1ULL << 20},
                                                  {"g", 1'000'000'000},
                                                  {"gb", 1ULL << 30},
                                                  {"t", 1'000'000'000'000},
                                                  {"tb", 1ULL << 40}}};

// Matches one class "[...]" at the front of `pattern` (which begins with '['); sets `rest` to what follows it.
bool class_match(std::string_view pattern, char c, bool ignore_case, std::string_view& rest) {
  const auto fold = [ignore_case](char x) { return ignore_case ? lower(x) : x; };
  std::size_t at = 1;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool matched = false;
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      matched |= fold(pattern[at]) == fold(c);
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      unsigned char low = static_cast<unsigned char>(fold(pattern[at]));
      unsigned char high = static_cast<unsigned char>(fold(pattern[at + 2]));
      if (low > high) std::swap(low, high);
      const auto value = static_cast<unsigned char>(fold(c));
      matched |= low <= value && value <= high;
      at += 2;
    } else {
      matched |= fold(pattern[at]) == fold(c);
    }
    ++at;
  }
  rest = pattern.substr(std::min(at + 1, pattern.size()));
  return matched != negated;
}

// Matches one element that is not '*' at the front of `pattern` against `c`; sets `rest` to what follows it.
bool element_match(std::string_view pattern, char c, bool ignore_case, std::string_view& rest) {
  if (pattern.front() == '[') return class_match(pattern, c, ignore_case, rest);
  if (pattern.front() == '?') {
    rest = pattern.substr(1);
    return true;
  }
  if (pattern.front() == '\\' && pattern.size() >= 2) pattern.remove_prefix(1);
  rest = pattern.substr(1);
  return ignore_case ? lower(pattern.front()) == lower(c) : pattern.front() == c;
}

}  // namespace

std::optional<std::int64_t> parse_int64(std::string_view text) {
  std::string_view digits = text;
  if (!digits.empty() && digits.front() == '-') digits.remove_prefix(1);
  if (digits.empty() || !is_digit(digits.front())) return {};
  if (digits.front() == '0' && (digits.size() > 1 || digits.size() != text.size())) return {};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<std::uint64_t> parse_uint64(std::string_view text) {
  if (text.empty() || !is_digit(text.front()) || (text.front() == '0' && text.size() > 1)) return {};
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  return parse_float<double>(text);
}
std::optional<long double> parse_long_double(std::string_view text) {
  return parse_float<long double>(text);
}

std::string format_long_double(long double value) {
  std::array<char, 5 * 1024> buffer;
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.17Lf", value);
  if (length <= 0 || static_cast<std::size_t>(length) >= buffer.size() || !std::isfinite(value)) return {};
  std::string text(buffer.data(), static_cast<std::size_t>(length));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string format_double(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 64> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  static_cast<void>(error);
  return {buffer.data(), end};
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::string_view number = text.substr(0, digits);
  const std::string unit = digits == std::string_view::npos ? "" : to_lower(text.substr(digits));
  const auto value = parse_uint64(number);
  for (const SizeUnit& known : kSizeUnits) {
    if (!value || known.name != unit) continue;
    if (*value > std::numeric_limits<std::uint64_t>::max() / known.bytes) {
      return Status::invalid("'" + printable(text) + "' is too large a size");
    }
    return *value * known.bytes;
  }
  return Status::invalid("'" + printable(text) + "' is not a size; write for example 1048576, 64kb, 512mb or 2gb");
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<char, 6> kSuffixes = {'B', 'K', 'M', 'G', 'T', 'P'};
  auto value = static_cast<double>(bytes);
  std::size_t suffix = 0;
  while (value >= 1024 && suffix + 1 < kSuffixes.size()) {
    value /= 1024;
    ++suffix;
  }
  std::array<char, 64> buffer;
  std::snprintf(buffer.data(), buffer.size(), suffix == 0 ? "%.0f%c" : "%.2f%c", value, kSuffixes[suffix]);
  return buffer.data();
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string to_upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = upper(c);
  return result;
}

// Greedy with one point to go back to: when an element does not match, the latest '*' takes one more byte. Earlier
// stars never need another try, so the cost is at most |pattern| x |text|.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  bool have_star = false;
  std::string_view star_pattern;
  std::string_view star_text;
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      while (!pattern.empty() && pattern.front() == '*') pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      have_star = true;
      star_pattern = pattern;
      star_text = text;
      continue;
    }
    if (text.empty()) return pattern.empty();
    std::string_view rest;
    if (!pattern.empty() && element_match(pattern, text.front(), ignore_case, rest)) {
      pattern = rest;
      text.remove_prefix(1);
      continue;
    }
    if (!have_star) return false;
    star_text.remove_prefix(1);
    pattern = star_pattern;
    text = star_text;
  }
}

std::string printable(std::string_view bytes, std::size_t max_bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, max_bytes)) {
    if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += "\\x";
      text += kHex[static_cast<unsigned char>(c) >> 4];
      text += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  if (bytes.size() > max_bytes) text += "...";
  return text;
}

}  // namespace larder
