#include "larder/base/byte_buffer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace larder {
namespace {

TEST(ByteBuffer, GrowsAndKeepsWhatIsThere) {
  ByteBuffer buffer;
  std::string expected;
  for (int i = 0; i < 10'000; ++i) {
    const std::string text = std::to_string(i);
    buffer.append(text);
    buffer.append(',');
    expected += text + ',';
  }
  EXPECT_EQ(buffer.view(), expected);
  EXPECT_GE(buffer.capacity(), buffer.size());
  EXPECT_LE(buffer.capacity(), 2 * buffer.size());
}

TEST(ByteBuffer, IsWrittenToInPlace) {
  ByteBuffer buffer;
  buffer.append("ab");
  char* const space = buffer.space(1'000);
  space[0] = 'c';
  space[1] = 'd';
  EXPECT_EQ(buffer.size(), 2u);
  buffer.extend_to(space + 2);
  EXPECT_EQ(buffer.view(), "abcd");
  EXPECT_EQ(buffer[3], 'd');
}

TEST(ByteBuffer, LosesBytesAtEitherEnd) {
  ByteBuffer buffer;
  buffer.append("0123456789");
  buffer.truncate(8);
  buffer.erase_front(3);
  EXPECT_EQ(buffer.view(), "34567");
  buffer.erase_front(5);
  EXPECT_EQ(buffer.view(), "");
}

TEST(ByteBuffer, KeepsItsMemoryUntilItShrinks) {
  ByteBuffer buffer;
  buffer.append(std::string(5'000, 'x'));
  buffer.clear();
  EXPECT_GE(buffer.capacity(), 5'000u);
  buffer.append("abc");
  buffer.shrink_to_fit();
  EXPECT_EQ(buffer.capacity(), 3u);
  EXPECT_EQ(buffer.view(), "abc");
  buffer.clear();
  buffer.shrink_to_fit();
  EXPECT_EQ(buffer.capacity(), 0u);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(ByteBuffer, IsEmptyOnceMovedFrom) {
  ByteBuffer from;
  from.append("abc");
  ByteBuffer to = std::move(from);
  EXPECT_EQ(to.view(), "abc");
  EXPECT_EQ(from.size(), 0u);  // NOLINT(bugprone-use-after-move): what it is then is promised
  EXPECT_EQ(from.capacity(), 0u);
  from.append("d");
  std::swap(from, to);
  EXPECT_EQ(from.view(), "abc");
  EXPECT_EQ(to.view(), "d");
}

}  // namespace
}  // namespace larder
