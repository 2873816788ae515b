// Any bytes, as one inline line: splitting must stay inside the line, words must survive being quoted and split again,
// and the parser must find the same words as the function.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/check.h"
#include "larder/protocol/resp_parser.h"
#include "support/parser_driver.h"

namespace {

std::string quote(const std::vector<std::string>& words) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string line;
  for (const std::string& word : words) {
    line += line.empty() ? "\"" : " \"";
    for (const char c : word) {
      const auto byte = static_cast<unsigned char>(c);
      line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
    line += '"';
  }
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> words;
  const bool balanced = larder::split_inline(line, words);
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size();
  LARDER_CHECK(bytes <= line.size());

  if (balanced) {
    std::vector<std::string> again;
    LARDER_CHECK(larder::split_inline(quote(words), again) && again == words);
  }

  const bool is_inline_line = line.find_first_of(std::string_view("\n\0", 2)) == std::string::npos &&
                              !line.starts_with('*') && line.size() < larder::limits::kInlineBytesMax;
  if (!is_inline_line) return 0;
  const larder::test::Transcript parsed = larder::test::parse_whole(line + "\r\n");
  LARDER_CHECK(balanced == parsed.error.empty());
  if (balanced) {
    LARDER_CHECK(parsed.requests.size() == (words.empty() ? 0 : 1));
    LARDER_CHECK(words.empty() || parsed.requests.front().arguments == words);
  }
  return 0;
}
