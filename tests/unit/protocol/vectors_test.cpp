// The loader and matcher of golden vectors, and what the parser makes of every vector's request bytes.
#include "support/vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "larder/protocol/reply_writer.h"
#include "support/parser_driver.h"

namespace larder::test {
namespace {

using State = MatchResult::State;
using ::testing::HasSubstr;

Vector only(std::string_view text) {
  auto vectors = parse_vectors(text, "test.vec");
  EXPECT_TRUE(vectors.is_ok()) << vectors.status().message();
  if (!vectors.is_ok() || vectors.value().size() != 1) return {};
  return vectors.value().front();
}

std::string failure(std::string_view text) {
  const auto vectors = parse_vectors(text, "test.vec");
  return vectors.is_ok() ? "" : vectors.status().message();
}

State judge(std::string_view expected, std::string_view reply) {
  return match(only("== case\n> PING\n" + std::string(expected) + "\n"), reply).state;
}

TEST(Vectors, CaseHoldsAllItsLines) {
  const Vector vector = only(
      "# comment\n@requirepass secret\n\n== a case  \n@databases 4\n> SET \"a b\" \"\\x00\\r\\n\"\n< +OK\n>> "
      "\"PING\\r\\n\" \"x\"*3\n"
      "<$ v\n<< \"+A\" \"\\r\\n\"\nclosed\n");
  EXPECT_EQ(vector.title(), "test.vec: a case");
  EXPECT_EQ(vector.request, std::string("*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$3\r\n\0\r\n\r\nPING\r\nxxx", 40));
  EXPECT_EQ(vector.options.at("requirepass"), "secret");
  EXPECT_EQ(vector.options.at("databases"), "4");
  EXPECT_TRUE(vector.closes);
  EXPECT_TRUE(match(vector, "+OK\r\n$1\r\nv\r\n+A\r\n"));
}

TEST(Vectors, ReasonToDifferIsNoOption) {
  const Vector vector = only("== case\n@differs for a reason\n> PING\n< +PONG\n");
  EXPECT_EQ(vector.differs, "for a reason");
  EXPECT_TRUE(vector.options.empty());
}

TEST(Vectors, MistakesAreNamedWithFileAndLine) {
  EXPECT_EQ(failure("\n> PING\n"), "test.vec:2: a line before the first case");
  EXPECT_THAT(failure("== a\n> PING\n< +\\q\n"), HasSubstr("test.vec:3: an escape"));
  EXPECT_THAT(failure("== a\n> PING\n< {{nosuch}}\n"), HasSubstr("test.vec:3: "));
  EXPECT_THAT(failure("== a\n> \"PING\n"), HasSubstr("test.vec:2: a quoted word"));
  EXPECT_THAT(failure("== a\n>> PING\n"), HasSubstr("test.vec:2: raw bytes"));
  EXPECT_THAT(failure("== a\n= PING\n"), HasSubstr("test.vec:2: a line that begins with none"));
  EXPECT_THAT(failure("== a\n> PING\nclosed\n< +PONG\n"), HasSubstr("test.vec:4: a line behind"));
  EXPECT_THAT(failure("== a\n> PING\n< x\n== a\n"), HasSubstr("test.vec:4: a second case"));
  EXPECT_THAT(failure("== a\n< +PONG\n"), HasSubstr("has no request"));
  EXPECT_THAT(failure("== a\n> PING\n"), HasSubstr("expects nothing"));
}

TEST(Vectors, FixedBytesMatchOnlyThemselves) {
  EXPECT_EQ(judge("< +PONG", "+PONG\r\n"), State::kWhole);
  EXPECT_EQ(judge("< +PONG", "+PON"), State::kPrefix);
  EXPECT_EQ(judge("< +PONG", ""), State::kPrefix);
  EXPECT_EQ(judge("< +PONG", "+PANG\r\n"), State::kMismatch);
  EXPECT_EQ(judge("< +PONG", "+PONG\r\n+"), State::kMismatch);
  EXPECT_EQ(judge("< -ERR x:\\x20", "-ERR x: \r\n"), State::kWhole);
}

TEST(Vectors, WildcardsMatchWhatTheySay) {
  EXPECT_EQ(judge("< :{{int}}", ":-12\r\n"), State::kWhole);
  EXPECT_EQ(judge("< :{{int}}", ":1"), State::kPrefix);
  EXPECT_EQ(judge("< :{{int}}", ":x\r\n"), State::kMismatch);
  EXPECT_EQ(judge("< -ERR {{line}}", "-ERR anything\r\n"), State::kWhole);
  EXPECT_EQ(judge("< -ERR {{line}}", "-ERR anything"), State::kPrefix);
  EXPECT_EQ(judge("< {{bulk}}", "$3\r\na\r\n\r\n"), State::kWhole);
  EXPECT_EQ(judge("< {{bulk}}", "$3\r\na"), State::kPrefix);
  EXPECT_EQ(judge("< {{bulk}}", ":3\r\n"), State::kMismatch);
  EXPECT_EQ(judge("< {{bulk a\\r\\n}}", "=8\r\ntxt:xa\r\n\r\n"), State::kWhole);
  EXPECT_EQ(judge("< {{bulk a\\r\\n}}", "$3\r\nb\r\n\r\n"), State::kMismatch);
  EXPECT_EQ(judge("< {{reply}}", "*2\r\n%1\r\n+a\r\n$1\r\nb\r\n_\r\n"), State::kWhole);
  EXPECT_EQ(judge("< {{reply}}", "*2\r\n%1\r\n+a\r\n$1\r\nb\r\n"), State::kPrefix);
  EXPECT_EQ(judge("< {{reply}}", "PONG\r\n"), State::kMismatch);
  EXPECT_EQ(judge("< {{reply}}\n< +OK", "$-1\r\n+OK\r\n"), State::kWhole);
}

TEST(Vectors, ExplanationShowsWhereItGoesWrong) {
  const MatchResult result = match(only("== case\n> PING\n< +PONG\n"), "+PANG\r\n");
  EXPECT_EQ(result.at, 2U);
  EXPECT_EQ(result.explanation, "test.vec: case: at byte 2 expected \"ONG\\r\\n\", got \"ANG\\r\\n\"");
}

class GoldenVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loaded = load_all_vectors(std::string(LARDER_SOURCE_DIR) + "/protocol/vectors");
    ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
    vectors_ = std::move(loaded.value());
  }
  std::vector<Vector> vectors_;
};

TEST_F(GoldenVectors, ParseTheSameWholeAndByteByByte) {
  for (const Vector& vector : vectors_) {
    const Transcript whole = parse_whole(vector.request);
    EXPECT_EQ(parse_in_pieces(vector.request, vector.request.size() > 10'000 ? 997 : 1), whole) << vector.title();
    EXPECT_FALSE(whole.mid_request) << vector.title();
  }
}

TEST_F(GoldenVectors, ErrorsOfTheParserAreTheExpectedReplies) {
  std::size_t errors = 0;
  for (const Vector& vector : vectors_) {
    if (!vector.options.empty()) continue;
    const std::string error = parse_whole(vector.request).error;
    const bool expected =
        !vector.reply.empty() && vector.reply.back().bytes.find("-ERR Protocol error: ") != std::string::npos;
    EXPECT_EQ(!error.empty(), expected) << vector.title();
    if (error.empty()) continue;
    ++errors;
    ReplyBuffer buffer;
    ReplyWriter(buffer, RespVersion::k2).error("ERR " + error);
    const std::string reply = buffer.flatten();
    EXPECT_TRUE(vector.reply.back().bytes.ends_with(reply)) << vector.title() << " answers " << reply;
    EXPECT_TRUE(vector.closes) << vector.title();
  }
  EXPECT_GT(errors, 20U);
}

}  // namespace
}  // namespace larder::test
