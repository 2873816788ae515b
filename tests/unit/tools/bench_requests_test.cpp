#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "net/socket_ops.h"
#include "tools/bench/key_format.h"
#include "tools/bench/out_batch.h"
#include "tools/bench/request_encoder.h"
#include "tools/bench/request_stream.h"
#include "tools/bench/values.h"

namespace larder::bench {
namespace {

struct SocketPair {
  SocketPair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    writer.reset(fds[0]);
    reader.reset(fds[1]);
  }
  std::string receive() const {
    std::string all;
    std::array<char, 65'536> buffer;
    for (ssize_t got = 0; (got = ::recv(reader.get(), buffer.data(), buffer.size(), 0)) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  net::UniqueFd writer;
  net::UniqueFd reader;
};

// All that is in a batch, through a socket that takes it in pieces.
std::string bytes_of(OutBatch& batch) {
  const SocketPair pair;
  std::string all;
  while (batch.send(pair.writer.get()) == OutBatch::Sent::kPart) all += pair.receive();
  return all + pair.receive();
}

class BenchRequests : public ::testing::Test {
 protected:
  std::string encode(RequestKind kind, const std::vector<std::uint32_t>& keys) {
    const KeyFormat format(options_.keys);
    const Values values(options_.value_bytes.max);
    const RequestEncoder encoder(options_, format, values, static_cast<std::uint32_t>(keys.size()));
    SplitMix64 sizes(1);
    OutBatch batch;
    written_ = encoder.encode(kind, keys, sizes, batch);
    return bytes_of(batch);
  }
  std::string value(std::uint64_t number, std::uint64_t bytes) const {
    return std::string(Values(options_.value_bytes.max).of(number, bytes));
  }

  LoadOptions options_{.keys = {.count = 1000, .bytes = 6}, .value_bytes = {.min = 5, .max = 5}};
  std::uint64_t written_ = 0;
};

TEST_F(BenchRequests, RespOfOneKey) {
  EXPECT_EQ(encode(RequestKind::kGet, {42}), "*2\r\n$3\r\nGET\r\n$6\r\nkey042\r\n");
  EXPECT_EQ(written_, 0u);
  EXPECT_EQ(encode(RequestKind::kSet, {42}), "*3\r\n$3\r\nSET\r\n$6\r\nkey042\r\n$5\r\n" + value(42, 5) + "\r\n");
  EXPECT_EQ(written_, 11u);
  EXPECT_EQ(encode(RequestKind::kTouch, {7}), "*2\r\n$5\r\nTOUCH\r\n$6\r\nkey007\r\n");
  EXPECT_EQ(encode(RequestKind::kDelete, {999}), "*2\r\n$3\r\nDEL\r\n$6\r\nkey999\r\n");
}

TEST_F(BenchRequests, RespOfSeveralKeys) {
  EXPECT_EQ(encode(RequestKind::kGet, {1, 2}), "*3\r\n$4\r\nMGET\r\n$6\r\nkey001\r\n$6\r\nkey002\r\n");
  EXPECT_EQ(encode(RequestKind::kSet, {1, 2}), "*5\r\n$4\r\nMSET\r\n$6\r\nkey001\r\n$5\r\n" + value(1, 5) +
                                                   "\r\n$6\r\nkey002\r\n$5\r\n" + value(2, 5) + "\r\n");
  EXPECT_EQ(written_, 22u);
  EXPECT_EQ(encode(RequestKind::kDelete, {1, 2}), "*3\r\n$3\r\nDEL\r\n$6\r\nkey001\r\n$6\r\nkey002\r\n");
}

TEST_F(BenchRequests, RespWithATimeToLive) {
  options_.expire_s = 3600;
  EXPECT_EQ(encode(RequestKind::kSet, {42}),
            "*5\r\n$3\r\nSET\r\n$6\r\nkey042\r\n$5\r\n" + value(42, 5) + "\r\n$2\r\nEX\r\n$4\r\n3600\r\n");
}

TEST_F(BenchRequests, Memcached) {
  options_.protocol = Protocol::kMemcached;
  options_.expire_s = 60;
  EXPECT_EQ(encode(RequestKind::kGet, {42}), "get key042\r\n");
  EXPECT_EQ(encode(RequestKind::kGet, {1, 2}), "get key001 key002\r\n");
  EXPECT_EQ(encode(RequestKind::kSet, {42}), "set key042 0 60 5\r\n" + value(42, 5) + "\r\n");
  EXPECT_EQ(encode(RequestKind::kSet, {1, 2}),
            "set key001 0 60 5\r\n" + value(1, 5) + "\r\nset key002 0 60 5\r\n" + value(2, 5) + "\r\n");
  EXPECT_EQ(encode(RequestKind::kTouch, {42}), "touch key042 60\r\n");
  EXPECT_EQ(encode(RequestKind::kDelete, {1, 2}), "delete key001\r\ndelete key002\r\n");
}

TEST_F(BenchRequests, SizesBetweenTwoBounds) {
  options_.value_bytes = {.min = 9, .max = 11};
  const std::string request = encode(RequestKind::kSet, {42});
  const std::uint64_t bytes = written_ - 6;
  EXPECT_GE(bytes, 9u);
  EXPECT_LE(bytes, 11u);
  EXPECT_EQ(request,
            "*3\r\n$3\r\nSET\r\n$6\r\nkey042\r\n$" + std::to_string(bytes) + "\r\n" + value(42, bytes) + "\r\n");
}

TEST_F(BenchRequests, LargeValuesGoOutFromWhereTheyLie) {
  options_.value_bytes = {.min = 3'000'000, .max = 3'000'000};
  const std::string request = encode(RequestKind::kSet, {42});
  EXPECT_TRUE(request == "*3\r\n$3\r\nSET\r\n$6\r\nkey042\r\n$3000000\r\n" + value(42, 3'000'000) + "\r\n");
}

TEST_F(BenchRequests, ValuesDifferByKeyAndByLength) {
  EXPECT_NE(value(1, 5), value(2, 5));
  EXPECT_NE(value(1, 4), value(1, 5).substr(0, 4));
  EXPECT_EQ(Values(5).of(1, 5), Values(5000).of(1, 5)) << "the same for every load";
}

TEST_F(BenchRequests, KindsComeInTheirProportion) {
  const KeyFormat format(options_.keys);
  const Values values(5);
  const RequestEncoder encoder(options_, format, values, 1);
  options_.keys.distribution = Distribution::kUniform;
  const DrawnKeys none(options_.keys, 0, 0);
  const MixOptions mix{.touch_percent = 10, .delete_percent = 30, .get_parts = 2, .set_parts = 1};
  RequestStream stream(encoder, KeyStream(options_.keys, none, 1, {}), mix, 2);
  std::array<int, kRequestKinds> seen{};
  OutBatch batch;
  for (int i = 0; i < 30'000; ++i) ++seen[index_of(stream.next(batch).kind)];
  EXPECT_NEAR(seen[index_of(RequestKind::kTouch)], 3'000, 250);
  EXPECT_NEAR(seen[index_of(RequestKind::kDelete)], 9'000, 400);
  EXPECT_NEAR(seen[index_of(RequestKind::kGet)], 12'000, 450);
  EXPECT_NEAR(seen[index_of(RequestKind::kSet)], 6'000, 350);
}

TEST(BenchOutBatch, PiecesKeepTheirOrderAndTheBatchIsEmptyAfterwards) {
  const std::string outside(100'000, 'o');
  OutBatch batch;
  batch.append("a");
  batch.append_outside(outside);
  batch.append_outside(outside);
  batch.append("b");
  EXPECT_EQ(batch.bytes(), 200'002u);
  EXPECT_TRUE(bytes_of(batch) == "a" + outside + outside + "b");
  EXPECT_TRUE(batch.empty());
  batch.append("c");
  EXPECT_EQ(bytes_of(batch), "c");
}

TEST(BenchOutBatch, AClosedSocketIsAFailure) {
  SocketPair pair;
  pair.reader.reset();
  OutBatch batch;
  batch.append("x");
  EXPECT_EQ(batch.send(pair.writer.get()), OutBatch::Sent::kFailed);
}

}  // namespace
}  // namespace larder::bench
