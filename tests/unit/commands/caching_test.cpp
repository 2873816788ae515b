// FETCH, SET's options for caches, TAGDEL and TAGINFO through the whole command layer.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "larder/base/limits.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

const std::string kOkReply{kOk};
const std::string kNullReply{kNull};
const std::string kSyntaxError = error("ERR syntax error");

std::string word(const std::string& text) {
  return "+" + text + "\r\n";
}

class CachingCommands : public testing::Test {
 protected:
  ~CachingCommands() override { runner_.store().check_invariants(); }

  std::string run(const std::vector<std::string>& arguments) { return runner_.run(arguments); }
  static std::string fetched(const std::string& state, const std::string& value, std::int64_t soft_ms,
                             std::int64_t ttl_ms) {
    return array({word(state), value, kNullReply, integer(soft_ms), integer(ttl_ms)});
  }
  static std::string nothing(const std::string& state) { return fetched(state, kNullReply, -2, -2); }
  // Of a reply with one; empty if it has none.
  static std::string token_in(const std::string& reply) {
    const std::size_t last = reply.rfind("\r\n+");
    if (last == std::string::npos || last < reply.find("\r\n") + 2) return {};
    const std::size_t begin = last + 3;
    return reply.substr(begin, reply.find('\r', begin) - begin);
  }
  // Wins the lease of a key, or fails the test.
  std::string win(TestClient& client, const std::string& key, const std::string& lease_ms = "1000") {
    const std::string token = token_in(client.run({"FETCH", key, "LEASE", lease_ms}));
    EXPECT_FALSE(token.empty());
    return token;
  }
  std::string win(const std::string& key) { return win(runner_.client(), key); }

  CommandRunner runner_;
};

TEST_F(CachingCommands, FetchTellsTheStateOfAKeyInOneReply) {
  EXPECT_EQ(run({"FETCH", "k"}), nothing("miss"));
  run({"SET", "k", "v"});
  EXPECT_EQ(run({"FETCH", "k"}), fetched("hit", bulk("v"), -1, -1));
  EXPECT_EQ(run({"SET", "k", "v", "PX", "500", "SOFTPX", "200"}), kOkReply);
  runner_.advance_ms(100);
  EXPECT_EQ(run({"FETCH", "k", "LEASE", "1000", "WAIT", "1000"}), fetched("hit", bulk("v"), 100, 400));
  runner_.advance_ms(100);
  EXPECT_EQ(run({"FETCH", "k"}), fetched("stale", bulk("v"), 0, 300));
  EXPECT_EQ(run({"GET", "k"}), bulk("v"));
  runner_.advance_ms(300);
  EXPECT_EQ(run({"FETCH", "k"}), nothing("miss"));
  EXPECT_EQ(run({"SET", "k", "", "NEGATIVE", "EX", "10", "SOFTEX", "5"}), kOkReply);
  EXPECT_EQ(run({"FETCH", "k", "LEASE", "1000"}), fetched("negative", kNullReply, 5'000, 10'000));
  run({"HELLO", "3"});
  EXPECT_EQ(run({"FETCH", "k"}), "*5\r\n+negative\r\n_\r\n_\r\n:5000\r\n:10000\r\n");
}

TEST_F(CachingCommands, OneCallerWinsAMissAndOthersAreToldToWait) {
  const std::string token = win("k");
  TestClient& other = runner_.new_client();
  EXPECT_EQ(other.run({"FETCH", "k", "LEASE", "1000"}), nothing("wait"));
  EXPECT_EQ(other.run({"FETCH", "k"}), nothing("wait"));
  EXPECT_EQ(other.run({"SET", "k", "stolen", "LEASE", "12345"}), kNullReply);
  EXPECT_EQ(run({"SET", "k", "v", "EX", "100", "SOFTEX", "10", "LEASE", token}), kOkReply);
  EXPECT_EQ(other.run({"FETCH", "k"}), fetched("hit", bulk("v"), 10'000, 100'000));
  EXPECT_EQ(run({"SET", "k", "again", "LEASE", token}), kNullReply);
}

TEST_F(CachingCommands, AStaleValueHasOneRefresherAtATime) {
  run({"SET", "k", "old", "SOFTPX", "10"});
  runner_.advance_ms(10);
  const std::string token = win("k");
  TestClient& other = runner_.new_client();
  EXPECT_EQ(other.run({"FETCH", "k", "LEASE", "1000", "WAIT", "1000"}), fetched("stale", bulk("old"), 0, -1));
  runner_.advance_ms(1'000);
  const std::string next = win(other, "k");
  EXPECT_NE(next, token);
  EXPECT_EQ(run({"SET", "k", "late", "LEASE", token}), kNullReply);
  EXPECT_EQ(other.run({"SET", "k", "new", "LEASE", next}), kOkReply);
  EXPECT_EQ(run({"GET", "k"}), bulk("new"));
}

TEST_F(CachingCommands, EveryWayToChangeAKeyEndsItsLease) {
  const std::vector<std::vector<std::string>> changes = {{"SET", "k", "x"},
                                                         {"DEL", "k"},
                                                         {"UNLINK", "k"},
                                                         {"GETDEL", "k"},
                                                         {"GETSET", "k", "x"},
                                                         {"APPEND", "k", "1"},
                                                         {"INCR", "k"},
                                                         {"SETRANGE", "k", "0", "1"},
                                                         {"MSET", "k", "x"},
                                                         {"RENAME", "k", "l"},
                                                         {"COPY", "k2", "k", "REPLACE"},
                                                         {"FLUSHDB"},
                                                         {"SETBIT", "k", "1", "1"},
                                                         {"EXPIRE", "k", "-1"}};
  for (const std::vector<std::string>& change : changes) {
    SCOPED_TRACE(change[0]);
    run({"MSET", "k", "1", "k2", "2"});
    run({"SET", "k", "1", "SOFTPX", "1"});
    runner_.advance_ms(1);
    const std::string token = win("k");
    run(change);
    const std::string after = run({"GET", "k"});
    EXPECT_EQ(run({"SET", "k", "late", "LEASE", token}), kNullReply);
    EXPECT_EQ(run({"GET", "k"}), after);
  }
}

TEST_F(CachingCommands, WhatOnlyChangesTheExpiryLeavesTheLease) {
  run({"SET", "k", "1", "SOFTPX", "1", "EX", "5"});
  runner_.advance_ms(1);
  const std::string token = win("k");
  run({"EXPIRE", "k", "50"});
  run({"PERSIST", "k"});
  run({"GETEX", "k", "EX", "7"});
  run({"TOUCH", "k"});
  EXPECT_EQ(run({"SET", "k", "new", "LEASE", token}), kOkReply);
}

TEST_F(CachingCommands, ConditionsAndLeasesMustAllHold) {
  const std::string token = win("k");
  EXPECT_EQ(run({"SET", "k", "v", "XX", "LEASE", token}), kNullReply);
  EXPECT_EQ(run({"SET", "k", "v", "IFEQ", "x", "LEASE", token}), kNullReply);
  EXPECT_EQ(run({"SET", "k", "v", "NX", "LEASE", token}), kOkReply);
}

TEST_F(CachingCommands, ANegativeItemIsNoKeyToOtherCommands) {
  run({"SET", "k", "", "NEGATIVE", "EX", "10"});
  EXPECT_EQ(run({"GET", "k"}), kNullReply);
  EXPECT_EQ(run({"MGET", "k"}), array({kNullReply}));
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
  EXPECT_EQ(run({"TTL", "k"}), integer(-2));
  EXPECT_EQ(run({"TYPE", "k"}), word("none"));
  EXPECT_EQ(run({"STRLEN", "k"}), integer(0));
  EXPECT_EQ(run({"KEYS", "*"}), array({}));
  EXPECT_EQ(run({"RANDOMKEY"}), kNullReply);
  EXPECT_EQ(run({"EXPIRE", "k", "50"}), integer(0));
  EXPECT_EQ(run({"RENAME", "k", "l"}), error("ERR no such key"));
  EXPECT_EQ(run({"COPY", "k", "l"}), integer(0));
  EXPECT_EQ(run({"SET", "k", "v", "XX"}), kNullReply);
  EXPECT_EQ(run({"SET", "k", "v", "IFEQ", ""}), kNullReply);
  EXPECT_EQ(run({"GETDEL", "k"}), kNullReply);
  EXPECT_EQ(run({"DBSIZE"}), integer(1));
  EXPECT_EQ(run({"INCR", "k"}), integer(1));
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
  run({"SET", "k", "", "NEGATIVE"});
  EXPECT_EQ(run({"DEL", "k"}), integer(0));
  EXPECT_EQ(run({"FETCH", "k"}), nothing("miss"));
  run({"SET", "k", "", "NEGATIVE"});
  EXPECT_EQ(run({"SET", "k", "v", "NX", "GET"}), kNullReply);
  EXPECT_EQ(run({"GET", "k"}), bulk("v"));
}

TEST_F(CachingCommands, ADeletedTagMakesMissesOfEverythingThatHasIt) {
  run({"SET", "a", "1", "TAGS", "2", "red", "round"});
  run({"SET", "b", "2", "TAGS", "1", "red"});
  run({"SET", "c", "3", "TAGS", "1", "green", "EX", "50"});
  run({"SET", "n", "", "NEGATIVE", "TAGS", "1", "red"});
  EXPECT_EQ(run({"TAGDEL", "red", "unknown"}), kOkReply);
  EXPECT_EQ(run({"MGET", "a", "b", "c"}), array({kNullReply, kNullReply, bulk("3")}));
  EXPECT_EQ(run({"EXISTS", "a", "b", "c"}), integer(1));
  EXPECT_EQ(run({"TTL", "a"}), integer(-2));
  EXPECT_EQ(run({"FETCH", "n"}), nothing("miss"));
  EXPECT_EQ(run({"KEYS", "*"}), array({bulk("c")}));
  EXPECT_EQ(run({"RANDOMKEY"}), bulk("c"));
  EXPECT_EQ(run({"OBJECT", "ENCODING", "a"}), kNullReply);
  EXPECT_EQ(run({"SET", "a", "new", "TAGS", "1", "red"}), kOkReply);
  EXPECT_EQ(run({"GET", "a"}), bulk("new"));
}

TEST_F(CachingCommands, DeadItemsAreReclaimedByMaintenance) {
  for (int i = 0; i < 1'000; ++i) run({"SET", "key:" + std::to_string(i), "v", "TAGS", "1", "t"});
  run({"TAGDEL", "t"});
  runner_.maintain();
  EXPECT_EQ(run({"DBSIZE"}), integer(0));
  EXPECT_EQ(runner_.store().stats().total.invalidated, 1'000u);
}

TEST_F(CachingCommands, WhatIsLoadedWhileItsTagIsDeletedIsRefused) {
  const std::string token = win("k");
  run({"TAGDEL", "t"});
  EXPECT_EQ(run({"SET", "k", "old", "LEASE", token, "TAGS", "1", "t"}), kNullReply);
  const std::string next = win("k");
  EXPECT_EQ(run({"SET", "k", "new", "LEASE", next, "TAGS", "1", "t"}), kOkReply);
  EXPECT_EQ(run({"GET", "k"}), bulk("new"));
}

TEST_F(CachingCommands, TagsBelongToADatabase) {
  run({"SET", "k", "v", "TAGS", "1", "t"});
  run({"SELECT", "1"});
  run({"SET", "k", "v", "TAGS", "1", "t"});
  run({"TAGDEL", "t"});
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
  run({"SELECT", "0"});
  EXPECT_EQ(run({"EXISTS", "k"}), integer(1));
}

TEST_F(CachingCommands, RenameAndCopyCarryTheSoftExpiryAndTheTags) {
  run({"SET", "k", "v", "EX", "50", "SOFTEX", "10", "TAGS", "1", "t"});
  run({"COPY", "k", "copy"});
  run({"RENAME", "k", "renamed"});
  EXPECT_EQ(run({"FETCH", "copy"}), fetched("hit", bulk("v"), 10'000, 50'000));
  EXPECT_EQ(run({"FETCH", "renamed"}), fetched("hit", bulk("v"), 10'000, 50'000));
  run({"TAGDEL", "t"});
  EXPECT_EQ(run({"EXISTS", "copy", "renamed"}), integer(0));
}

TEST_F(CachingCommands, WhatModifiesAValueKeepsAllAndSetKeepsWhatItIsTold) {
  const std::vector<std::string> full = {"SET", "k", "1", "EX", "50", "SOFTEX", "10", "TAGS", "1", "t"};
  const std::string both = ":10000\r\n:50000\r\n";
  for (const std::vector<std::string>& change : std::vector<std::vector<std::string>>{{"INCR", "k"},
                                                                                      {"APPEND", "k", "0123456789"},
                                                                                      {"SETRANGE", "k", "5", "x"},
                                                                                      {"SETBIT", "k", "100", "1"},
                                                                                      {"INCRBYFLOAT", "k", "1.5"}}) {
    SCOPED_TRACE(change[0]);
    run(full);
    run(change);
    const std::string reply = run({"FETCH", "k"});
    EXPECT_EQ(reply.substr(reply.size() - both.size()), both);
    run({"TAGDEL", "t"});
    EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
  }
  run(full);
  run({"SET", "k", "2", "KEEPTTL"});
  run({"TAGDEL", "t"});
  EXPECT_EQ(run({"FETCH", "k"}), fetched("hit", bulk("2"), 10'000, 50'000));
  run({"SET", "k", "3", "KEEPTTL", "SOFTEX", "5"});
  EXPECT_EQ(run({"FETCH", "k"}), fetched("hit", bulk("3"), 5'000, 50'000));
  run({"PERSIST", "k"});
  EXPECT_EQ(run({"FETCH", "k"}), fetched("hit", bulk("3"), 5'000, -1));
  run({"SET", "k", "4"});
  EXPECT_EQ(run({"FETCH", "k"}), fetched("hit", bulk("4"), -1, -1));
}

TEST_F(CachingCommands, TaginfoTellsWhenATagWasDeleted) {
  EXPECT_EQ(run({"TAGINFO", "t"}), integer(-1));
  run({"TAGDEL", "t"});
  const TimeMs deleted_ms = runner_.now_ms();
  runner_.advance_ms(1'000);
  EXPECT_EQ(run({"TAGINFO", "t"}), integer(deleted_ms));
  run({"HELLO", "3"});
  EXPECT_EQ(run({"TAGINFO"}), "%6\r\n" + bulk("deleted") + integer(1) + bulk("known") + integer(1) + bulk("places") +
                                  integer(static_cast<std::int64_t>(limits::kTagTableBytesMax / 16)) + bulk("bytes") +
                                  integer(4096) + bulk("dropped") + integer(0) + bulk("floor") + integer(0));
  EXPECT_EQ(run({"TAGINFO", "t", "u"}), error("ERR wrong number of arguments for 'taginfo' command"));
}

TEST_F(CachingCommands, BadOptionsAreErrorsAndChangeNothing) {
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"SOFTEX"},
                                             {"SOFTEX", "1", "SOFTPX", "1"},
                                             {"LEASE"},
                                             {"LEASE", "5", "GET"},
                                             {"LEASE", "5", "LEASE", "5"},
                                             {"TAGS"},
                                             {"TAGS", "2", "a"},
                                             {"TAGS", "1", "a", "TAGS", "1", "b"},
                                             {"TAGS", "1", "a", "b"}}) {
    std::vector<std::string> request = {"SET", "k", "v"};
    request.insert(request.end(), options.begin(), options.end());
    EXPECT_EQ(run(request), kSyntaxError) << ::testing::PrintToString(options);
  }
  EXPECT_EQ(run({"SET", "k", "v", "SOFTEX", "0"}), error("ERR invalid expire time in 'set' command"));
  EXPECT_EQ(run({"SET", "k", "v", "SOFTPX", "x"}), error("ERR value is not an integer or out of range"));
  EXPECT_EQ(run({"SET", "k", "v", "SOFTPX", ""}), error("ERR value is not an integer or out of range"));
  EXPECT_EQ(run({"SET", "k", "v", "LEASE", "x"}), error("ERR invalid lease token: it is what FETCH answered"));
  EXPECT_EQ(run({"SET", "k", "v", "TAGS", "33"}), error("ERR the number of tags must be between 0 and 32"));
  EXPECT_EQ(run({"SET", "k", "v", "NEGATIVE"}), error("ERR a negative item has an empty value"));
  EXPECT_EQ(run({"FETCH", "k", "LEASE", "0"}), error("ERR LEASE must be between 1 and 600000 milliseconds"));
  EXPECT_EQ(run({"FETCH", "k", "WAIT", "60001"}), error("ERR WAIT must be between 0 and 60000 milliseconds"));
  EXPECT_EQ(run({"FETCH", "k", "WAIT"}), kSyntaxError);
  EXPECT_EQ(run({"FETCH", "k", "LEASE", "1", "LEASE", "1"}), kSyntaxError);
  EXPECT_EQ(run({"FETCH", "k", "SOON"}), kSyntaxError);
  EXPECT_EQ(run({"DBSIZE"}), integer(0));
  EXPECT_EQ(run({"SET", "k", "v", "TAGS", "0", "GET", "SOFTEX", "5"}), kNullReply);
  EXPECT_EQ(run({"FETCH", "k"}), fetched("hit", bulk("v"), 5'000, -1));
}

// --- Waiting inside the server ---

TEST_F(CachingCommands, WaitersAreServedByTheLoadOfTheOneWhoWon) {
  const std::string token = win("k");
  std::vector<TestClient*> waiters;
  for (int i = 0; i < 5; ++i) {
    waiters.push_back(&runner_.new_client());
    EXPECT_EQ(waiters.back()->run({"FETCH", "k", "LEASE", "1000", "WAIT", "500"}), "");
  }
  run({"SET", "k", "v", "EX", "10", "LEASE", token});
  runner_.pump();
  for (TestClient* const waiter : waiters) EXPECT_EQ(waiter->take_output(), fetched("hit", bulk("v"), -1, 10'000));
  EXPECT_EQ(runner_.store().stats().total.leases_granted, 1u);
}

TEST_F(CachingCommands, WhoWaitsTooLongIsToldSo) {
  win("k");
  TestClient& waiter = runner_.new_client();
  EXPECT_EQ(waiter.run({"FETCH", "k", "LEASE", "1000", "WAIT", "50"}), "");
  runner_.advance_ms(49);
  EXPECT_EQ(waiter.take_output(), "");
  runner_.advance_ms(1);
  EXPECT_EQ(waiter.take_output(), nothing("wait"));
}

TEST_F(CachingCommands, WhenALeaseEndsTheNextWaiterWins) {
  win(runner_.client(), "k", "100");
  TestClient& first = runner_.new_client();
  TestClient& second = runner_.new_client();
  EXPECT_EQ(first.run({"FETCH", "k", "LEASE", "200", "WAIT", "5000"}), "");
  EXPECT_EQ(second.run({"FETCH", "k", "LEASE", "200", "WAIT", "5000"}), "");
  runner_.advance_ms(100);
  const std::string token = token_in(first.take_output());
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(second.take_output(), "");
  // The first one dies as well.
  runner_.advance_ms(200);
  const std::string next = token_in(second.take_output());
  ASSERT_FALSE(next.empty());
  EXPECT_EQ(first.run({"SET", "k", "late", "LEASE", token}), kNullReply);
  EXPECT_EQ(second.run({"SET", "k", "v", "LEASE", next}), kOkReply);
}

TEST_F(CachingCommands, ADeletionWakesTheNextWaiter) {
  win("k");
  TestClient& waiter = runner_.new_client();
  EXPECT_EQ(waiter.run({"FETCH", "k", "LEASE", "200", "WAIT", "5000"}), "");
  run({"DEL", "k"});
  runner_.pump();
  EXPECT_FALSE(token_in(waiter.take_output()).empty());
}

TEST_F(CachingCommands, WhoWaitsWithoutALeaseNeverWins) {
  win("k");
  TestClient& waiter = runner_.new_client();
  EXPECT_EQ(waiter.run({"FETCH", "k", "WAIT", "5000"}), "");
  run({"DEL", "k"});
  runner_.pump();
  EXPECT_EQ(waiter.take_output(), nothing("miss"));
  EXPECT_EQ(waiter.run({"FETCH", "k", "WAIT", "5000"}), nothing("miss"));
}

TEST_F(CachingCommands, AWaiterThatLeavesIsForgotten) {
  const std::string token = win("k");
  for (int i = 0; i < 3; ++i) {
    TestClient& waiter = runner_.new_client();
    EXPECT_EQ(waiter.run({"FETCH", "k", "LEASE", "200", "WAIT", "5000"}), "");
    waiter.disconnect();
  }
  const std::size_t waiting = runner_.port().waiting();
  EXPECT_EQ(run({"SET", "k", "v", "LEASE", token}), kOkReply);
  EXPECT_EQ(runner_.port().waiting(), waiting);
  runner_.advance_ms(5'000);
}

TEST_F(CachingCommands, RequestsBehindAWaitingOneKeepTheirOrder) {
  const std::string token = win("k");
  TestClient& waiter = runner_.new_client();
  EXPECT_EQ(waiter.send(encode_request({"PING"}) + encode_request({"FETCH", "k", "WAIT", "500"}) +
                        encode_request({"ECHO", "after"})),
            "+PONG\r\n");
  run({"SET", "k", "v", "LEASE", token});
  runner_.pump();
  EXPECT_EQ(waiter.take_output(), fetched("hit", bulk("v"), -1, -1) + bulk("after"));
}

TEST_F(CachingCommands, MoreWaitersThanMayAreToldToWaitThemselves) {
  win("k");
  for (std::size_t i = 0; i < limits::kLeaseWaitersMax; ++i) {
    ASSERT_EQ(runner_.new_client().run({"FETCH", "k", "WAIT", "5000"}), "");
  }
  EXPECT_EQ(runner_.new_client().run({"FETCH", "k", "WAIT", "5000"}), nothing("wait"));
}

TEST_F(CachingCommands, HitsAndLoadsAreCounted) {
  const std::string token = win("k");
  runner_.advance_ms(20);
  run({"SET", "k", "v", "LEASE", token});
  run({"FETCH", "k"});
  run({"SET", "k", "", "NEGATIVE"});
  run({"FETCH", "k"});
  const std::string stats = run({"INFO", "stats"});
  EXPECT_NE(stats.find("keyspace_hits:2\r\n"), std::string::npos);
  EXPECT_NE(stats.find("keyspace_misses:1\r\n"), std::string::npos);
  EXPECT_EQ(runner_.statistics().thread(0).loads.get(), 1u);
  const std::string cache = run({"INFO", "cache"});
  EXPECT_NE(cache.find("leases_granted:1\r\n"), std::string::npos);
}

}  // namespace
}  // namespace larder::test
