#include <algorithm>
#include <charconv>

#include "support/vectors.h"

namespace larder::test {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

using State = MatchResult::State;

// Each looks for one thing at the front of `reply` from `at` on, and moves `at` behind it only when it is whole and
// right.
State match_bytes(std::string_view wanted, std::string_view reply, std::size_t& at) {
  const std::string_view there = reply.substr(at, wanted.size());
  const auto [in_reply, in_wanted] = std::mismatch(there.begin(), there.end(), wanted.begin());
  at += static_cast<std::size_t>(in_reply - there.begin());
  if (in_wanted == wanted.end()) return State::kWhole;
  return in_reply == there.end() ? State::kPrefix : State::kMismatch;
}

State match_integer(std::string_view reply, std::size_t& at) {
  std::size_t end = at;
  if (end < reply.size() && reply[end] == '-') ++end;
  const std::size_t digits = end;
  while (end < reply.size() && reply[end] >= '0' && reply[end] <= '9') ++end;
  if (end == reply.size()) return State::kPrefix;
  if (end == digits) return State::kMismatch;
  at = end;
  return State::kWhole;
}

State match_line(std::string_view reply, std::size_t& at) {
  const std::size_t end = reply.find(kLineEnd, at);
  if (end == std::string_view::npos) return State::kPrefix;
  at = end;
  return State::kWhole;
}

struct ReplyHeader {
  char type = 0;
  long length = 0;  // of types that announce one
};

State read_header(std::string_view reply, std::size_t& at, ReplyHeader& header) {
  const std::size_t end = reply.find(kLineEnd, at);
  if (end == std::string_view::npos) return State::kPrefix;
  const std::string_view line = reply.substr(at, end - at);
  constexpr std::string_view kTypes = "+-:_,#($=!*~>%|";
  constexpr std::string_view kTypesWithLength = "$=!*~>%|";
  if (line.empty() || kTypes.find(line.front()) == std::string_view::npos) return State::kMismatch;
  header.type = line.front();
  if (kTypesWithLength.find(header.type) != std::string_view::npos) {
    const auto [number_end, error] = std::from_chars(line.data() + 1, line.data() + line.size(), header.length);
    if (error != std::errc{} || number_end != line.data() + line.size() || header.length < -1) return State::kMismatch;
  }
  at = end + kLineEnd.size();
  return State::kWhole;
}

State skip_payload(std::string_view reply, std::size_t& at, long length, std::string_view& payload) {
  if (length < 0) return State::kMismatch;
  const auto bytes = static_cast<std::size_t>(length);
  if (reply.size() - at < bytes + kLineEnd.size()) return State::kPrefix;
  payload = reply.substr(at, bytes);
  if (reply.substr(at + bytes, kLineEnd.size()) != kLineEnd) return State::kMismatch;
  at += bytes + kLineEnd.size();
  return State::kWhole;
}

State match_bulk(std::string_view content, std::string_view reply, std::size_t& at) {
  std::size_t end = at;
  ReplyHeader header;
  std::string_view payload;
  State state = read_header(reply, end, header);
  if (state != State::kWhole) return state;
  if (header.type != '$' && header.type != '=') return State::kMismatch;
  state = skip_payload(reply, end, header.length, payload);
  if (state != State::kWhole) return state;
  if (payload.find(content) == std::string_view::npos) return State::kMismatch;
  at = end;
  return State::kWhole;
}

State match_reply(std::string_view reply, std::size_t& at) {
  std::size_t end = at;
  for (long left = 1; left > 0; --left) {
    ReplyHeader header;
    State state = read_header(reply, end, header);
    if (state != State::kWhole) return state;
    std::string_view payload;
    const bool is_null = header.length < 0;
    if (std::string_view("$=!").find(header.type) != std::string_view::npos && !is_null) {
      state = skip_payload(reply, end, header.length, payload);
      if (state != State::kWhole) return state;
    }
    if (std::string_view("*~>").find(header.type) != std::string_view::npos && !is_null) left += header.length;
    if (header.type == '%') left += 2 * header.length;
    if (header.type == '|') left += 2 * header.length + 1;
  }
  at = end;
  return State::kWhole;
}

State match_part(const ReplyPart& part, std::string_view reply, std::size_t& at) {
  switch (part.kind) {
    case ReplyPart::Kind::kBytes:
      return match_bytes(part.bytes, reply, at);
    case ReplyPart::Kind::kInteger:
      return match_integer(reply, at);
    case ReplyPart::Kind::kLine:
      return match_line(reply, at);
    case ReplyPart::Kind::kBulk:
      return match_bulk(part.bytes, reply, at);
    case ReplyPart::Kind::kReply:
      return match_reply(reply, at);
  }
  return State::kMismatch;
}

std::string escaped(std::string_view bytes) {
  constexpr std::size_t kShownMax = 160;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, kShownMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (byte < 0x20 || byte > 0x7e) {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      text += c;
    }
  }
  return bytes.size() > kShownMax ? text + "..." : text;
}

std::string describe(const ReplyPart& part, std::size_t bytes_matched) {
  switch (part.kind) {
    case ReplyPart::Kind::kBytes:
      return "\"" + escaped(std::string_view(part.bytes).substr(bytes_matched)) + "\"";
    case ReplyPart::Kind::kInteger:
      return "a number";
    case ReplyPart::Kind::kLine:
      return "the rest of a line";
    case ReplyPart::Kind::kBulk:
      return "a bulk string with \"" + escaped(part.bytes) + "\" in it";
    case ReplyPart::Kind::kReply:
      return "a reply";
  }
  return {};
}

}  // namespace

MatchResult match(const Vector& vector, std::string_view reply) {
  MatchResult result;
  for (const ReplyPart& part : vector.reply) {
    const std::size_t begin = result.at;
    result.state = match_part(part, reply, result.at);
    if (result.state == State::kWhole) continue;
    result.explanation = vector.title() + ": at byte " + std::to_string(result.at) + " expected " +
                         describe(part, result.at - begin) + ", got \"" + escaped(reply.substr(result.at)) + "\"";
    return result;
  }
  result.state = result.at == reply.size() ? State::kWhole : State::kMismatch;
  if (result.state == State::kMismatch) {
    result.explanation = vector.title() + ": nothing more expected at byte " + std::to_string(result.at) + ", got \"" +
                         escaped(reply.substr(result.at)) + "\"";
  }
  return result;
}

}  // namespace larder::test
