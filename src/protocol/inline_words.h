// The words of an inline request, one after the other. Quoting as redis-cli's: see split_inline in resp_parser.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace larder {

class InlineWords {
 public:
  enum class Next : std::uint8_t { kWord, kEnd, kUnbalanced };

  // `line` has no line end; it must outlive this.
  explicit InlineWords(std::string_view line) : rest_(line) {}

  // Appends the next word to `bytes`. A word never takes more bytes than it had in the line.
  Next next(std::string& bytes);

 private:
  // Each reads on behind the opening quote up to and with the closing one. False: there is none, or a word goes on
  // behind it.
  bool double_quoted(std::string& bytes);
  bool single_quoted(std::string& bytes);
  bool quote_ends_word() const;
  char escaped();

  std::string_view rest_;
};

}  // namespace larder
