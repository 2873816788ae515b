#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "larder/protocol/resp_parser.h"

namespace larder {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words = {"left from before"};
  EXPECT_TRUE(split_inline(line, words)) << line;
  return words;
}

bool balanced(std::string_view line) {
  std::vector<std::string> words;
  return split_inline(line, words);
}

TEST(SplitInline, BlanksPartWords) {
  EXPECT_THAT(words_of("SET  key\tvalue "), ElementsAre("SET", "key", "value"));
  EXPECT_THAT(words_of("   "), IsEmpty());
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of("a\rb"), ElementsAre("a", "b"));
  EXPECT_THAT(words_of("\v\fa\vb"), ElementsAre("a\vb"));
}

TEST(SplitInline, DoubleQuotesKeepBlanksAndDecodeEscapes) {
  EXPECT_THAT(words_of(R"("two words" x)"), ElementsAre("two words", "x"));
  EXPECT_THAT(words_of(R"("\n\r\t\b\a\\\"\q")"), ElementsAre("\n\r\t\b\a\\\"q"));
  EXPECT_THAT(words_of(R"("\x41\xfF\x00")"), ElementsAre(std::string("A\xff\0", 3)));
  EXPECT_THAT(words_of(R"("\xg1 \x4")"), ElementsAre("xg1 x4"));
  EXPECT_THAT(words_of(R"("it's")"), ElementsAre("it's"));
}

TEST(SplitInline, SingleQuotesDecodeOnlyTheirOwnEscape) {
  EXPECT_THAT(words_of(R"('a\n "b" \'c\'')"), ElementsAre(R"(a\n "b" 'c')"));
}

TEST(SplitInline, QuotesMayOpenInsideWord) {
  EXPECT_THAT(words_of(R"(a"b c" d'e f')"), ElementsAre("ab c", "de f"));
}

TEST(SplitInline, EmptyQuotesAreAnEmptyWord) {
  EXPECT_THAT(words_of(R"("" a '')"), ElementsAre("", "a", ""));
}

TEST(SplitInline, BackslashOutsideQuotesIsItself) {
  EXPECT_THAT(words_of(R"(a\nb \x41)"), ElementsAre(R"(a\nb)", R"(\x41)"));
}

TEST(SplitInline, UnbalancedQuotesAreRefused) {
  for (const std::string_view line :
       {R"("abc)", R"('abc)", R"("abc\")", R"('abc\')", R"("a"b)", R"('a''b')", R"(")", R"("\)"}) {
    EXPECT_FALSE(balanced(line)) << line;
  }
}

}  // namespace
}  // namespace larder
