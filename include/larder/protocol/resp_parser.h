// Incremental parser of RESP requests (arrays of bulk strings, as RESP2 and RESP3 clients send them) and inline
// requests (a line of words with quoting, as telnet sends them). A pure function of the bytes and of what it kept: no
// I/O, no clock. Source: protocol/RESP.md; behaviour at the edges as Redis 7's networking.c.
//
// CONTRACT. parse(input, request) looks at `input`, the connection's unconsumed bytes, and answers one of:
//   kRequest    one whole request; `consumed` bytes belong to it. Its views point into `input` (and into the request).
//   kNeedMore   `input` ends inside a request. `consumed` bytes are absorbed (arguments that are whole are kept inside
//               the parser) and may be dropped; call again with the rest and more behind it.
//   kNeedBody   an argument of `body_bytes` >= limits::kBodyBytesMin comes next; everything before it is consumed. The
//               caller receives exactly that many bytes from the front of the rest, however it likes, hands them over
//               with body_received() (or body_skipped()), and calls parse again with what follows them.
//   kError      the stream cannot be understood: `error` is the text after "-ERR " that Redis would send; close after.
// Empty requests ("\r\n", "*0\r\n") are passed over silently. After kRequest the parser is ready for the next request;
// after kError it is of no further use. How the bytes are cut into calls makes no difference to the requests and errors
// found, and no byte is looked at more than twice: time is linear however they come. One parser a connection; nothing
// shared.
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
  // The two halves of it, for whoever has many to read. First the road nearly every request takes: an array of
  // arguments that begins and ends in this input, with nothing unusual about it. Returns its bytes; 0, and `request` is
  // empty, for whatever else.
  std::size_t parse_plain(std::string_view input, Request& request) const;
  // Then the road for everything. REQUIRES: `request` is empty.
  ParseResult parse_any(std::string_view input, Request& request);

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
  enum class LineSearch : std::uint8_t { kFound, kIncomplete, kTooLong };

  // Each reads on at `at`. True: go on. False: stop, with the answer in `result`.
  bool begin_request(std::string_view input, std::size_t& at, Request& request, ParseResult& result);
  bool read_inline(std::string_view input, std::size_t& at, Request& request, ParseResult& result);
  bool read_argument_count(std::string_view input, std::size_t& at, ParseResult& result);
  bool read_arguments(std::string_view input, std::size_t& at, Request& request, ParseResult& result);
  bool read_bulk_length(std::string_view input, std::size_t& at, ParseResult& result);

  LineSearch find_line_end(std::string_view line, char terminator, std::size_t& length);
  void complete(Request& request, std::size_t consumed);
  void keep(Request& request, std::size_t consumed);
  void body_done();

  ParseLimits limits_;
  Request partial_;
  bool in_request_ = false;          // the argument count has been read and the request is not whole
  std::int64_t arguments_left_ = 0;  // not yet read of it
  std::int64_t bulk_bytes_ = -1;     // length of the argument that comes next; -1: its length line comes next
  std::size_t line_end_left_ = 0;    // bytes of the CR LF behind a body not yet passed
  std::size_t argument_bytes_ = 0;   // of this request's arguments so far, bodies aside
  std::size_t wire_bytes_ = 0;       // of this request in earlier calls
  std::size_t request_begin_ = 0;    // where in this call's input its bytes begin
  std::size_t line_searched_ = 0;    // bytes of the line at the input's front that hold no terminator
  bool line_has_nul_ = false;
};

// Splits an inline request into words by redis-cli's rules: "..." with \n \r \t \b \a \\ \" and \xHH, '...' with \'.
// False: unbalanced quotes.
bool split_inline(std::string_view line, std::vector<std::string>& words);

}  // namespace larder
