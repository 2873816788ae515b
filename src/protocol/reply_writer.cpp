#include "larder/protocol/reply_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

#include "larder/base/check.h"
#include "larder/base/text.h"

namespace larder {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
// Type byte, sign, 19 digits, CR LF.
constexpr std::size_t kHeaderBytesMax = 23;

// Writes "<type><value>\r\n" and returns its end.
inline char* write_header(char* to, char type, std::int64_t value) {
  *to++ = type;
  // The length of nearly every value.
  if (value >= 0 && value < 1'000) {
    const auto number = static_cast<unsigned>(value);
    if (number >= 100) *to++ = static_cast<char>('0' + number / 100);
    if (number >= 10) *to++ = static_cast<char>('0' + number / 10 % 10);
    *to++ = static_cast<char>('0' + number % 10);
  } else {
    to = std::to_chars(to, to + kHeaderBytesMax, value).ptr;
  }
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

// "<type><text>\r\n" with the line ends in `text` made blanks.
void append_line(ReplyBuffer& out, char type, std::string_view prefix, std::string_view text) {
  out.append(type);
  out.append(prefix);
  if (text.find_first_of(kLineEnd) == std::string_view::npos) {
    out.append(text);
  } else {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    out.append(line);
  }
  out.append(kLineEnd);
}

// The codes an error text of ours may begin with. A list, because a sentence may begin with capitals too ("DB index
// ...").
constexpr std::array<std::string_view, 8> kErrorCodes = {"ERR",     "WRONGTYPE", "NOAUTH", "WRONGPASS",
                                                         "NOPROTO", "OOM",       "DENIED", "EXECABORT"};

bool begins_with_code(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  return std::find(kErrorCodes.begin(), kErrorCodes.end(), word) != kErrorCodes.end();
}

// The one place that says how a failure reads on the wire.
std::string_view wire_text(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      break;
    case StatusCode::kNotFound:
      return "ERR no such key";
    case StatusCode::kNotStored:
      return "ERR the condition was not met; nothing was changed";
    case StatusCode::kNeedsRoom:  // the store makes room or reports kOutOfMemory; to a client both are the same
    case StatusCode::kOutOfMemory:
      return "OOM command not allowed when used memory > 'maxmemory'.";
    case StatusCode::kTooLarge:
      return "OOM the item is larger than 'maxmemory' can ever hold";
    case StatusCode::kInvalidArgument:
      return "ERR invalid argument";
    case StatusCode::kIo:
      return "ERR input/output error";
  }
  LARDER_CHECK(!"an error reply needs an error");
  return {};
}

}  // namespace

void ReplyWriter::header(char type, std::int64_t value) {
  out_.append_to(write_header(out_.space(kHeaderBytesMax), type, value));
}

void ReplyWriter::simple(std::string_view text) {
  append_line(out_, '+', {}, text);
}

void ReplyWriter::integer(std::int64_t value) {
  header(':', value);
}

void ReplyWriter::bulk(std::string_view bytes) {
  char* to = out_.space(kHeaderBytesMax + bytes.size() + kLineEnd.size());
  to = write_header(to, '$', static_cast<std::int64_t>(bytes.size()));
  to = std::copy(bytes.begin(), bytes.end(), to);
  out_.append_to(std::copy(kLineEnd.begin(), kLineEnd.end(), to));
}

void ReplyWriter::bulk(BlobRef blob, std::string_view part) {
  if (part.size() < kReferenceBytesMin) {
    bulk(part);
    return;
  }
  header('$', static_cast<std::int64_t>(part.size()));
  out_.append_blob(std::move(blob), part);
  out_.append(kLineEnd);
}

void ReplyWriter::null() {
  out_.append(version_ == RespVersion::k3 ? "_\r\n" : "$-1\r\n");
}

void ReplyWriter::null_array() {
  out_.append(version_ == RespVersion::k3 ? "_\r\n" : "*-1\r\n");
}

void ReplyWriter::boolean(bool value) {
  if (version_ == RespVersion::k3) {
    out_.append(value ? "#t\r\n" : "#f\r\n");
  } else {
    integer(value ? 1 : 0);
  }
}

void ReplyWriter::number(double value) {
  const std::string text = format_double(value);
  if (version_ == RespVersion::k3) {
    append_line(out_, ',', {}, text);
  } else {
    bulk(text);
  }
}

void ReplyWriter::verbatim(std::string_view text) {
  if (version_ == RespVersion::k2) {
    bulk(text);
    return;
  }
  constexpr std::string_view kFormat = "txt:";
  header('=', static_cast<std::int64_t>(kFormat.size() + text.size()));
  out_.append(kFormat);
  out_.append(text);
  out_.append(kLineEnd);
}

void ReplyWriter::array(std::size_t length) {
  header('*', static_cast<std::int64_t>(length));
}

void ReplyWriter::map(std::size_t pairs) {
  if (version_ == RespVersion::k3) {
    header('%', static_cast<std::int64_t>(pairs));
  } else {
    array(2 * pairs);
  }
}

void ReplyWriter::set(std::size_t length) {
  header(version_ == RespVersion::k3 ? '~' : '*', static_cast<std::int64_t>(length));
}

void ReplyWriter::push(std::size_t length) {
  header(version_ == RespVersion::k3 ? '>' : '*', static_cast<std::int64_t>(length));
}

void ReplyWriter::error(std::string_view text) {
  append_line(out_, '-', {}, text);
}

void ReplyWriter::error(const Status& status) {
  LARDER_DCHECK(!status.is_ok());
  if (status.message().empty()) {
    error(status.code());
  } else {
    append_line(out_, '-', begins_with_code(status.message()) ? "" : "ERR ", status.message());
  }
}

void ReplyWriter::error(StatusCode code) {
  append_line(out_, '-', {}, wire_text(code));
}

}  // namespace larder
