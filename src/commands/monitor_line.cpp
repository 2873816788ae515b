#include "commands/monitor_line.h"

#include <algorithm>

#include "commands/redaction.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::size_t kUsDigits = 6;

// The letter behind the backslash; 0: there is none.
char escape_letter(char c) {
  switch (c) {
    case '\\':
    case '"':
      return c;
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    default:
      return 0;
  }
}

void append_escaped(std::string& text, std::string_view bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const char letter = escape_letter(c);
    const auto byte = static_cast<unsigned char>(c);
    if (letter != 0) {
      text += '\\';
      text += letter;
    } else if (byte < ' ' || byte > '~') {
      text += "\\x";
      text += kHexDigits[byte >> 4];
      text += kHexDigits[byte & 0xf];
    } else {
      text += c;
    }
  }
}

void append_argument(std::string& text, std::string_view argument) {
  text += " \"";
  append_escaped(text, argument.substr(0, limits::kMonitorArgumentBytesMax));
  if (argument.size() > limits::kMonitorArgumentBytesMax) {
    text += "... (" + std::to_string(argument.size() - limits::kMonitorArgumentBytesMax) + " more bytes)";
  }
  text += '"';
}

}  // namespace

void append_monitor_line(std::string& lines, const MonitoredCommand& monitored, const RuntimeConfig& config) {
  const std::string us = std::to_string(monitored.unix_us % kUsPerSecond);
  lines += '+' + std::to_string(monitored.unix_us / kUsPerSecond) + '.' + std::string(kUsDigits - us.size(), '0') + us;
  lines += " [" + std::to_string(monitored.client.database.load(std::memory_order_relaxed)) + ' ' +
           shown_address(monitored.client.info) + ']';
  const Request& request = monitored.request;
  const std::size_t shown = std::min(request.size(), limits::kMonitorArgumentsMax);
  for (std::size_t i = 0; i < shown; ++i) {
    append_argument(lines, is_secret(monitored.command, request, i, config) ? kRedacted : request[i]);
  }
  if (shown < request.size()) {
    append_argument(lines, "... (" + std::to_string(request.size() - shown) + " more arguments)");
  }
  lines += "\r\n";
}

}  // namespace larder
