#include "protocol/inline_words.h"

#include <vector>

#include "larder/protocol/resp_parser.h"

namespace larder {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
// Redis passes over these two between words as well, but does not end a word at them.
constexpr std::string_view kBlanksBetweenWords = " \t\r\n\v\f";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char escape_value(char letter) {
  switch (letter) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return letter;
  }
}

}  // namespace

InlineWords::Next InlineWords::next(std::string& bytes) {
  const std::size_t begin = rest_.find_first_not_of(kBlanksBetweenWords);
  if (begin == std::string_view::npos) return Next::kEnd;
  rest_.remove_prefix(begin);
  while (!rest_.empty() && kBlanks.find(rest_.front()) == std::string_view::npos) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c != '"' && c != '\'') {
      bytes.push_back(c);
      continue;
    }
    // A closing quote ends the word, so quotes may open in its middle but not be followed by more of it.
    return (c == '"' ? double_quoted(bytes) : single_quoted(bytes)) ? Next::kWord : Next::kUnbalanced;
  }
  return Next::kWord;
}

bool InlineWords::double_quoted(std::string& bytes) {
  while (!rest_.empty()) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '"') return quote_ends_word();
    bytes.push_back(c == '\\' && !rest_.empty() ? escaped() : c);
  }
  return false;
}

bool InlineWords::single_quoted(std::string& bytes) {
  while (!rest_.empty()) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '\'') return quote_ends_word();
    if (c == '\\' && !rest_.empty() && rest_.front() == '\'') {
      bytes.push_back('\'');
      rest_.remove_prefix(1);
    } else {
      bytes.push_back(c);
    }
  }
  return false;
}

bool InlineWords::quote_ends_word() const {
  return rest_.empty() || kBlanksBetweenWords.find(rest_.front()) != std::string_view::npos;
}

// The byte that the escape at the front (behind its backslash) stands for.
char InlineWords::escaped() {
  const char letter = rest_.front();
  if (letter == 'x' && rest_.size() >= 3 && hex_digit(rest_[1]) >= 0 && hex_digit(rest_[2]) >= 0) {
    const int value = hex_digit(rest_[1]) * 16 + hex_digit(rest_[2]);
    rest_.remove_prefix(3);
    return static_cast<char>(value);
  }
  rest_.remove_prefix(1);
  return escape_value(letter);
}

bool split_inline(std::string_view line, std::vector<std::string>& words) {
  words.clear();
  InlineWords reader(line);
  while (true) {
    std::string word;
    switch (reader.next(word)) {
      case InlineWords::Next::kWord:
        words.push_back(std::move(word));
        break;
      case InlineWords::Next::kEnd:
        return true;
      case InlineWords::Next::kUnbalanced:
        return false;
    }
  }
}

}  // namespace larder
