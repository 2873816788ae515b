// Reads the golden vectors of protocol/vectors (format: README.md there) and judges replies by them. It runs nothing:
// whoever has a server, in process or behind a socket, sends `request` and asks match() about what came back.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/status.h"

namespace larder::test {

// A piece of an expected reply: fixed bytes, or a wildcard.
struct ReplyPart {
  enum class Kind : unsigned char { kBytes, kInteger, kLine, kBulk, kReply };
  Kind kind = Kind::kBytes;
  std::string bytes;  // kBytes: the bytes. kBulk: what must occur in it
};

struct Vector {
  std::string file;  // "strings.vec"
  std::string name;
  std::string request;  // all request bytes, in order
  std::vector<ReplyPart> reply;
  bool closes = false;
  std::map<std::string, std::string> options;  // such as requirepass; "differs" is not among them
  std::string differs;                         // why the reply is not Redis's; empty: it is

  // For a test's name: "strings.vec: SET with EX".
  std::string title() const { return file + ": " + name; }
};

// The message of a failure names file and line.
Result<std::vector<Vector>> parse_vectors(std::string_view text, const std::string& file);
Result<std::vector<Vector>> load_vectors(const std::filesystem::path& file);
// All *.vec files of a directory, in the order of their names.
Result<std::vector<Vector>> load_all_vectors(const std::filesystem::path& directory);

struct MatchResult {
  enum class State : unsigned char {
    kWhole,     // exactly the expected reply
    kPrefix,    // right so far, but not all of it
    kMismatch,  // wrong, whatever may follow
  };
  State state = State::kMismatch;
  // Where `reply` first goes wrong (or ends), and what was expected there; for the failure message.
  std::size_t at = 0;
  std::string explanation;

  explicit operator bool() const { return state == State::kWhole; }
};
MatchResult match(const Vector& vector, std::string_view reply);

}  // namespace larder::test
