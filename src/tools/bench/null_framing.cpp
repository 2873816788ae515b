#include "tools/bench/null_framing.h"

#include "larder/base/limits.h"

namespace larder::bench {

namespace {

enum class Read : std::uint8_t { kNumber, kMore, kBroken };

// "*3\r\n" or "$100\r\n" at the front of `input`, which is moved behind it.
Read read_length(std::string_view& input, char sign, std::uint64_t& number) {
  constexpr std::size_t kDigitsMax = 10;
  if (input.empty()) return Read::kMore;
  if (input[0] != sign) return Read::kBroken;
  number = 0;
  std::size_t at = 1;
  for (; at < input.size() && input[at] >= '0' && input[at] <= '9'; ++at) {
    number = number * 10 + static_cast<std::uint64_t>(input[at] - '0');
  }
  if (at > kDigitsMax || (at == 1 && input.size() > 1)) return Read::kBroken;
  if (at + 1 >= input.size()) return Read::kMore;
  if (input[at] != '\r' || input[at + 1] != '\n') return Read::kBroken;
  input.remove_prefix(at + 2);
  return Read::kNumber;
}

NullFraming::Event event_of(Read read) {
  return read == Read::kMore ? NullFraming::Event::kMore : NullFraming::Event::kBroken;
}

// GET and MGET; SET and MSET; PING.
NullFraming::Command command_of(std::string_view name) {
  switch (name.size() == 4 && (name[0] | 0x20) == 'm' ? name[1] | 0x20 : name[0] | 0x20) {
    case 'g':
      return NullFraming::Command::kGet;
    case 's':
      return NullFraming::Command::kSet;
    case 'p':
      return NullFraming::Command::kPing;
    default:
      return NullFraming::Command::kOther;
  }
}

}  // namespace

NullFraming::Event NullFraming::next(std::string_view& input) {
  constexpr std::uint64_t kEndBytes = 2;
  std::string_view ahead = input;
  std::uint64_t number = 0;
  std::uint32_t left = left_;
  if (!in_request_) {
    if (const Read read = read_length(ahead, '*', number); read != Read::kNumber) return event_of(read);
    if (number == 0 || number > static_cast<std::uint64_t>(limits::kRequestArgumentsMax)) return Event::kBroken;
    left = static_cast<std::uint32_t>(number) - 1;
    if (const Read read = read_length(ahead, '$', number); read != Read::kNumber) return event_of(read);
    if (number == 0 || number >= limits::kBodyBytesMin) return Event::kBroken;
    if (ahead.size() < number + kEndBytes) return Event::kMore;
    command_ = command_of(ahead.substr(0, static_cast<std::size_t>(number)));
    arguments_ = left;
    ahead.remove_prefix(static_cast<std::size_t>(number + kEndBytes));
  }
  for (; left > 0; --left) {
    if (const Read read = read_length(ahead, '$', number); read != Read::kNumber) return event_of(read);
    if (number >= limits::kBodyBytesMin) {
      in_request_ = true;
      left_ = left - 1;
      body_bytes_ = number + kEndBytes;
      input = ahead;
      return Event::kBody;
    }
    if (ahead.size() < number + kEndBytes) return Event::kMore;
    ahead.remove_prefix(static_cast<std::size_t>(number + kEndBytes));
  }
  in_request_ = false;
  left_ = 0;
  input = ahead;
  return Event::kRequest;
}

}  // namespace larder::bench
