#include "larder/protocol/resp_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "support/parser_driver.h"

namespace larder::test {
namespace {

using State = ParseResult::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

std::string array(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) bytes += bulk(word);
  return bytes;
}

// A stream with everything in it that changes the parser's state.
std::string mixed_stream() {
  const std::string large(limits::kBodyBytesMin + 17, 'x');
  return "\r\n*0\r\n" + array({"SET", "key", "value"}) + "GET key\r\n" +
         array({"SET", "", std::string("\r\n\0*1", 5)}) + "*-1\r\n" + array({"MSET", "a", large, "b", "", "c", large}) +
         "\"two words\" 'x'\n" + array({large}) + array({"PING"});
}

TEST(RespParser, ViewsOfWholeRequestPointIntoInput) {
  const std::string input = array({"SET", "key", "value"}) + array({"GET", "key"});
  RespParser parser;
  Request request;
  ParseResult result = parser.parse(input, request);
  ASSERT_EQ(result.state, State::kRequest);
  EXPECT_EQ(result.consumed, array({"SET", "key", "value"}).size());
  EXPECT_THAT(request.arguments(), ElementsAre("SET", "key", "value"));
  for (const std::string_view argument : request.arguments()) {
    EXPECT_GE(argument.data(), input.data());
    EXPECT_LE(argument.data() + argument.size(), input.data() + input.size());
  }
  result = parser.parse(std::string_view(input).substr(result.consumed), request);
  ASSERT_EQ(result.state, State::kRequest);
  EXPECT_THAT(request.arguments(), ElementsAre("GET", "key"));
}

// parse_plain() gives what parse() gives, or leaves it to it.
TEST(RespParser, PlainRequestsAreThoseThatAreWholeAndUsual) {
  const RespParser parser;
  Request request;
  for (const std::size_t bytes : {0u, 1u, 9u, 10u, 99u, 100u, 12'345u}) {
    const std::string whole = array({"SET", std::string(bytes, 'k'), "v"});
    const std::string input = whole + "*1";
    EXPECT_EQ(parser.parse_plain(input, request), whole.size());
    EXPECT_THAT(request.arguments(), ElementsAre("SET", std::string(bytes, 'k'), "v"));
    EXPECT_EQ(request.wire_bytes(), whole.size());
    for (std::size_t cut = 0; cut < whole.size(); cut += 1 + cut / 64) {
      ASSERT_EQ(parser.parse_plain(std::string_view(whole).substr(0, cut), request), 0u) << cut;
      ASSERT_TRUE(request.empty());
    }
  }
  for (const char* other :
       {"GET key\r\n", "*0\r\n", "*-1\r\n", "*01\r\n$4\r\nPING\r\n", "*1\r\n$04\r\nPING\r\n", "*1\r\n$-1\r\n",
        "*1\r\n:4\r\nPING\r\n", "*1\r\n$4x\r\nPING\r\n", "*\r\n", "*1\r\n$\r\n\r\n"}) {
    EXPECT_EQ(parser.parse_plain(other, request), 0u) << other;
    EXPECT_TRUE(request.empty());
  }
  RespParser stranger;
  stranger.set_limits({.authenticated = false});
  EXPECT_EQ(stranger.parse_plain(array({"PING"}), request), 0u);
}

TEST(RespParser, NothingIsKeptOfWholeRequest) {
  RespParser parser;
  Request request;
  ASSERT_EQ(parser.parse(array({"SET", "key", "value"}), request).state, State::kRequest);
  EXPECT_EQ(parser.buffered_bytes(), Request().own_bytes().capacity());
  EXPECT_TRUE(request.own_bytes().empty());
  EXPECT_FALSE(parser.mid_request());
}

TEST(RespParser, EveryCutGivesTheSameRequests) {
  const std::string stream = mixed_stream();
  const Transcript whole = parse_whole(stream);
  ASSERT_EQ(whole.error, "");
  ASSERT_EQ(whole.requests.size(), 7U);
  EXPECT_FALSE(whole.mid_request);
  for (const std::size_t piece_bytes : {1U, 2U, 3U, 7U, 64U, 4096U, 65'536U}) {
    EXPECT_EQ(parse_in_pieces(stream, piece_bytes), whole) << piece_bytes;
  }
}

TEST(RespParser, OneCutAtEveryPlaceGivesTheSameRequests) {
  const std::string stream = "\r\n" + array({"SET", "key", ""}) + "*0\r\nGET 'a b'\r\n" + array({"PING"});
  const Transcript whole = parse_whole(stream);
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    std::size_t piece_bytes = cut;
    ParserDriver driver(stream, [&] { return std::exchange(piece_bytes, stream.size()); });
    EXPECT_EQ(driver.run(), whole) << cut;
  }
}

TEST(RespParser, RandomCutsGiveTheSameRequests) {
  const std::string stream = mixed_stream();
  const Transcript whole = parse_whole(stream);
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::minstd_rand random(seed);
    ParserDriver driver(stream, [&random] { return random() % 3 == 0 ? random() % 100'000 : random() % 20; });
    EXPECT_EQ(driver.run(), whole) << "seed " << seed;
  }
}

TEST(RespParser, WireBytesCoverRequestsBodiesIncluded) {
  const std::string large(limits::kBodyBytesMin, 'x');
  const std::string first = array({"SET", "k", large});
  const Transcript parsed = parse_in_pieces("*0\r\n" + first + "PING\r\n", 100);
  ASSERT_EQ(parsed.requests.size(), 2U);
  EXPECT_EQ(parsed.requests[0].wire_bytes, first.size());
  EXPECT_EQ(parsed.requests[1].wire_bytes, 6U);
}

TEST(RespParser, LargeArgumentIsAskedForAsBody) {
  const std::string head = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$65536\r\n";
  RespParser parser;
  Request request;
  const ParseResult result = parser.parse(head + "abc", request);
  ASSERT_EQ(result.state, State::kNeedBody);
  EXPECT_EQ(result.body_bytes, 65'536U);
  EXPECT_EQ(result.consumed, head.size());
  EXPECT_THAT(parser.partial().arguments(), ElementsAre("SET", "key"));
  EXPECT_TRUE(parser.mid_request());

  BlobRef body = Blob::allocate(65'536);
  std::memset(body->data(), 'v', body->size());
  const Blob* const block = body.get();
  parser.body_received(std::move(body));
  EXPECT_EQ(parser.parse("\r", request).state, State::kNeedMore);
  ASSERT_EQ(parser.parse("\n", request).state, State::kRequest);
  ASSERT_EQ(request.size(), 3U);
  EXPECT_EQ(request.blob(2), block);
  EXPECT_EQ(request.blob(1), nullptr);
  EXPECT_EQ(request[2].data(), block->data());
  EXPECT_FALSE(parser.mid_request());
}

TEST(RespParser, ArgumentBelowBodySizeIsNoBody) {
  const std::string value(limits::kBodyBytesMin - 1, 'v');
  const Transcript parsed = parse_whole(array({"SET", "k", value}));
  ASSERT_EQ(parsed.requests.size(), 1U);
  EXPECT_THAT(parsed.requests[0].blobs, IsEmpty());
  EXPECT_EQ(parsed.requests[0].arguments[2], value);
}

TEST(RespParser, BodyIsAskedForAtEveryPosition) {
  const std::string large(limits::kBodyBytesMin, 'x');
  const Transcript parsed = parse_whole(array({large, "a", large, large}));
  ASSERT_EQ(parsed.requests.size(), 1U);
  EXPECT_THAT(parsed.requests[0].blobs, ElementsAre(0, 2, 3));
}

TEST(RespParser, SkippedBodyMarksItsRequestOnly) {
  const std::string stream = array({"SET", "k", std::string(limits::kBodyBytesMin, 'x')}) + array({"GET", "k"});
  ParserDriver driver(stream, [] { return std::size_t{1000}; });
  driver.skip_bodies();
  const Transcript parsed = driver.run();
  ASSERT_EQ(parsed.requests.size(), 2U);
  EXPECT_TRUE(parsed.requests[0].body_skipped);
  EXPECT_THAT(parsed.requests[0].arguments, ElementsAre("SET", "k", ""));
  EXPECT_FALSE(parsed.requests[1].body_skipped);
  EXPECT_THAT(parsed.requests[1].arguments, ElementsAre("GET", "k"));
}

TEST(RespParser, KeptArgumentsSurviveTheirInput) {
  RespParser parser;
  Request request;
  auto first = std::make_unique<std::string>("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nva");
  const ParseResult result = parser.parse(*first, request);
  ASSERT_EQ(result.state, State::kNeedMore);
  EXPECT_EQ(first->substr(result.consumed), "va");
  EXPECT_EQ(parser.buffered_bytes() > 0, true);
  first.reset();
  const std::string rest = "value\r\n";
  ASSERT_EQ(parser.parse(rest, request).state, State::kRequest);
  EXPECT_THAT(request.arguments(), ElementsAre("SET", "key", "value"));
  EXPECT_EQ(parser.partial().size(), 0U);
}

TEST(RespParser, KeptArgumentsFollowTheirCopyWhenItMoves) {
  std::vector<std::string> words;
  for (int i = 0; i < 5000; ++i) words.push_back("word-" + std::to_string(i * 7919));
  words.push_back("");
  const Transcript parsed = parse_in_pieces(array(words), 11);
  ASSERT_EQ(parsed.requests.size(), 1U);
  EXPECT_EQ(parsed.requests[0].arguments, words);
}

// Counted, not timed: what the parser is shown in all its calls, and how often what it keeps moves.
TEST(RespParser, MillionArgumentsByteByByteAreLinear) {
  constexpr std::size_t kArguments = 1'000'000;
  std::string stream = "*" + std::to_string(kArguments) + "\r\n";
  for (std::size_t i = 0; i < kArguments; ++i) stream += "$1\r\nx\r\n";
  RespParser parser;
  Request request;
  std::size_t begin = 0;
  std::size_t presented = 0;
  std::size_t moves = 0;
  const char* kept_at = nullptr;
  for (std::size_t end = 1; end <= stream.size(); ++end) {
    presented += end - begin;
    const ParseResult result = parser.parse(std::string_view(stream).substr(begin, end - begin), request);
    begin += result.consumed;
    ASSERT_EQ(result.state, end == stream.size() ? State::kRequest : State::kNeedMore);
    const char* const now_at = parser.partial().empty() ? nullptr : parser.partial()[0].data();
    moves += now_at != kept_at ? 1 : 0;
    kept_at = now_at;
  }
  EXPECT_EQ(begin, stream.size());
  EXPECT_EQ(request.size(), kArguments);
  EXPECT_LE(presented, stream.size() * 10);
  EXPECT_LE(moves, 30U);
}

TEST(RespParser, MidRequestFromFirstByteToLast) {
  RespParser parser;
  Request request;
  EXPECT_FALSE(parser.mid_request());
  parser.parse("*", request);
  EXPECT_TRUE(parser.mid_request());
  parser.parse("*1\r\n$4\r\nPI", request);
  EXPECT_TRUE(parser.mid_request());
  parser.parse("PING\r\n", request);
  EXPECT_FALSE(parser.mid_request());
  parser.parse("half a line", request);
  EXPECT_TRUE(parser.mid_request());
  parser.parse("half a line\n", request);
  EXPECT_FALSE(parser.mid_request());
  parser.parse("*0\r\n\r\n", request);
  EXPECT_FALSE(parser.mid_request());
}

TEST(RespParser, NothingIsAllocatedForAnnouncedArguments) {
  RespParser parser;
  Request request;
  ASSERT_EQ(parser.parse("*1048576\r\n", request).state, State::kNeedMore);
  EXPECT_LE(parser.buffered_bytes(), 64U);
}

struct ErrorCase {
  std::string stream;
  std::string error;
};

TEST(RespParser, ErrorsHaveRedisTextsHoweverTheyArrive) {
  const std::vector<ErrorCase> cases = {
      {"*x\r\n", "Protocol error: invalid multibulk length"},
      {"*\r\n", "Protocol error: invalid multibulk length"},
      {"*01\r\n", "Protocol error: invalid multibulk length"},
      {"*+1\r\n", "Protocol error: invalid multibulk length"},
      {"*1048577\r\n", "Protocol error: invalid multibulk length"},
      {"*2147483648\r\n", "Protocol error: invalid multibulk length"},
      {"*99999999999999999999\r\n", "Protocol error: invalid multibulk length"},
      {"*" + std::string(65'536, '1'), "Protocol error: too big mbulk count string"},
      {"*1\r\nPING\r\n", "Protocol error: expected '$', got 'P'"},
      {"*1\r\n\r\n", "Protocol error: expected '$', got '\r'"},
      {"*1\r\n$\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$-1\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$04\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$536870913\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$2147483648\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$" + std::string(65'536, '1'), "Protocol error: too big bulk count string"},
      {std::string(65'537, 'a'), "Protocol error: too big inline request"},
      {std::string("PING\0\r\n", 7) + std::string(65'531, 'a'), "Protocol error: too big inline request"},
      {"GET \"a\r\n", "Protocol error: unbalanced quotes in request"},
  };
  for (const ErrorCase& error_case : cases) {
    const std::string stream = array({"PING"}) + error_case.stream;
    for (const Transcript& parsed : {parse_whole(stream), parse_in_pieces(stream, stream.size() > 1000 ? 999 : 1)}) {
      EXPECT_EQ(parsed.error, error_case.error);
      EXPECT_EQ(parsed.requests.size(), 1U) << error_case.error;
    }
  }
}

TEST(RespParser, LongestLineIsServedAndOneByteMoreIsNot) {
  EXPECT_EQ(parse_whole(std::string(65'536, 'a') + "\n").requests.size(), 1U);
  EXPECT_EQ(parse_whole(std::string(65'537, 'a') + "\n").error, "Protocol error: too big inline request");
}

TEST(RespParser, StrangersHaveTighterLimits) {
  const ParseLimits stranger{.authenticated = false};
  const std::vector<std::string> ten(10, "a");
  const std::vector<std::string> eleven(11, "a");
  EXPECT_EQ(parse_whole(array(ten), stranger).requests.size(), 1U);
  EXPECT_EQ(parse_whole(array(eleven), stranger).error, "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(parse_whole(array({std::string(16'384, 'a')}), stranger).requests.size(), 1U);
  EXPECT_EQ(parse_whole(array({std::string(16'385, 'a')}), stranger).error,
            "Protocol error: unauthenticated bulk length");
}

TEST(RespParser, LimitsMayChangeBetweenRequests) {
  RespParser parser;
  Request request;
  parser.set_limits({.arguments_max = 2});
  EXPECT_EQ(parser.parse(array({"a", "b"}), request).state, State::kRequest);
  parser.set_limits({.bulk_bytes_max = 3});
  EXPECT_EQ(parser.parse(array({"abc", "b", "c"}), request).state, State::kRequest);
  EXPECT_EQ(parser.parse(array({"abcd"}), request).error, "Protocol error: invalid bulk length");
}

TEST(RespParser, ArgumentsOfOneRequestAreBounded) {
  const std::string argument = bulk(std::string(limits::kBodyBytesMin - 1, 'x'));
  const std::size_t fitting = limits::kRequestBufferedBytesMax / (limits::kBodyBytesMin - 1);
  RespParser parser;
  Request request;
  ASSERT_EQ(parser.parse("*10000\r\n", request).state, State::kNeedMore);
  for (std::size_t i = 0; i < fitting; ++i) ASSERT_EQ(parser.parse(argument, request).state, State::kNeedMore) << i;
  const ParseResult result = parser.parse(argument, request);
  EXPECT_EQ(result.state, State::kError);
  EXPECT_EQ(result.error, "Protocol error: request too large");
}

}  // namespace
}  // namespace larder::test
