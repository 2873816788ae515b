#include "larder/protocol/resp_parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "larder/base/check.h"
#include "larder/base/text.h"
#include "protocol/inline_words.h"

namespace larder {

namespace {

constexpr std::size_t kLineEndBytes = 2;
// Decimal digits that cannot overflow 32 bits; longer numbers take the slow road.
constexpr std::ptrdiff_t kPlainDigitsMax = 9;

bool fail(ParseResult& result, std::string error) {
  result.state = ParseResult::State::kError;
  result.error = std::move(error);
  return false;
}

// The road nearly every length line takes: one to nine digits without leading zero, CR, and one byte more, all there.
// Sets `value` and moves `at` behind them; leaves `at` and returns false otherwise.
inline bool read_plain_length(std::string_view input, std::size_t& at, std::int64_t& value) {
  const char* const begin = input.data() + at;
  const char* const end = input.data() + input.size();
  // Most have one digit or two.
  if (end - begin >= 4) [[likely]] {
    const std::uint32_t first = static_cast<unsigned char>(begin[0]) - std::uint32_t{'0'};
    const std::uint32_t second = static_cast<unsigned char>(begin[1]) - std::uint32_t{'0'};
    if (begin[1] == '\r' && first <= 9) {
      value = first;
      at += 1 + kLineEndBytes;
      return true;
    }
    if (begin[2] == '\r' && second <= 9 && first - 1 <= 8) {
      value = first * 10 + second;
      at += 2 + kLineEndBytes;
      return true;
    }
  }
  const char* next = begin;
  std::uint32_t number = 0;
  while (next != end) {
    const std::uint32_t digit = static_cast<unsigned char>(*next) - std::uint32_t{'0'};
    if (digit > 9) break;
    if (next - begin == kPlainDigitsMax) return false;
    number = number * 10 + digit;
    ++next;
  }
  if (next == begin || end - next < 2 || *next != '\r' || (*begin == '0' && next - begin > 1)) return false;
  value = number;
  at += static_cast<std::size_t>(next - begin) + kLineEndBytes;
  return true;
}

}  // namespace

ParseResult RespParser::parse(std::string_view input, Request& request) {
  const std::size_t bytes = parse_plain(input, request);
  if (bytes == 0) return parse_any(input, request);
  ParseResult result;
  result.state = ParseResult::State::kRequest;
  result.consumed = bytes;
  return result;
}

ParseResult RespParser::parse_any(std::string_view input, Request& request) {
  ParseResult result;
  request_begin_ = 0;
  std::size_t at = std::min(line_end_left_, input.size());
  line_end_left_ -= at;
  if (line_end_left_ == 0 && (in_request_ || begin_request(input, at, request, result)) &&
      read_arguments(input, at, request, result)) {
    complete(request, at);
    result.state = ParseResult::State::kRequest;
  } else if (result.state != ParseResult::State::kRequest) {
    keep(request, at);
  }
  result.consumed = at;
  return result;
}

std::size_t RespParser::parse_plain(std::string_view input, Request& request) const {
  request.clear();
  if (input.size() > limits::kRequestBufferedBytesMax || input.empty() || input[0] != '*' || !limits_.authenticated ||
      mid_request() || line_end_left_ > 0) {
    return 0;
  }
  std::size_t at = 1;
  std::int64_t arguments = 0;
  bool plain = read_plain_length(input, at, arguments) && arguments > 0 && arguments <= limits_.arguments_max;
  for (; plain && arguments > 0; --arguments) {
    std::int64_t bytes = 0;
    plain = at < input.size() && input[at++] == '$' && read_plain_length(input, at, bytes) &&
            static_cast<std::size_t>(bytes) < std::min(limits::kBodyBytesMin, limits_.bulk_bytes_max) &&
            static_cast<std::size_t>(bytes) + kLineEndBytes <= input.size() - at;
    if (!plain) break;
    request.add(input.substr(at, static_cast<std::size_t>(bytes)));
    at += static_cast<std::size_t>(bytes) + kLineEndBytes;
  }
  if (!plain) {
    request.clear();
    return 0;
  }
  request.set_wire_bytes(at);
  return at;
}

// True: the arguments of an array come next. False with kRequest: an inline request is whole.
bool RespParser::begin_request(std::string_view input, std::size_t& at, Request& request, ParseResult& result) {
  while (at < input.size()) {
    request_begin_ = at;
    if (input[at] == '*') {
      if (!read_argument_count(input, at, result)) return false;
      if (in_request_) return true;
    } else {
      if (!read_inline(input, at, request, result)) return false;
      if (request.empty()) continue;
      result.state = ParseResult::State::kRequest;
      return false;
    }
  }
  return false;
}

bool RespParser::read_inline(std::string_view input, std::size_t& at, Request& request, ParseResult& result) {
  std::string_view line = input.substr(at);
  std::size_t length = 0;
  const LineSearch search = find_line_end(line, '\n', length);
  if (search == LineSearch::kTooLong) return fail(result, "Protocol error: too big inline request");
  if (search == LineSearch::kIncomplete) return false;
  line = line.substr(0, length);
  if (line.ends_with('\r')) line.remove_suffix(1);

  request.reserve_own(line.size());
  std::string& bytes = request.own_bytes();
  InlineWords words(line);
  while (true) {
    const std::size_t begin = bytes.size();
    const InlineWords::Next next = words.next(bytes);
    if (next == InlineWords::Next::kUnbalanced) return fail(result, "Protocol error: unbalanced quotes in request");
    if (next == InlineWords::Next::kEnd) break;
    request.add({bytes.data() + begin, bytes.size() - begin});
  }
  at += length + 1;
  request.set_wire_bytes(length + 1);
  return true;
}

bool RespParser::read_argument_count(std::string_view input, std::size_t& at, ParseResult& result) {
  std::size_t behind = at + 1;
  std::int64_t count = 0;
  if (!read_plain_length(input, behind, count)) {
    std::size_t length = 0;
    const LineSearch search = find_line_end(input.substr(at), '\r', length);
    if (search == LineSearch::kTooLong) return fail(result, "Protocol error: too big mbulk count string");
    if (search == LineSearch::kIncomplete) return false;
    const auto number = parse_int64(input.substr(at + 1, length - 1));
    if (!number) return fail(result, "Protocol error: invalid multibulk length");
    count = *number;
    behind = at + length + kLineEndBytes;
  }
  line_searched_ = 0;
  if (count > limits_.arguments_max) return fail(result, "Protocol error: invalid multibulk length");
  if (!limits_.authenticated && count > limits::kUnauthenticatedArgumentsMax) {
    return fail(result, "Protocol error: unauthenticated multibulk length");
  }
  at = behind;
  if (count > 0) {
    in_request_ = true;
    arguments_left_ = count;
  }
  return true;
}

// True: the request is whole.
bool RespParser::read_arguments(std::string_view input, std::size_t& at, Request& request, ParseResult& result) {
  while (arguments_left_ > 0) {
    if (bulk_bytes_ < 0 && !read_bulk_length(input, at, result)) return false;
    const auto bytes = static_cast<std::size_t>(bulk_bytes_);
    if (bytes >= limits::kBodyBytesMin) {
      result.state = ParseResult::State::kNeedBody;
      result.body_bytes = bytes;
      return false;
    }
    if (input.size() - at < bytes + kLineEndBytes) return false;
    request.add(input.substr(at, bytes));
    // As Redis, the two bytes behind an argument are passed over unseen.
    at += bytes + kLineEndBytes;
    bulk_bytes_ = -1;
    --arguments_left_;
  }
  return true;
}

bool RespParser::read_bulk_length(std::string_view input, std::size_t& at, ParseResult& result) {
  if (at == input.size()) return false;
  std::size_t behind = at + 1;
  std::int64_t bytes = 0;
  if (input[at] != '$' || !read_plain_length(input, behind, bytes)) {
    std::size_t length = 0;
    const LineSearch search = find_line_end(input.substr(at), '\r', length);
    if (search == LineSearch::kTooLong) return fail(result, "Protocol error: too big bulk count string");
    if (search == LineSearch::kIncomplete) return false;
    if (input[at] != '$') return fail(result, std::string("Protocol error: expected '$', got '") + input[at] + "'");
    const auto number = parse_int64(input.substr(at + 1, length - 1));
    if (!number || *number < 0) return fail(result, "Protocol error: invalid bulk length");
    bytes = *number;
    behind = at + length + kLineEndBytes;
  }
  line_searched_ = 0;
  const auto size = static_cast<std::size_t>(bytes);
  if (size > limits_.bulk_bytes_max) return fail(result, "Protocol error: invalid bulk length");
  if (!limits_.authenticated && size > limits::kUnauthenticatedBulkBytesMax) {
    return fail(result, "Protocol error: unauthenticated bulk length");
  }
  if (size < limits::kBodyBytesMin) {
    argument_bytes_ += size;
    if (argument_bytes_ > limits::kRequestBufferedBytesMax) return fail(result, "Protocol error: request too large");
  }
  at = behind;
  bulk_bytes_ = bytes;
  return true;
}

// Looks for the terminator of the line at the front of `line`, from where the last call for it stopped. A CR counts
// only once the byte behind it (the LF, which Redis does not look at either) is there too. A NUL hides the rest of the
// line, as in Redis: such a line ends by growing too long.
RespParser::LineSearch RespParser::find_line_end(std::string_view line, char terminator, std::size_t& length) {
  const std::size_t needed_behind = terminator == '\r' ? 1 : 0;
  const std::string_view fresh = line.substr(std::min(line_searched_, line.size()));
  const std::size_t found = line_has_nul_ ? std::string_view::npos : fresh.find(terminator);
  line_has_nul_ = line_has_nul_ || fresh.substr(0, found).find('\0') != std::string_view::npos;
  if (found == std::string_view::npos || line_has_nul_) {
    line_searched_ = line.size();
    return line.size() > limits::kInlineBytesMax ? LineSearch::kTooLong : LineSearch::kIncomplete;
  }
  length = line.size() - fresh.size() + found;
  if (length > limits::kInlineBytesMax) return LineSearch::kTooLong;
  if (line.size() - length <= needed_behind) {
    line_searched_ = length;
    return LineSearch::kIncomplete;
  }
  line_searched_ = 0;
  return LineSearch::kFound;
}

// Hands over a whole request: what was kept of it, and behind it what this call found.
void RespParser::complete(Request& request, std::size_t consumed) {
  if (!partial_.empty()) {
    for (const std::string_view argument : request.arguments()) partial_.add(argument);
    request = std::exchange(partial_, Request());
  }
  request.set_wire_bytes(wire_bytes_ + consumed - request_begin_);
  in_request_ = false;
  argument_bytes_ = 0;
  wire_bytes_ = 0;
}

// Keeps what this call found of an unfinished request, so that its bytes may be dropped.
void RespParser::keep(Request& request, std::size_t consumed) {
  for (const std::string_view argument : request.arguments()) partial_.add_own(argument);
  request.clear();
  if (in_request_) wire_bytes_ += consumed - request_begin_;
}

void RespParser::body_received(BlobRef body) {
  LARDER_DCHECK(bulk_bytes_ >= static_cast<std::int64_t>(limits::kBodyBytesMin));
  LARDER_DCHECK(body && static_cast<std::int64_t>(body->size()) == bulk_bytes_);
  partial_.add_blob(std::move(body));
  body_done();
}

void RespParser::body_skipped() {
  LARDER_DCHECK(bulk_bytes_ >= static_cast<std::int64_t>(limits::kBodyBytesMin));
  partial_.add_skipped();
  body_done();
}

void RespParser::body_done() {
  wire_bytes_ += static_cast<std::size_t>(bulk_bytes_);
  bulk_bytes_ = -1;
  --arguments_left_;
  line_end_left_ = kLineEndBytes;
}

bool RespParser::mid_request() const {
  return in_request_ || line_searched_ > 0;
}

std::size_t RespParser::buffered_bytes() const {
  return partial_.own_bytes().capacity() + partial_.size() * sizeof(std::string_view);
}

}  // namespace larder
