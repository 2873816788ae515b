// Where the RESP requests of a connection end, and no more of them than the null server needs: array and bulk lengths
// are read, and the first letter of the command; what lies in between is passed over. Pure functions of bytes; one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder::bench {

class NullFraming {
 public:
  enum class Event : std::uint8_t {
    kMore,     // input ends within a request; call again with what was left and more
    kRequest,  // one is complete: command() and keys() say what it was
    kBody,     // a large value begins: body_bytes() come now, and are not to be handed in; then call again
    kBroken,   // this is no RESP request
  };
  enum class Command : std::uint8_t { kGet, kSet, kPing, kOther };

  // Takes from the front of `input` what has been understood.
  Event next(std::string_view& input);

  Command command() const { return command_; }
  // Arguments beside the command: of a GET or MGET, its keys.
  std::uint32_t keys() const { return arguments_; }
  // With the CRLF behind it.
  std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  bool in_request_ = false;
  std::uint32_t left_ = 0;  // arguments still to come
  Command command_ = Command::kOther;
  std::uint32_t arguments_ = 0;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace larder::bench
