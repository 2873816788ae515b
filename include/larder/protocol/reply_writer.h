// Writes RESP replies: one call a reply element, in the version the client speaks. What exists only in RESP3 (map, set,
// null, double, boolean, push, verbatim string, big number) falls back to what Redis sends a RESP2 client in its place.
// Also the one place where a Status becomes wire text. Source: protocol/RESP.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "larder/base/limits.h"
#include "larder/base/status.h"
#include "larder/protocol/reply_buffer.h"

namespace larder {

enum class RespVersion : std::uint8_t { k2 = 2, k3 = 3 };

class ReplyWriter {
 public:
  // Part of a blob as long as this is sent from where it lies; a shorter one is cheaper copied than referenced.
  static constexpr std::size_t kReferenceBytesMin = limits::kBodyBytesMin;

  ReplyWriter(ReplyBuffer& out, RespVersion version) : out_(out), version_(version) {}

  RespVersion version() const { return version_; }
  void set_version(RespVersion version) { version_ = version; }
  ReplyBuffer& buffer() { return out_; }

  void ok() { out_.append("+OK\r\n"); }
  void simple(std::string_view text);
  void integer(std::int64_t value);
  void bulk(std::string_view bytes);
  // Sent from the blob where it is large, copied where it is small. `part` lies inside it.
  void bulk(BlobRef blob, std::string_view part);
  void null();                           // $-1 or _
  void null_array();                     // *-1 or _
  void boolean(bool value);              // RESP2: 1 or 0
  void number(double value);             // RESP2: a bulk string
  void verbatim(std::string_view text);  // =txt: in RESP3, a bulk string in RESP2
  void array(std::size_t length);
  void map(std::size_t pairs);    // RESP2: an array of twice as many
  void set(std::size_t length);   // RESP2: an array
  void push(std::size_t length);  // RESP2: an array

  // "-" text. The text begins with its code ("ERR ...", "WRONGTYPE ..."); CR and LF in it become blanks.
  void error(std::string_view text);
  // REQUIRES: not ok. A message that does not begin with a code of its own gets "ERR ".
  void error(const Status& status);
  void error(StatusCode code);

 private:
  void header(char type, std::int64_t value);

  ReplyBuffer& out_;
  RespVersion version_;
};

}  // namespace larder
