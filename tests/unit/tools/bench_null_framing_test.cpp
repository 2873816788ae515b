#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/null_framing.h"

namespace larder::bench {
namespace {

using Event = NullFraming::Event;
using Command = NullFraming::Command;

struct Seen {
  Command command;
  std::uint32_t keys;
  bool operator==(const Seen&) const = default;
};

// All requests of `bytes`, which come in the given pieces; bodies are left out. Adds kBroken as a request of none.
std::vector<Seen> requests_of(const std::vector<std::string_view>& pieces, bool& broken) {
  NullFraming framing;
  std::vector<Seen> seen;
  std::string rest;
  std::uint64_t body_left = 0;
  broken = false;
  for (const std::string_view piece : pieces) {
    rest += piece;
    while (!broken) {
      const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(body_left, rest.size()));
      rest.erase(0, part);
      body_left -= part;
      if (body_left > 0) break;
      std::string_view input = rest;
      const Event event = framing.next(input);
      rest.erase(0, rest.size() - input.size());
      if (event == Event::kMore) break;
      if (event == Event::kBody) body_left = framing.body_bytes();
      if (event == Event::kRequest) seen.push_back({framing.command(), framing.keys()});
      broken = event == Event::kBroken;
    }
  }
  return seen;
}

std::vector<Seen> requests_of(const std::string& bytes) {
  bool broken = false;
  const std::vector<Seen> whole = requests_of({bytes}, broken);
  EXPECT_FALSE(broken);
  for (std::size_t at = 1; at<bytes.size(); at += bytes.size()> 1000 ? 997 : 1) {
    EXPECT_EQ(requests_of({std::string_view(bytes).substr(0, at), std::string_view(bytes).substr(at)}, broken), whole)
        << "cut at " << at;
    EXPECT_FALSE(broken);
  }
  return whole;
}

TEST(BenchNullFraming, RequestsEndWhereTheySay) {
  EXPECT_EQ(
      requests_of("*2\r\n$3\r\nGET\r\n$3\r\na\r\n\r\n*3\r\n$3\r\nset\r\n$1\r\na\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n"
                  "*3\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n"),
      (std::vector<Seen>{
          {Command::kGet, 1}, {Command::kSet, 2}, {Command::kPing, 0}, {Command::kGet, 2}, {Command::kOther, 1}}));
}

TEST(BenchNullFraming, LargeValuesAreHandedOut) {
  const std::string body(70'000, 'v');
  EXPECT_EQ(requests_of("*5\r\n$3\r\nSET\r\n$1\r\na\r\n$70000\r\n" + body + "\r\n$2\r\nEX\r\n$2\r\n60\r\n" +
                        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$70000\r\n" + body + "\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
            (std::vector<Seen>{{Command::kSet, 4}, {Command::kSet, 2}, {Command::kGet, 1}}));
}

TEST(BenchNullFraming, WhatIsNoRequestIsBroken) {
  for (const char* bytes : {"PING\r\n", "*0\r\n", "*x\r\n", "*1\r\n:1\r\n", "*1\n$4\r\n", "*99999999999\r\n"}) {
    bool broken = false;
    EXPECT_TRUE(requests_of({bytes}, broken).empty());
    EXPECT_TRUE(broken) << bytes;
  }
}

}  // namespace
}  // namespace larder::bench
