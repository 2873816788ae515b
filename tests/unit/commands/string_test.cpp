// GET, SET and their relatives through the whole command layer. Error texts are those Redis 7.0.15 answers.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "larder/base/blob.h"
#include "larder/base/limits.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

const std::string kOkReply{kOk};
const std::string kNullReply{kNull};
const std::string kNull3Reply{kNullResp3};
const std::string kOom = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";

std::string invalid_expire(const std::string& command) {
  return error("ERR invalid expire time in '" + command + "' command");
}

class StringCommands : public testing::Test {
 protected:
  ~StringCommands() override { runner_.store().check_invariants(); }

  std::string run(const std::vector<std::string>& arguments) { return runner_.run(arguments); }

  CommandRunner runner_;
};

TEST_F(StringCommands, SetThenGetAnswersTheValue) {
  EXPECT_EQ(run({"SET", "k", "v"}), kOkReply);
  EXPECT_EQ(run({"GET", "k"}), bulk("v"));
  EXPECT_EQ(run({"get", "K"}), kNullReply);
}

TEST_F(StringCommands, KeysAndValuesMayBeEmptyOrBinary) {
  const std::string binary("\0\r\n\xff$5", 6);
  EXPECT_EQ(run({"SET", "", binary}), kOkReply);
  EXPECT_EQ(run({"GET", ""}), bulk(binary));
  EXPECT_EQ(run({"SET", binary, ""}), kOkReply);
  EXPECT_EQ(run({"GET", binary}), bulk(""));
  EXPECT_EQ(run({"STRLEN", binary}), integer(0));
}

TEST_F(StringCommands, NullIsAsTheClientsVersionHasIt) {
  EXPECT_EQ(run({"GET", "none"}), kNullReply);
  EXPECT_EQ(run({"SET", "k", "v", "XX"}), kNullReply);
  EXPECT_EQ(run({"MGET", "none"}), array({kNullReply}));
  run({"HELLO", "3"});
  EXPECT_EQ(run({"GET", "none"}), kNull3Reply);
  EXPECT_EQ(run({"SET", "k", "v", "XX"}), kNull3Reply);
  EXPECT_EQ(run({"SET", "k", "v", "GET"}), kNull3Reply);
  EXPECT_EQ(run({"GETSET", "l", "v"}), kNull3Reply);
  EXPECT_EQ(run({"GETDEL", "none"}), kNull3Reply);
  EXPECT_EQ(run({"GETEX", "none"}), kNull3Reply);
  EXPECT_EQ(run({"MGET", "none"}), array({kNull3Reply}));
}

TEST_F(StringCommands, SetForgetsTheExpiryUnlessToldToKeepIt) {
  run({"SET", "k", "v", "EX", "100"});
  EXPECT_EQ(run({"SET", "k", "w", "KEEPTTL"}), kOkReply);
  EXPECT_EQ(run({"TTL", "k"}), integer(100));
  EXPECT_EQ(run({"SET", "k", "x"}), kOkReply);
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
  EXPECT_EQ(run({"SET", "new", "x", "KEEPTTL"}), kOkReply);
  EXPECT_EQ(run({"TTL", "new"}), integer(-1));
}

TEST_F(StringCommands, EachExpiryOptionOfSetExpiresAtItsTime) {
  const TimeMs now_ms = runner_.now_ms();
  run({"SET", "ex", "v", "EX", "2"});
  run({"SET", "px", "v", "px", "2000"});
  run({"SET", "exat", "v", "ExAt", std::to_string(now_ms / 1000 + 2)});
  run({"SET", "pxat", "v", "PXAT", std::to_string(now_ms + 2000)});
  run({"SETEX", "setex", "2", "v"});
  run({"PSETEX", "psetex", "2000", "v"});
  const std::vector<std::string> keys = {"ex", "px", "exat", "pxat", "setex", "psetex"};
  runner_.advance_ms(1999);
  for (const std::string& key : keys) EXPECT_EQ(run({"PTTL", key}), integer(1)) << key;
  runner_.advance_ms(1);
  for (const std::string& key : keys) EXPECT_EQ(run({"GET", key}), kNullReply) << key;
}

TEST_F(StringCommands, SetToATimeThatIsPastLeavesNoKey) {
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"SET", "k", "w", "EXAT", "1"}), kOkReply);
  EXPECT_EQ(run({"GET", "k"}), kNullReply);
}

TEST_F(StringCommands, SetOptionsComeInAnyOrder) {
  EXPECT_EQ(run({"SET", "k", "1", "EX", "10", "NX"}), kOkReply);
  EXPECT_EQ(run({"SET", "k", "2", "GET", "XX", "PX", "5000"}), bulk("1"));
  EXPECT_EQ(run({"SET", "k", "3", "xx", "keepttl", "get"}), bulk("2"));
  EXPECT_EQ(run({"PTTL", "k"}), integer(5000));
  EXPECT_EQ(run({"SET", "k", "4", "EX", "5", "EX", "6"}), kOkReply);
  EXPECT_EQ(run({"TTL", "k"}), integer(6));
}

TEST_F(StringCommands, SetConditions) {
  EXPECT_EQ(run({"SET", "k", "1", "XX"}), kNullReply);
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
  EXPECT_EQ(run({"SET", "k", "1", "NX"}), kOkReply);
  EXPECT_EQ(run({"SET", "k", "2", "NX"}), kNullReply);
  EXPECT_EQ(run({"GET", "k"}), bulk("1"));
  EXPECT_EQ(run({"SET", "k", "2", "XX"}), kOkReply);
  EXPECT_EQ(run({"GET", "k"}), bulk("2"));
}

TEST_F(StringCommands, SetGetAnswersTheOldValueWhetherItStoresOrNot) {
  EXPECT_EQ(run({"SET", "k", "1", "GET"}), kNullReply);
  EXPECT_EQ(run({"SET", "k", "2", "GET"}), bulk("1"));
  EXPECT_EQ(run({"SET", "k", "3", "NX", "GET"}), bulk("2"));
  EXPECT_EQ(run({"GET", "k"}), bulk("2"));
  EXPECT_EQ(run({"SET", "absent", "3", "XX", "GET"}), kNullReply);
  EXPECT_EQ(run({"EXISTS", "absent"}), integer(0));
  EXPECT_EQ(run({"SET", "fresh", "3", "NX", "GET"}), kNullReply);
  EXPECT_EQ(run({"GET", "fresh"}), bulk("3"));
}

TEST_F(StringCommands, ContradictingOrUnknownOptionsAreASyntaxError) {
  run({"SET", "k", "v"});
  const std::vector<std::vector<std::string>> bad = {
      {"NX", "XX"},
      {"EX", "5", "PX", "5"},
      {"EX", "5", "KEEPTTL"},
      {"KEEPTTL", "EX", "5"},
      {"EX"},
      {"GET", "PX"},
      {"PERSIST"},
      {"foo"},
      {"EXAT", "5", "EX", "5"},
      {"EX", "0", "nope"},
      {"PXAT", "1", "KEEPTTL"},
      {"NX", "EX", "1", "XX"},
  };
  for (const auto& options : bad) {
    std::vector<std::string> request = {"SET", "k", "w"};
    request.insert(request.end(), options.begin(), options.end());
    EXPECT_EQ(run(request), error("ERR syntax error")) << options.front();
  }
  for (const std::vector<std::string>& request :
       std::vector<std::vector<std::string>>{{"GETEX", "k", "FOO"},
                                             {"GETEX", "k", "KEEPTTL"},
                                             {"GETEX", "k", "NX"},
                                             {"GETEX", "k", "EX"},
                                             {"GETEX", "k", "PERSIST", "EX", "5"},
                                             {"GETEX", "absent", "FOO"}}) {
    EXPECT_EQ(run(request), error("ERR syntax error")) << request.back();
  }
  EXPECT_EQ(run({"GET", "k"}), bulk("v"));
}

TEST_F(StringCommands, BadExpiryTimesAreToldWithTheCommandsName) {
  const std::string int64_max = "9223372036854775807";
  for (const std::string& time : {std::string("0"), std::string("-5"), int64_max, std::string("9223372036854775")}) {
    EXPECT_EQ(run({"SET", "k", "v", "EX", time}), invalid_expire("set")) << time;
    EXPECT_EQ(run({"SETEX", "k", time, "v"}), invalid_expire("setex")) << time;
  }
  EXPECT_EQ(run({"SET", "k", "v", "PX", int64_max}), invalid_expire("set"));
  EXPECT_EQ(run({"SET", "k", "v", "EXAT", int64_max}), invalid_expire("set"));
  EXPECT_EQ(run({"PSETEX", "k", "-1", "v"}), invalid_expire("psetex"));
  EXPECT_EQ(run({"PSETEX", "k", int64_max, "v"}), invalid_expire("psetex"));
  const std::string not_integer = error("ERR value is not an integer or out of range");
  EXPECT_EQ(run({"SET", "k", "v", "EX", "abc"}), not_integer);
  EXPECT_EQ(run({"SET", "k", "v", "EX", " 5"}), not_integer);
  EXPECT_EQ(run({"SETEX", "k", "9223372036854775808", "v"}), not_integer);
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
  EXPECT_EQ(run({"SET", "k", "v", "PXAT", int64_max}), kOkReply);
  EXPECT_EQ(run({"PEXPIRETIME", "k"}), integer(std::numeric_limits<std::int64_t>::max()));
}

TEST_F(StringCommands, SetnxStoresOnlyOnce) {
  EXPECT_EQ(run({"SETNX", "k", "1"}), integer(1));
  EXPECT_EQ(run({"SETNX", "k", "2"}), integer(0));
  EXPECT_EQ(run({"GET", "k"}), bulk("1"));
}

TEST_F(StringCommands, GetsetForgetsTheExpiry) {
  EXPECT_EQ(run({"GETSET", "k", "1"}), kNullReply);
  run({"EXPIRE", "k", "100"});
  EXPECT_EQ(run({"GETSET", "k", "2"}), bulk("1"));
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
}

TEST_F(StringCommands, GetdelAnswersOnceAndDeletes) {
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"GETDEL", "k"}), bulk("v"));
  EXPECT_EQ(run({"GETDEL", "k"}), kNullReply);
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
}

TEST_F(StringCommands, GetexSetsAndRemovesTheExpiry) {
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"GETEX", "k"}), bulk("v"));
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
  EXPECT_EQ(run({"GETEX", "k", "EX", "10"}), bulk("v"));
  EXPECT_EQ(run({"TTL", "k"}), integer(10));
  EXPECT_EQ(run({"GETEX", "k", "PX", "2500"}), bulk("v"));
  EXPECT_EQ(run({"PTTL", "k"}), integer(2500));
  EXPECT_EQ(run({"GETEX", "k"}), bulk("v"));
  EXPECT_EQ(run({"PTTL", "k"}), integer(2500));
  EXPECT_EQ(run({"GETEX", "k", "PERSIST"}), bulk("v"));
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
  EXPECT_EQ(run({"GETEX", "k", "PXAT", std::to_string(runner_.now_ms() + 7)}), bulk("v"));
  EXPECT_EQ(run({"PTTL", "k"}), integer(7));
  EXPECT_EQ(run({"GETEX", "k", "EXAT", "1"}), bulk("v"));
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
}

TEST_F(StringCommands, GetexLooksAtTheTimeOnlyIfTheKeyExists) {
  EXPECT_EQ(run({"GETEX", "absent", "EX", "abc"}), kNullReply);
  EXPECT_EQ(run({"GETEX", "absent", "EX", "0"}), kNullReply);
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"GETEX", "k", "EX", "abc"}), error("ERR value is not an integer or out of range"));
  EXPECT_EQ(run({"GETEX", "k", "EX", "0"}), invalid_expire("getex"));
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
}

TEST_F(StringCommands, MsetAndMgetTakeManyKeys) {
  EXPECT_EQ(run({"MSET", "a", "1", "b", "2", "a", "3"}), kOkReply);
  EXPECT_EQ(run({"MGET", "a", "none", "b", "a"}), array({bulk("3"), kNullReply, bulk("2"), bulk("3")}));
  run({"EXPIRE", "a", "100"});
  run({"MSET", "a", "4"});
  EXPECT_EQ(run({"TTL", "a"}), integer(-1));
}

TEST_F(StringCommands, MsetnxStoresAllOrNothing) {
  EXPECT_EQ(run({"MSETNX", "a", "1", "b", "2"}), integer(1));
  EXPECT_EQ(run({"MSETNX", "c", "3", "b", "4"}), integer(0));
  EXPECT_EQ(run({"MGET", "a", "b", "c"}), array({bulk("1"), bulk("2"), kNullReply}));
  EXPECT_EQ(run({"MSETNX", "z", "1", "z", "2"}), integer(1));
  EXPECT_EQ(run({"GET", "z"}), bulk("2"));
}

TEST_F(StringCommands, PairsMustBeWhole) {
  EXPECT_EQ(run({"MSET", "a", "1", "b"}), error("ERR wrong number of arguments for 'mset' command"));
  EXPECT_EQ(run({"MSETNX", "a", "1", "b"}), error("ERR wrong number of arguments for 'msetnx' command"));
  EXPECT_EQ(run({"EXISTS", "a"}), integer(0));
}

TEST_F(StringCommands, AppendJoinsAndKeepsTheExpiry) {
  EXPECT_EQ(run({"APPEND", "k", ""}), integer(0));
  EXPECT_EQ(run({"EXISTS", "k"}), integer(1));
  EXPECT_EQ(run({"APPEND", "k", "abc"}), integer(3));
  run({"EXPIRE", "k", "100"});
  EXPECT_EQ(run({"APPEND", "k", "de"}), integer(5));
  EXPECT_EQ(run({"APPEND", "k", ""}), integer(5));
  EXPECT_EQ(run({"GET", "k"}), bulk("abcde"));
  EXPECT_EQ(run({"TTL", "k"}), integer(100));
}

TEST_F(StringCommands, AppendJoinsLargeValues) {
  const std::string large(200'000, 'x');
  std::string expected = "start";
  run({"SET", "k", expected, "EX", "100"});
  for (const std::string& part : {large, std::string("y"), large + "z"}) {
    expected += part;
    EXPECT_EQ(run({"APPEND", "k", part}), integer(static_cast<std::int64_t>(expected.size())));
  }
  EXPECT_EQ(run({"GET", "k"}), bulk(expected));
  EXPECT_EQ(run({"TTL", "k"}), integer(100));
  EXPECT_EQ(run({"APPEND", "new", large}), integer(200'000));
  EXPECT_EQ(run({"GET", "new"}), bulk(large));
}

TEST_F(StringCommands, AppendBeyondTheLargestValueIsRefused) {
  // Put into the store as it is, so that its pages are never touched.
  const BlobRef largest = Blob::allocate(limits::kValueBytesMax);
  const Key key = runner_.store().key(0, "k");
  runner_.store().run(key, runner_.now_ms(), [&](Shard& shard, Op& op) {
    return shard.set(key, {largest->view(), largest.get()}, {}, op);
  });
  EXPECT_EQ(run({"APPEND", "k", "x"}), error("ERR string exceeds maximum allowed size (proto-max-bulk-len)"));
  EXPECT_EQ(run({"APPEND", "k", ""}), integer(limits::kValueBytesMax));
  EXPECT_EQ(run({"STRLEN", "k"}), integer(limits::kValueBytesMax));
}

TEST_F(StringCommands, LargeValuesComeBackWhole) {
  std::string large(5 << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 7);
  EXPECT_EQ(run({"SET", "k", large}), kOkReply);
  EXPECT_EQ(run({"GET", "k"}), bulk(large));
  EXPECT_EQ(run({"SET", "k", "small", "GET"}), bulk(large));
  EXPECT_EQ(run({"MSET", "a", large, "b", "x"}), kOkReply);
  EXPECT_EQ(run({"MGET", "a", "b"}), array({bulk(large), bulk("x")}));
  EXPECT_EQ(run({"GETDEL", "a"}), bulk(large));
}

TEST_F(StringCommands, ArityIsChecked) {
  EXPECT_EQ(run({"GET"}), error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(run({"GET", "a", "b"}), error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(run({"SET", "a"}), error("ERR wrong number of arguments for 'set' command"));
  EXPECT_EQ(run({"MSET", "a"}), error("ERR wrong number of arguments for 'mset' command"));
}

TEST_F(StringCommands, KeysBeyondTheLimitAreRefusedByWritesAndAbsentForReads) {
  const std::string longest(limits::kKeyBytesMax, 'k');
  EXPECT_EQ(run({"SET", longest, "v"}), kOkReply);
  EXPECT_EQ(run({"GET", longest}), bulk("v"));
  const std::string longer = longest + "k";
  const std::string refused = error("ERR key is too long (at most 65535 bytes)");
  for (const std::vector<std::string>& request :
       std::vector<std::vector<std::string>>{{"SET", longer, "v"},
                                             {"SETEX", longer, "1", "v"},
                                             {"PSETEX", longer, "1", "v"},
                                             {"SETNX", longer, "v"},
                                             {"GETSET", longer, "v"},
                                             {"MSET", "a", "1", longer, "v"},
                                             {"MSETNX", "a", "1", longer, "v"},
                                             {"APPEND", longer, "v"},
                                             {"INCR", longer},
                                             {"INCRBYFLOAT", longer, "1"}}) {
    EXPECT_EQ(run(request), refused) << request.front();
  }
  EXPECT_EQ(run({"GET", longer}), kNullReply);
  EXPECT_EQ(run({"DEL", longer}), integer(0));
  EXPECT_EQ(run({"EXISTS", "a"}), integer(0));
}

TEST_F(StringCommands, LookUpsAreCountedAsRedisCountsThem) {
  run({"SET", "k", "v"});
  const auto counted = [&](const std::vector<std::string>& request) {
    const RequestTotals before = runner_.statistics().totals();
    run(request);
    const RequestTotals after = runner_.statistics().totals();
    return std::pair{after.hits - before.hits, after.misses - before.misses};
  };
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(counted({"GET", "k"}), Pair(1, 0));
  EXPECT_EQ(counted({"GET", "none"}), Pair(0, 1));
  EXPECT_EQ(counted({"MGET", "k", "none", "k"}), Pair(2, 1));
  EXPECT_EQ(counted({"GETEX", "k"}), Pair(1, 0));
  EXPECT_EQ(counted({"STRLEN", "none"}), Pair(0, 1));
  EXPECT_EQ(counted({"SET", "k", "v", "GET"}), Pair(1, 0));
  EXPECT_EQ(counted({"GETSET", "k", "v"}), Pair(1, 0));
  EXPECT_EQ(counted({"SET", "k", "v", "XX"}), Pair(0, 0));
  EXPECT_EQ(counted({"SETNX", "k", "v"}), Pair(0, 0));
  EXPECT_EQ(counted({"APPEND", "k", "v"}), Pair(0, 0));
  EXPECT_EQ(counted({"GETDEL", "k"}), Pair(1, 0));
}

TEST_F(StringCommands, TheTimeFromAMissToTheSetOfThatKeyIsTheLoadTime) {
  EXPECT_EQ(run({"GET", "k"}), kNullReply);
  runner_.clock().advance_us(1'500);
  run({"SET", "other", "v"});
  EXPECT_EQ(runner_.statistics().totals().loads, 0U);
  runner_.clock().advance_us(500);
  run({"SET", "k", "v"});
  EXPECT_EQ(runner_.statistics().totals().loads, 1U);
  EXPECT_EQ(runner_.statistics().totals().load_us, 2'000U);
  run({"MGET", "a", "b"});
  runner_.clock().advance_us(100);
  run({"MSET", "a", "1", "b", "2"});
  EXPECT_EQ(runner_.statistics().totals().loads, 3U);
  EXPECT_EQ(runner_.statistics().totals().load_us, 2'200U);
}

TEST(StringCommandsWithoutRoom, AWriteThatFindsNoRoomChangesNothing) {
  CommandRunner runner({.maxmemory_bytes = 4 << 20, .policy = PolicyKind::kNoEviction});
  runner.run({"SET", "old", "value", "EX", "100"});
  const std::string filler(100'000, 'x');
  int stored = 0;
  while (runner.run({"SET", "filler" + std::to_string(stored), filler}) == kOkReply) ASSERT_LT(++stored, 100);
  EXPECT_GT(stored, 20);
  const std::string large(1 << 20, 'y');
  for (const std::vector<std::string>& request :
       std::vector<std::vector<std::string>>{{"SET", "old", large},
                                             {"SET", "old", large, "GET"},
                                             {"GETSET", "old", large},
                                             {"SETEX", "old", "5", large},
                                             {"APPEND", "old", large},
                                             {"MSET", "new", "1", "old", large},
                                             {"SETNX", "new", large},
                                             {"MSETNX", "new", "1", "newer", large}}) {
    EXPECT_EQ(runner.run(request), kOom) << request.front();
  }
  EXPECT_EQ(runner.run({"GET", "old"}), bulk("value"));
  EXPECT_EQ(runner.run({"TTL", "old"}), integer(100));
  EXPECT_EQ(runner.run({"EXISTS", "new", "newer"}), integer(0));
  EXPECT_EQ(runner.run({"DEL", "filler0"}), integer(1));
  EXPECT_EQ(runner.run({"SET", "again", "x"}), kOkReply);
  runner.store().check_invariants();
}

TEST(StringCommandsUnderLru, TheLeastRecentlyUsedKeyGoesFirst) {
  CommandRunner runner({.maxitems = 3});
  for (const std::string& key : {std::string("a"), std::string("b"), std::string("c")}) {
    runner.run({"SET", key, std::to_string(key[0] - 'a' + 1)});
  }
  EXPECT_EQ(runner.run({"GET", "a"}), bulk("1"));
  EXPECT_EQ(runner.run({"GET", "b"}), bulk("2"));
  EXPECT_EQ(runner.run({"GET", "c"}), bulk("3"));
  EXPECT_EQ(runner.run({"SET", "d", "4"}), kOkReply);
  EXPECT_EQ(runner.run({"GET", "a"}), kNullReply);
  EXPECT_EQ(runner.run({"GET", "d"}), bulk("4"));
  runner.store().check_invariants();
}

TEST(StringCommandsUnderLru, AccessesOneTwoThreeOneFourFiveEvictTwoThenThree) {
  CommandRunner runner({.maxitems = 3});
  const auto access = [&](const std::string& key) {
    if (runner.run({"GET", key}) == kNullReply) runner.run({"SET", key, "v"});
  };
  for (const std::string key : {"1", "2", "3", "1", "4"}) access(key);
  EXPECT_EQ(runner.run({"EXISTS", "1", "3", "4"}), integer(3));
  EXPECT_EQ(runner.run({"EXISTS", "2"}), integer(0));
  access("5");
  EXPECT_EQ(runner.run({"EXISTS", "1", "4", "5"}), integer(3));
  EXPECT_EQ(runner.run({"EXISTS", "3"}), integer(0));
}

TEST(StringCommandsUnderLru, MsetOfKeysThatExistEvictsNobody) {
  CommandRunner runner({.maxitems = 4});
  runner.run({"MSET", "a", "1", "b", "2", "c", "3", "d", "4"});
  EXPECT_EQ(runner.run({"MSET", "b", "5", "c", "6", "d", "7"}), kOkReply);
  EXPECT_EQ(runner.run({"MGET", "a", "b", "c", "d"}), array({bulk("1"), bulk("5"), bulk("6"), bulk("7")}));
}

TEST(StringCommandsUnderLru, AClientThatDoesNotTouchWarmsNothing) {
  CommandRunner runner({.maxitems = 2});
  runner.run({"MSET", "a", "1", "b", "2"});
  runner.run({"CLIENT", "NO-TOUCH", "ON"});
  runner.run({"GET", "a"});
  runner.run({"SET", "c", "3"});
  EXPECT_EQ(runner.run({"GET", "a"}), kNullReply);
  EXPECT_EQ(runner.run({"GET", "b"}), bulk("2"));
  runner.run({"TOUCH", "b"});
  runner.run({"SET", "d", "4"});
  EXPECT_EQ(runner.run({"GET", "b"}), bulk("2"));
}

}  // namespace
}  // namespace larder::test
