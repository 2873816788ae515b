#include "larder/protocol/reply_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace larder {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

BlobRef blob_of(std::string_view bytes) {
  BlobRef blob = Blob::allocate(bytes.size());
  std::memcpy(blob->data(), bytes.data(), bytes.size());
  return blob;
}

void append_blob(ReplyBuffer& buffer, std::string_view bytes) {
  BlobRef blob = blob_of(bytes);
  const std::string_view part = blob->view();
  buffer.append_blob(std::move(blob), part);
}

std::vector<std::string> gather(const ReplyBuffer& buffer, std::size_t pieces_max = 100,
                                std::size_t bytes_max = 1 << 30) {
  std::vector<std::string_view> pieces = {"left from before"};
  buffer.gather(pieces_max, bytes_max, pieces);
  return {pieces.begin(), pieces.end()};
}

TEST(ReplyBuffer, GathersBytesAndBlobsInOrder) {
  ReplyBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_THAT(gather(buffer), IsEmpty());
  append_blob(buffer, "first");
  buffer.append("ab");
  buffer.append('c');
  append_blob(buffer, "second");
  append_blob(buffer, "third");
  buffer.append("d");
  EXPECT_EQ(buffer.size(), 5U + 3 + 6 + 5 + 1);
  EXPECT_THAT(gather(buffer), ElementsAre("first", "abc", "second", "third", "d"));
  EXPECT_EQ(buffer.flatten(), "firstabcsecondthirdd");
}

TEST(ReplyBuffer, GatherKeepsWithinBothBounds) {
  ReplyBuffer buffer;
  buffer.append("abc");
  append_blob(buffer, "blob");
  buffer.append("d");
  EXPECT_THAT(gather(buffer, 2), ElementsAre("abc", "blob"));
  EXPECT_THAT(gather(buffer, 1), ElementsAre("abc"));
  EXPECT_THAT(gather(buffer, 100, 2), ElementsAre("ab"));
  EXPECT_THAT(gather(buffer, 100, 5), ElementsAre("abc", "bl"));
  EXPECT_THAT(gather(buffer, 0), IsEmpty());
  EXPECT_THAT(gather(buffer, 100, 0), IsEmpty());
}

TEST(ReplyBuffer, BlobIsSentFromWhereItLies) {
  ReplyBuffer buffer;
  const BlobRef blob = blob_of("0123456789");
  buffer.append_blob(blob, blob->view().substr(2, 5));
  std::vector<std::string_view> pieces;
  buffer.gather(1, 100, pieces);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].data(), blob->data() + 2);
  EXPECT_EQ(pieces[0].size(), 5U);
}

TEST(ReplyBuffer, SentInAnyPortionsGivesTheSameStream) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    std::minstd_rand random(seed);
    ReplyBuffer buffer;
    std::string expected;
    std::string got;
    for (int round = 0; round < 400; ++round) {
      const std::string bytes(random() % 2'000, static_cast<char>('a' + round % 26));
      if (random() % 3 == 0 && !bytes.empty()) {
        append_blob(buffer, bytes);
      } else {
        buffer.append(bytes);
      }
      expected += bytes;
      std::vector<std::string_view> pieces;
      buffer.gather(1 + random() % 4, 1 + random() % 3'000, pieces);
      std::string there;
      for (const std::string_view piece : pieces) there += piece;
      const std::size_t sent = there.empty() ? 0 : random() % (there.size() + 1);
      got += there.substr(0, sent);
      buffer.sent(sent);
      ASSERT_EQ(buffer.size(), expected.size() - got.size()) << "seed " << seed;
    }
    EXPECT_EQ(got + buffer.flatten(), expected) << "seed " << seed;
  }
}

TEST(ReplyBuffer, SentBytesAreGivenBackWhileMoreKeepComing) {
  ReplyBuffer buffer;
  for (int i = 0; i < 10'000; ++i) {
    buffer.append(std::string(1000, 'x'));
    append_blob(buffer, "blob");
    buffer.sent(1000);
    buffer.sent(4);
    buffer.append("rest");
    buffer.sent(3);
  }
  EXPECT_EQ(buffer.size(), 10'000U);
  EXPECT_LT(buffer.mark().bytes, 200'000U);
  EXPECT_LT(buffer.mark().blobs, 10'000U);
}

TEST(ReplyBuffer, TruncateGoesBackToMark) {
  ReplyBuffer buffer;
  buffer.append("keep");
  append_blob(buffer, "blob");
  buffer.sent(2);
  const ReplyBuffer::Mark mark = buffer.mark();
  buffer.append("-ERR");
  append_blob(buffer, "gone");
  EXPECT_TRUE(buffer.begins_with(mark, '-'));
  EXPECT_FALSE(buffer.begins_with(mark, '+'));
  EXPECT_EQ(buffer.bytes_since(mark), "-ERR");
  buffer.truncate(mark);
  EXPECT_EQ(buffer.flatten(), "epblob");
  EXPECT_EQ(buffer.size(), 6U);
  EXPECT_FALSE(buffer.begins_with(mark, '-'));
}

TEST(ReplyBuffer, TakeMovesAllBehindWhatIsThere) {
  ReplyBuffer buffer;
  ReplyBuffer other;
  other.append("sent+left");
  append_blob(other, "blob");
  other.append("end");
  other.sent(5);
  buffer.append("first");
  append_blob(buffer, "one");
  buffer.sent(1);
  buffer.take(other);
  EXPECT_EQ(buffer.flatten(), "irstoneleftblobend");
  EXPECT_TRUE(other.empty());
  other.append("again");
  EXPECT_EQ(other.flatten(), "again");

  ReplyBuffer fresh;
  fresh.take(buffer);
  EXPECT_EQ(fresh.flatten(), "irstoneleftblobend");
  EXPECT_TRUE(buffer.empty());
}

TEST(ReplyBuffer, EmptyBlobPartIsNothing) {
  ReplyBuffer buffer;
  const BlobRef blob = blob_of("abc");
  buffer.append_blob(blob, blob->view().substr(0, 0));
  EXPECT_TRUE(buffer.empty());
  EXPECT_THAT(gather(buffer), IsEmpty());
}

TEST(ReplyBuffer, ShrinkKeepsWhatWaits) {
  ReplyBuffer buffer;
  buffer.append(std::string(100'000, 'x'));
  buffer.sent(100'000);
  buffer.append("tail");
  append_blob(buffer, "blob");
  buffer.shrink(1000);
  EXPECT_EQ(buffer.flatten(), "tailblob");
}

}  // namespace
}  // namespace larder
