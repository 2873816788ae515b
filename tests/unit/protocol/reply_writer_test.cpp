#include "larder/protocol/reply_writer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace larder {
namespace {

template <class Write>
std::string written(RespVersion version, Write write) {
  ReplyBuffer buffer;
  ReplyWriter writer(buffer, version);
  write(writer);
  return buffer.flatten();
}

template <class Write>
void expect_both(Write write, const std::string& resp2, const std::string& resp3) {
  EXPECT_EQ(written(RespVersion::k2, write), resp2);
  EXPECT_EQ(written(RespVersion::k3, write), resp3);
}

TEST(ReplyWriter, TypesOfBothVersions) {
  expect_both([](ReplyWriter& w) { w.ok(); }, "+OK\r\n", "+OK\r\n");
  expect_both([](ReplyWriter& w) { w.simple("PONG"); }, "+PONG\r\n", "+PONG\r\n");
  expect_both([](ReplyWriter& w) { w.bulk("value"); }, "$5\r\nvalue\r\n", "$5\r\nvalue\r\n");
  expect_both([](ReplyWriter& w) { w.bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n");
  expect_both([](ReplyWriter& w) { w.array(0); }, "*0\r\n", "*0\r\n");
  expect_both([](ReplyWriter& w) { w.array(12); }, "*12\r\n", "*12\r\n");
}

TEST(ReplyWriter, TypesOfResp3FallBack) {
  expect_both([](ReplyWriter& w) { w.null(); }, "$-1\r\n", "_\r\n");
  expect_both([](ReplyWriter& w) { w.null_array(); }, "*-1\r\n", "_\r\n");
  expect_both([](ReplyWriter& w) { w.boolean(true); }, ":1\r\n", "#t\r\n");
  expect_both([](ReplyWriter& w) { w.boolean(false); }, ":0\r\n", "#f\r\n");
  expect_both([](ReplyWriter& w) { w.number(2.5); }, "$3\r\n2.5\r\n", ",2.5\r\n");
  expect_both([](ReplyWriter& w) { w.number(-std::numeric_limits<double>::infinity()); }, "$4\r\n-inf\r\n",
              ",-inf\r\n");
  expect_both([](ReplyWriter& w) { w.verbatim("a\r\nb"); }, "$4\r\na\r\nb\r\n", "=8\r\ntxt:a\r\nb\r\n");
  expect_both([](ReplyWriter& w) { w.verbatim(""); }, "$0\r\n\r\n", "=4\r\ntxt:\r\n");
  expect_both([](ReplyWriter& w) { w.map(7); }, "*14\r\n", "%7\r\n");
  expect_both([](ReplyWriter& w) { w.set(3); }, "*3\r\n", "~3\r\n");
  expect_both([](ReplyWriter& w) { w.push(2); }, "*2\r\n", ">2\r\n");
}

TEST(ReplyWriter, IntegersOfAllLengths) {
  std::vector<std::int64_t> values = {std::numeric_limits<std::int64_t>::min(),
                                      std::numeric_limits<std::int64_t>::max(), 0, -1};
  for (std::int64_t value = 1; value < std::numeric_limits<std::int64_t>::max() / 10; value *= 10) {
    values.insert(values.end(), {value, value - 1, -value, 9 * value});
  }
  for (const std::int64_t value : values) {
    EXPECT_EQ(written(RespVersion::k2, [&](ReplyWriter& w) { w.integer(value); }),
              ":" + std::to_string(value) + "\r\n");
  }
}

TEST(ReplyWriter, BulksOfAllLengths) {
  for (const std::size_t size : {1U, 9U, 10U, 255U, 256U, 257U, 1000U, 70'000U}) {
    const std::string bytes(size, 'x');
    EXPECT_EQ(written(RespVersion::k3, [&](ReplyWriter& w) { w.bulk(bytes); }),
              "$" + std::to_string(size) + "\r\n" + bytes + "\r\n");
  }
}

TEST(ReplyWriter, LargePartOfBlobIsReferencedAndSmallOneCopied) {
  for (const std::size_t size : {ReplyWriter::kReferenceBytesMin - 1, ReplyWriter::kReferenceBytesMin}) {
    BlobRef blob = Blob::allocate(size + 1);
    std::memset(blob->data(), 'x', blob->size());
    ReplyBuffer buffer;
    ReplyWriter writer(buffer, RespVersion::k2);
    writer.bulk(blob, blob->view().substr(1));
    EXPECT_EQ(buffer.flatten(), "$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n");
    EXPECT_EQ(buffer.mark().blobs, size >= ReplyWriter::kReferenceBytesMin ? 1U : 0U);
  }
}

TEST(ReplyWriter, LineEndsInErrorsAndSimpleTextsBecomeBlanks) {
  expect_both([](ReplyWriter& w) { w.error("ERR a\r\nb\n"); }, "-ERR a  b \r\n", "-ERR a  b \r\n");
  expect_both([](ReplyWriter& w) { w.simple("a\nb\r"); }, "+a b \r\n", "+a b \r\n");
}

TEST(ReplyWriter, StatusWithMessageGetsCodeUnlessItHasOne) {
  const auto text = [](Status status) { return written(RespVersion::k2, [&](ReplyWriter& w) { w.error(status); }); };
  EXPECT_EQ(text(Status::invalid("value is not an integer")), "-ERR value is not an integer\r\n");
  EXPECT_EQ(text(Status::invalid("ERR syntax error")), "-ERR syntax error\r\n");
  EXPECT_EQ(text(Status::invalid("WRONGPASS no")), "-WRONGPASS no\r\n");
  EXPECT_EQ(text(Status::invalid("DB index is out of range")), "-ERR DB index is out of range\r\n");
  EXPECT_EQ(text(Status(StatusCode::kNotFound)), "-ERR no such key\r\n");
}

TEST(ReplyWriter, EveryFailureHasItsWireText) {
  const auto text = [](StatusCode code) { return written(RespVersion::k2, [&](ReplyWriter& w) { w.error(code); }); };
  EXPECT_EQ(text(StatusCode::kOutOfMemory), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(text(StatusCode::kNeedsRoom), text(StatusCode::kOutOfMemory));
  EXPECT_EQ(text(StatusCode::kTooLarge), "-OOM the item is larger than 'maxmemory' can ever hold\r\n");
  for (const StatusCode code :
       {StatusCode::kNotFound, StatusCode::kNotStored, StatusCode::kInvalidArgument, StatusCode::kIo}) {
    EXPECT_EQ(text(code).substr(0, 5), "-ERR ");
  }
}

TEST(ReplyWriter, VersionMayChangeBetweenReplies) {
  ReplyBuffer buffer;
  ReplyWriter writer(buffer, RespVersion::k2);
  writer.null();
  writer.set_version(RespVersion::k3);
  writer.null();
  EXPECT_EQ(buffer.flatten(), "$-1\r\n_\r\n");
}

}  // namespace
}  // namespace larder
