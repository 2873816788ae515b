#include "larder/base/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace larder {
namespace {

TEST(ParseInt64, TakesTheWholeRange) {
  EXPECT_EQ(parse_int64("0"), 0);
  EXPECT_EQ(parse_int64("-1"), -1);
  EXPECT_EQ(parse_int64("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_int64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(ParseInt64, RefusesWhatIsNotOneExactDecimal) {
  for (const char* text : {"", " 1", "1 ", "+1", "01", "-0", "-01", "1.0", "0x1", "-", "9223372036854775808",
                           "-9223372036854775809", "1e3"}) {
    EXPECT_EQ(parse_int64(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_int64(std::string_view("1\0", 2)), std::nullopt);
}

TEST(ParseUint64, TakesTheWholeRangeAndNoSign) {
  EXPECT_EQ(parse_uint64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_uint64("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_uint64("-1"), std::nullopt);
  EXPECT_EQ(parse_uint64("007"), std::nullopt);
}

TEST(ParseDouble, TakesInfinityButNoNan) {
  EXPECT_EQ(parse_double("1.5"), 1.5);
  EXPECT_EQ(parse_double("-.5"), -0.5);
  EXPECT_EQ(parse_double("1e3"), 1000.0);
  EXPECT_EQ(parse_double("-inf"), -std::numeric_limits<double>::infinity());
  for (const char* text : {"", "nan", "1.5x", " 1", "--1", "+-1"}) EXPECT_EQ(parse_double(text), std::nullopt) << text;
}

TEST(FormatLongDouble, HasNoExponentAndNoTrailingZeros) {
  EXPECT_EQ(format_long_double(3.0L), "3");
  EXPECT_EQ(format_long_double(10.5L), "10.5");
  EXPECT_EQ(format_long_double(-0.0L), "0");
  EXPECT_EQ(format_long_double(1e20L), "100000000000000000000");
  EXPECT_EQ(format_long_double(std::numeric_limits<long double>::infinity()), "");
}

TEST(FormatDouble, IsTheShortestThatReadsBack) {
  EXPECT_EQ(format_double(0.1), "0.1");
  EXPECT_EQ(format_double(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(format_double(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(ParseSize, KnowsDecimalAndBinaryUnits) {
  EXPECT_EQ(parse_size("1048576").value(), 1'048'576u);
  EXPECT_EQ(parse_size("64kb").value(), 65'536u);
  EXPECT_EQ(parse_size("64K").value(), 64'000u);
  EXPECT_EQ(parse_size("2Gb").value(), 2ULL << 30);
  EXPECT_EQ(parse_size("3b").value(), 3u);
  EXPECT_EQ(parse_size("1tb").value(), 1ULL << 40);
}

TEST(ParseSize, SaysWhatWasWrong) {
  for (const char* text : {"", "mb", "12xb", "-1", "1.5gb", "18446744073709551615kb"}) {
    const Result<std::uint64_t> result = parse_size(text);
    ASSERT_FALSE(result.is_ok()) << text;
    EXPECT_NE(result.status().message().find("'" + std::string(text) + "'"), std::string::npos);
  }
}

TEST(FormatSize, PrintsTwoDigitsFromAKibibyteOn) {
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1023), "1023B");
  EXPECT_EQ(format_size(1536), "1.50K");
  EXPECT_EQ(format_size(1ULL << 30), "1.00G");
}

struct GlobCase {
  const char* pattern;
  const char* text;
  bool matches;
};

// The odd ones were compared with KEYS of Redis 7.0.15.
TEST(GlobMatch, FollowsRedisInOrdinaryAndOddPatterns) {
  constexpr GlobCase kCases[] = {
      {"*", "", true},
      {"", "", true},
      {"", "a", false},
      {"a*c", "abbc", true},
      {"a*c", "abb", false},
      {"?", "", false},
      {"h?llo", "hello", true},
      {"h[ae]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"h[a-c]", "hb", true},
      {"h[c-a]", "hb", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"a\\", "a\\", true},
      {"[abc", "b", true},
      {"[", "[", false},
      {"[^]", "a", true},
      {"[]a]", "a]", false},
      {"[\\]]", "]", true},
      {"[a-", "-", true},
      {"*[ab]*?", "xxbx", true},
      {"**a**", "bab", true},
      {"[\\^a]", "^", true},
      {"a[b-]c", "a-c", false},
      {"foo:*:bar", "foo:1:2:bar", true},
  };
  for (const GlobCase& c : kCases) EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
}

TEST(GlobMatch, FoldsCaseOnlyWhenAsked) {
  EXPECT_FALSE(glob_match("MAX*", "maxmemory"));
  EXPECT_TRUE(glob_match("MAX*", "maxmemory", true));
  EXPECT_TRUE(glob_match("[A-C]x", "bX", true));
}

// With backtracking over every star this would take longer than the universe has.
TEST(GlobMatch, IsNotExponentialInItsStars) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(2'000, 'a')));
}

TEST(Printable, EscapesAndCuts) {
  EXPECT_EQ(printable("a b"), "a b");
  EXPECT_EQ(printable(std::string_view("\x00\xff\n", 3)), "\\x00\\xff\\x0a");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

TEST(IgnoreCase, TouchesAsciiLettersOnly) {
  EXPECT_TRUE(equals_ignore_case("GeT", "gEt"));
  EXPECT_FALSE(equals_ignore_case("get", "gets"));
  EXPECT_FALSE(equals_ignore_case("@", "`"));
  EXPECT_EQ(to_lower("Ab[\xc4"), "ab[\xc4");
  EXPECT_EQ(to_upper("aB{"), "AB{");
}

}  // namespace
}  // namespace larder
