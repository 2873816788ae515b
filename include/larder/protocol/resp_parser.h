// Incremental parser of RESP requests (arrays of bulk strings, as RESP2 and RESP3 clients send them) and inline requests
// (a line of words with quoting, as telnet sends them). A pure function of the bytes and of what it kept: no I/O, no clock.
// Source: protocol/RESP.md; behaviour at the edges as Redis 7's networking.c.
//
// CONTRACT. parse(input, request) looks at `input`, the connection's unconsumed bytes, and answers one of:
//   kRequest    one whole request; `consumed` bytes belong to it. Its views point into `input` (and into the request).
//   kNeedMore   `input` ends inside a request. `consumed` bytes are absorbed (arguments that are whole are kept inside the
//               parser) and may be dropped; call again with the rest and more behind it.
//   kNeedBody   an argument of `body_bytes` >= limits::kBodyBytesMin comes next; everything before it is consumed. The caller
//               receives exactly that many bytes from the front of the rest, however it likes, hands them over with
//               body_received() (or body_skipped()), and calls parse again with what follows them.
//   kError      the stream cannot be understood: `error` is the text after "-ERR " that Redis would send; close after it.
// Empty requests ("\r\n", "*0\r\n") are passed over silently. One parser a connection; nothing shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/limits.h"
#include "larder/protocol/request.h"

namespace larder {

struct ParseLimits {
  std::int64_t arguments_max = limits::kRequestArgumentsMax;
  std::size_t bulk_bytes_max = limits::kValueBytesMax;
  bool authenticated = true;  // false: Redis's tighter limits and error texts for strangers
};

struct ParseResult {
  enum class State : std::uint8_t { kRequest, kNeedMore, kNeedBody, kError };
  State state = State::kNeedMore;
  std::size_t consumed = 0;
  std::size_t body_bytes = 0;
  std::string error;
};

class RespParser {
 public:
  ParseResult parse(std::string_view input, Request& request);

  // REQUIRES: the last answer was kNeedBody.
  void body_received(BlobRef body);
  void body_skipped();

  void set_limits(const ParseLimits& limits) { limits_ = limits; }
  // True while a request has begun and is not whole.
  bool mid_request() const;
  // The arguments kept of an unfinished request: whole ones only. For deciding about a body before it is read.
  const Request& partial() const { return partial_; }
  // Bytes kept of an unfinished request, bodies aside.
  std::size_t buffered_bytes() const;

 private:
  // The implementer completes this part.
  ParseLimits limits_;
  Request partial_;
};

// Splits an inline request into words by redis-cli's rules: "..." with \n \r \t \b \a \\ \" and \xHH, '...' with \'.
// False: unbalanced quotes.
bool split_inline(std::string_view line, std::vector<std::string>& words);

}  // namespace larder
