#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/reply_scanner.h"

namespace larder::bench {
namespace {

using ::testing::HasSubstr;

class BenchReplies : public ::testing::Test {
 protected:
  // What is asked, and what comes back, in `pieces` of input.
  struct Run {
    bool good = true;
    std::string failure;
    std::size_t in_flight = 0;
    LoadFigures figures;
  };
  Run run(std::vector<std::string_view> pieces) const {
    const KeyFormat keys({.count = 1000});
    const Values values(1000);
    const ReplyScanner::Context context{
        .protocol = protocol_, .value_bytes = sizes_, .keys = keys, .values = values, .verify = verify_};
    ReplyScanner scanner(context);
    std::uint32_t key = 0;
    for (Request request : requests_) {
      std::vector<std::uint32_t> names;
      for (std::uint32_t i = 0; i < request.keys; ++i) names.push_back(key++);
      request.since_ns = 1'000;
      scanner.expect(request, names);
    }
    Run run;
    for (const std::string_view piece : pieces) run.good = run.good && scanner.feed(piece, 3'000, run.figures);
    run.failure = scanner.failure();
    run.in_flight = scanner.in_flight();
    return run;
  }
  // Whole, cut in two at every place, and byte by byte: always the same figures.
  Run run_cut_anywhere(const std::string& replies) const {
    const Run whole = run({replies});
    std::vector<std::vector<std::string_view>> cuts;
    for (std::size_t at = 1; at < replies.size(); ++at) {
      cuts.push_back({std::string_view(replies).substr(0, at), std::string_view(replies).substr(at)});
    }
    cuts.emplace_back();
    for (std::size_t at = 0; at < replies.size(); ++at) cuts.back().push_back(std::string_view(replies).substr(at, 1));
    for (const auto& pieces : cuts) {
      const Run cut = run(pieces);
      EXPECT_EQ(cut.good, whole.good) << cut.failure;
      EXPECT_EQ(cut.failure, whole.failure);
      EXPECT_EQ(cut.in_flight, whole.in_flight);
      EXPECT_EQ(cut.figures.requests, whole.figures.requests);
      EXPECT_EQ(cut.figures.hits, whole.figures.hits);
      EXPECT_EQ(cut.figures.misses, whole.figures.misses);
      EXPECT_EQ(cut.figures.errors, whole.figures.errors);
      EXPECT_EQ(cut.figures.bytes_written, whole.figures.bytes_written);
    }
    return whole;
  }
  static std::string value(std::uint32_t key, std::uint64_t bytes) { return std::string(Values(1000).of(key, bytes)); }
  static Request request(RequestKind kind, std::uint32_t keys = 1, std::uint64_t written = 0) {
    return {.written_bytes = written, .keys = keys, .kind = kind};
  }

  Protocol protocol_ = Protocol::kResp;
  SizeRange sizes_{.min = 5, .max = 5};
  bool verify_ = true;
  std::vector<Request> requests_;
};

TEST_F(BenchReplies, RespOfEveryKind) {
  requests_ = {request(RequestKind::kGet), request(RequestKind::kGet), request(RequestKind::kSet, 1, 21),
               request(RequestKind::kTouch), request(RequestKind::kDelete)};
  const Run got = run_cut_anywhere("$5\r\n" + value(0, 5) + "\r\n$-1\r\n+OK\r\n:1\r\n:0\r\n");
  EXPECT_TRUE(got.good) << got.failure;
  EXPECT_EQ(got.in_flight, 0u);
  EXPECT_EQ(got.figures.operations(), 5u);
  EXPECT_EQ(got.figures.hits, 1u);
  EXPECT_EQ(got.figures.misses, 1u);
  EXPECT_EQ(got.figures.errors, 0u);
  EXPECT_EQ(got.figures.bytes_written, 21u);
  EXPECT_EQ(got.figures.latency[index_of(RequestKind::kGet)].count(), 2u);
  EXPECT_EQ(got.figures.latency[index_of(RequestKind::kGet)].max_ns(), 2'000);
}

TEST_F(BenchReplies, RespArrays) {
  requests_ = {request(RequestKind::kGet, 3), request(RequestKind::kSet, 3, 63), request(RequestKind::kGet, 3)};
  const Run got = run_cut_anywhere("*3\r\n$5\r\n" + value(0, 5) + "\r\n$-1\r\n$5\r\n" + value(2, 5) +
                                   "\r\n+OK\r\n*3\r\n$-1\r\n$-1\r\n$-1\r\n");
  EXPECT_TRUE(got.good) << got.failure;
  EXPECT_EQ(got.figures.operations(), 3u);
  EXPECT_EQ(got.figures.hits, 2u);
  EXPECT_EQ(got.figures.misses, 4u);
  EXPECT_EQ(got.figures.bytes_written, 63u);
}

TEST_F(BenchReplies, ErrorsAreCountedAndNotFatal) {
  requests_ = {request(RequestKind::kSet, 1, 21), request(RequestKind::kGet, 2), request(RequestKind::kSet, 1, 21)};
  const Run got = run_cut_anywhere("-OOM command not allowed\r\n-ERR what\r\n+OK\r\n");
  EXPECT_TRUE(got.good) << got.failure;
  EXPECT_EQ(got.figures.operations(), 3u);
  EXPECT_EQ(got.figures.errors, 2u);
  EXPECT_EQ(got.figures.first_error, "-OOM command not allowed");
  EXPECT_EQ(got.figures.bytes_written, 21u) << "of what was stored";
}

TEST_F(BenchReplies, MemcachedOfEveryKind) {
  protocol_ = Protocol::kMemcached;
  requests_ = {request(RequestKind::kGet),       request(RequestKind::kGet),    request(RequestKind::kSet, 1, 21),
               request(RequestKind::kTouch),     request(RequestKind::kDelete), request(RequestKind::kGet, 3),
               request(RequestKind::kSet, 2, 42)};
  const Run got = run_cut_anywhere("VALUE key:000000000000 0 5\r\n" + value(0, 5) +
                                   "\r\nEND\r\nEND\r\nSTORED\r\nTOUCHED\r\nNOT_FOUND\r\n"
                                   "VALUE key:000000000006 0 5\r\n" +
                                   value(6, 5) + "\r\nEND\r\nSTORED\r\nSERVER_ERROR out of memory\r\n");
  EXPECT_TRUE(got.good) << got.failure;
  EXPECT_EQ(got.in_flight, 0u);
  EXPECT_EQ(got.figures.operations(), 7u);
  EXPECT_EQ(got.figures.hits, 2u);
  EXPECT_EQ(got.figures.misses, 3u);
  EXPECT_EQ(got.figures.errors, 1u);
  EXPECT_EQ(got.figures.bytes_written, 21u);
}

TEST_F(BenchReplies, AWrongByteIsFoundWhereverItIs) {
  requests_ = {request(RequestKind::kGet)};
  for (std::size_t at = 0; at < 5; ++at) {
    std::string wrong = value(0, 5);
    wrong[at] = wrong[at] == 'x' ? 'y' : 'x';
    const Run got = run_cut_anywhere("$5\r\n" + wrong + "\r\n");
    EXPECT_FALSE(got.good);
    EXPECT_THAT(got.failure, HasSubstr("byte " + std::to_string(at) + " of the 5 of key:000000000000"));
  }
  verify_ = false;
  EXPECT_TRUE(run_cut_anywhere("$5\r\nwrong\r\n").good) << "unless nobody looks";
}

TEST_F(BenchReplies, LengthsAreCheckedWhetherOrNotValuesAre) {
  requests_ = {request(RequestKind::kGet)};
  for (const bool verify : {false, true}) {
    verify_ = verify;
    EXPECT_THAT(run_cut_anywhere("$4\r\n").failure, HasSubstr("key:000000000000 holds 4 bytes"));
    EXPECT_THAT(run_cut_anywhere("$6\r\n").failure, HasSubstr("holds 6 bytes"));
  }
  sizes_ = {.min = 4, .max = 6};
  EXPECT_TRUE(run_cut_anywhere("$4\r\n" + value(0, 4) + "\r\n").good);
  EXPECT_FALSE(run_cut_anywhere("$4\r\n" + value(0, 5).substr(0, 4) + "\r\n").good) << "cut short by the server";
}

TEST_F(BenchReplies, AReplyOfAnotherKindEndsIt) {
  for (const char* reply : {"+OK\r\n", ":1\r\n", "*1\r\n", "$x\r\n", "\r\n", "$5\n", "END\r\n"}) {
    requests_ = {request(RequestKind::kGet)};
    EXPECT_FALSE(run_cut_anywhere(reply).good) << reply;
  }
  for (const char* reply : {"$-1\r\n", "+QUEUED\r\n", ":1\r\n", "STORED\r\n"}) {
    requests_ = {request(RequestKind::kSet)};
    EXPECT_THAT(run_cut_anywhere(reply).failure, HasSubstr("is no reply to SET")) << reply;
  }
  requests_ = {request(RequestKind::kDelete)};
  EXPECT_FALSE(run_cut_anywhere(":2\r\n").good) << "of one key";
  requests_ = {request(RequestKind::kGet, 2)};
  EXPECT_FALSE(run_cut_anywhere("*3\r\n").good) << "of two keys";
  requests_ = {request(RequestKind::kGet)};
  EXPECT_FALSE(run_cut_anywhere("$5\r\n" + value(0, 5) + "xx").good) << "longer than it said";
  requests_ = {};
  EXPECT_THAT(run_cut_anywhere("+OK\r\n").failure, HasSubstr("nothing was asked"));
}

TEST_F(BenchReplies, MemcachedValuesAreOfTheKeysAskedFor) {
  protocol_ = Protocol::kMemcached;
  requests_ = {request(RequestKind::kGet, 2)};
  EXPECT_THAT(run_cut_anywhere("VALUE key:000000000009 0 5\r\n").failure, HasSubstr("not asked for"));
}

TEST_F(BenchReplies, BytesThatNobodyLooksAtMayBeDroppedUnseen) {
  const KeyFormat keys({.count = 1000});
  const Values values(1000);
  const ReplyScanner::Context context{.protocol = Protocol::kResp,
                                      .value_bytes = {.min = 1000, .max = 1000},
                                      .keys = keys,
                                      .values = values,
                                      .verify = false};
  ReplyScanner scanner(context);
  LoadFigures figures;
  scanner.expect(request(RequestKind::kGet), std::vector<std::uint32_t>{0});
  EXPECT_EQ(scanner.unread_bytes(), 0u);
  ASSERT_TRUE(scanner.feed("$1000\r\n" + std::string(300, 'v'), 0, figures));
  EXPECT_EQ(scanner.unread_bytes(), 700u);
  scanner.dropped(700);
  EXPECT_EQ(scanner.unread_bytes(), 0u);
  ASSERT_TRUE(scanner.feed("\r\n", 0, figures));
  EXPECT_EQ(figures.hits, 1u);
  EXPECT_EQ(scanner.in_flight(), 0u);
}

}  // namespace
}  // namespace larder::bench
