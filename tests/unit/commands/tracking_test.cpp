// CLIENT TRACKING: who is told of which keys, and when.
#include "commands/tracking.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/command_runner.h"

namespace larder::test {
namespace {

std::string invalidation(const std::string& key) {
  return ">2\r\n" + bulk("invalidate") + array({bulk(key)});
}
const std::string kAllGone = ">2\r\n" + bulk("invalidate") + std::string(kNullResp3);

class ClientTracking : public ::testing::Test {
 protected:
  ClientTracking() { cache_.run({"HELLO", "3"}); }
  // What the caching client is told because another one does this.
  std::string told_of(const std::vector<std::string>& command) {
    runner_.run(command);
    return told();
  }
  std::string told() {
    runner_.pump();
    return cache_.take_output();
  }
  void track(const std::vector<std::string>& options = {}) {
    std::vector<std::string> command = {"CLIENT", "TRACKING", "ON"};
    command.insert(command.end(), options.begin(), options.end());
    EXPECT_EQ(cache_.run(command), kOk);
  }
  std::string info_field(const std::string& name) {
    const std::string info = runner_.run({"INFO", "everything"});
    const std::size_t at = info.find("\n" + name + ":");
    const std::size_t begin = at + name.size() + 2;
    return at == std::string::npos ? "not there" : info.substr(begin, info.find('\r', begin) - begin);
  }

  CommandRunner runner_;
  TestClient& cache_ = runner_.new_client();
};

TEST_F(ClientTracking, WhoHasReadAKeyIsToldOnceWhenItChanges) {
  EXPECT_EQ(told_of({"SET", "k", "1"}), "");
  track();
  EXPECT_EQ(told_of({"SET", "k", "2"}), "") << "not read yet";
  cache_.run({"GET", "k"});
  EXPECT_EQ(info_field("tracking_total_keys"), "1");
  EXPECT_EQ(info_field("tracking_clients"), "1");
  EXPECT_EQ(told_of({"SET", "k", "3"}), invalidation("k"));
  EXPECT_EQ(told_of({"SET", "k", "4"}), "") << "not read again";
  EXPECT_EQ(info_field("tracking_total_keys"), "0");
}

TEST_F(ClientTracking, EveryKindOfChangeIsTold) {
  track();
  const std::vector<std::vector<std::string>> changes = {{"SET", "k", "1"},
                                                         {"INCR", "k"},
                                                         {"APPEND", "k", "0"},
                                                         {"SETRANGE", "k", "0", "5"},
                                                         {"EXPIRE", "k", "100"},
                                                         {"PERSIST", "k"},
                                                         {"DEL", "k"},
                                                         {"MSET", "k", "1", "other", "2"},
                                                         {"RENAME", "k", "r"},
                                                         {"RENAME", "r", "k"},
                                                         {"COPY", "other", "k", "REPLACE"}};
  for (const auto& change : changes) {
    cache_.run({"MGET", "k", "none"});
    EXPECT_EQ(told_of(change), invalidation("k")) << change[0];
  }
}

// Of an eviction another thread may be about to tell; the reply to whoever deletes the key does not come before that.
TEST_F(ClientTracking, DeletionOfWhatIsNotThereIsTold) {
  track();
  cache_.run({"GET", "k"});
  EXPECT_EQ(told_of({"DEL", "k"}), invalidation("k"));
  EXPECT_EQ(told_of({"DEL", "k"}), "");
}

TEST_F(ClientTracking, ExpiryAndEvictionAreTold) {
  track();
  runner_.run({"SET", "k", "1", "PX", "10"});
  cache_.run({"GET", "k"});
  runner_.advance_ms(20);
  runner_.maintain();
  EXPECT_EQ(told(), invalidation("k"));

  CommandRunner small({.maxitems = 1});
  TestClient& cache = small.new_client();
  cache.run({"HELLO", "3"});
  cache.run({"CLIENT", "TRACKING", "ON"});
  small.run({"SET", "first", "v"});
  cache.run({"GET", "first"});
  small.run({"SET", "second", "v"});
  small.pump();
  EXPECT_EQ(cache.take_output(), invalidation("first"));
}

TEST_F(ClientTracking, WhatADeletedTagMakesStaleIsToldByMaintenance) {
  track();
  runner_.run({"SET", "tagged", "1", "TAGS", "1", "t"});
  runner_.run({"SET", "plain", "1"});
  cache_.run({"MGET", "tagged", "plain"});
  EXPECT_EQ(told_of({"TAGDEL", "t"}), "") << "nobody has looked yet";
  while (runner_.service().maintain(1)) {
  }
  EXPECT_EQ(told(), invalidation("tagged"));
  EXPECT_EQ(info_field("tracking_total_keys"), "1");
  while (runner_.service().maintain(1)) {
  }
  EXPECT_EQ(told(), "");
}

TEST_F(ClientTracking, WhatADeletedTagMakesStaleIsBroadcastByTheNextWalk) {
  track({"BCAST", "PREFIX", "tagged"});
  for (int round = 0; round < 3; ++round) {
    runner_.run({"SET", "tagged", "1", "TAGS", "1", "t"});
    EXPECT_EQ(told(), invalidation("tagged"));
    EXPECT_EQ(told_of({"TAGDEL", "t"}), "") << "nobody has looked yet";
    runner_.advance_ms(100);
    runner_.maintain();
    EXPECT_EQ(told(), invalidation("tagged")) << round;
  }
}

TEST_F(ClientTracking, WhatEXECReadsAndChangesIsToldBehindIt) {
  track();
  runner_.run({"SET", "k", "1"});
  cache_.run({"MULTI"});
  cache_.run({"GET", "k"});
  cache_.run({"EXEC"});
  TestClient& writer = runner_.new_client();
  writer.run({"MULTI"});
  writer.run({"INCR", "k"});
  EXPECT_EQ(told(), "");
  writer.run({"EXEC"});
  EXPECT_EQ(told(), invalidation("k"));
}

TEST_F(ClientTracking, WhatAWaitingFetchReadsIsNotedWhenItReads) {
  runner_.run({"FETCH", "k", "LEASE", "10000"});
  track();
  cache_.send("*4\r\n$5\r\nFETCH\r\n$1\r\nk\r\n$4\r\nWAIT\r\n$4\r\n5000\r\n");
  ASSERT_TRUE(cache_.session().parked());
  runner_.run({"SET", "k", "1"});
  EXPECT_NE(told().find("hit"), std::string::npos);
  EXPECT_EQ(told_of({"SET", "k", "2"}), invalidation("k"));
}

TEST_F(ClientTracking, CachingIsSaidForAllOfATransaction) {
  track({"OPTIN"});
  runner_.run({"SET", "k", "1"});
  cache_.run({"CLIENT", "CACHING", "YES"});
  cache_.run({"MULTI"});
  cache_.run({"PING"});
  cache_.run({"GET", "k"});
  cache_.run({"EXEC"});
  EXPECT_EQ(told_of({"SET", "k", "2"}), invalidation("k"));
  cache_.run({"GET", "k"});
  EXPECT_EQ(told_of({"SET", "k", "3"}), "") << "it was said for the transaction";
}

TEST_F(ClientTracking, FlushTellsThatAllIsGone) {
  track();
  cache_.run({"MGET", "a", "b"});
  EXPECT_EQ(info_field("tracking_total_items"), "2");
  EXPECT_EQ(told_of({"FLUSHDB"}), kAllGone);
  EXPECT_EQ(info_field("tracking_total_keys"), "0");
  EXPECT_EQ(told_of({"FLUSHALL"}), kAllGone) << "whatever it has";
  while (runner_.service().maintain(1)) {
  }
  EXPECT_EQ(info_field("tracking_bytes"), "0");
}

TEST_F(ClientTracking, OwnChangesAreToldBehindTheirReplyUnlessNoLoopWasSaid) {
  track();
  cache_.run({"GET", "k"});
  EXPECT_EQ(cache_.run({"SET", "k", "1"}), kOk);
  EXPECT_EQ(told(), invalidation("k"));
  track({"NOLOOP"});
  cache_.run({"GET", "k"});
  EXPECT_EQ(cache_.run({"SET", "k", "2"}), kOk);
  EXPECT_EQ(told(), "");
  EXPECT_EQ(told_of({"SET", "k", "3"}), invalidation("k")) << "it may still have what it wrote";
}

TEST_F(ClientTracking, RepliesToLaterRequestsComeBehindWhatWasToldBefore) {
  track();
  cache_.run({"GET", "k"});
  runner_.run({"SET", "k", "1"});
  EXPECT_EQ(cache_.run({"PING"}), invalidation("k") + "+PONG\r\n") << "whether or not the wake-up has come";
  EXPECT_EQ(told(), "");
}

TEST_F(ClientTracking, NoLoopHoldsForWhatFollowsInTheSameBatch) {
  const std::string output = cache_.send(encode_request({"CLIENT", "TRACKING", "ON", "NOLOOP"}) +
                                         encode_request({"GET", "k"}) + encode_request({"SET", "k", "1"}));
  EXPECT_EQ(output, std::string(kOk) + std::string(kNullResp3) + std::string(kOk));
  EXPECT_EQ(told(), "");
}

TEST_F(ClientTracking, OptInTracksWhatCachingSays) {
  track({"OPTIN"});
  cache_.run({"GET", "a"});
  EXPECT_EQ(told_of({"SET", "a", "1"}), "");
  EXPECT_EQ(cache_.run({"CLIENT", "CACHING", "YES"}), kOk);
  cache_.run({"GET", "a"});
  cache_.run({"GET", "b"});
  EXPECT_EQ(told_of({"SET", "a", "2"}), invalidation("a"));
  EXPECT_EQ(told_of({"SET", "b", "2"}), "") << "it was said for one command";
  EXPECT_EQ(cache_.run({"CLIENT", "CACHING", "NO"}),
            error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."));
}

TEST_F(ClientTracking, OptOutLeavesOutWhatCachingSays) {
  track({"OPTOUT"});
  cache_.run({"GET", "a"});
  EXPECT_EQ(cache_.run({"CLIENT", "CACHING", "NO"}), kOk);
  cache_.run({"GET", "b"});
  EXPECT_EQ(told_of({"MSET", "a", "1", "b", "1"}), invalidation("a"));
}

TEST_F(ClientTracking, BroadcastTellsOfPrefixesWhatHasNotBeenRead) {
  track({"BCAST", "PREFIX", "user:", "PREFIX", "item:"});
  EXPECT_EQ(told_of({"SET", "user:1", "1"}), invalidation("user:1"));
  EXPECT_EQ(told_of({"SET", "user:1", "2"}), invalidation("user:1"));
  EXPECT_EQ(told_of({"SET", "other", "1"}), "");
  EXPECT_EQ(info_field("tracking_total_prefixes"), "2");
  EXPECT_EQ(info_field("tracking_total_keys"), "0");
  EXPECT_EQ(cache_.run({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "us"}),
            error("ERR Prefix 'us' overlaps with an existing prefix 'user:'. Prefixes for a single client must not "
                  "overlap."));
  EXPECT_EQ(cache_.run({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "x", "PREFIX", "xy"}),
            error("ERR Prefix 'x' overlaps with another provided prefix 'xy'. Prefixes for a single client must not "
                  "overlap."));
  cache_.run({"CLIENT", "TRACKING", "OFF"});
  EXPECT_EQ(told_of({"SET", "user:1", "3"}), "");
  EXPECT_EQ(info_field("tracking_total_prefixes"), "0");
  track({"BCAST"});
  track({"BCAST"});
  EXPECT_EQ(told_of({"SET", "anything", "1"}), invalidation("anything"));
}

TEST_F(ClientTracking, RedirectTellsASubscriberInResp2) {
  TestClient& target = runner_.new_client();
  target.run({"SUBSCRIBE", "__redis__:invalidate"});
  TestClient& old = runner_.new_client();
  EXPECT_EQ(old.run({"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(target.id())}), kOk);
  EXPECT_EQ(old.run({"CLIENT", "GETREDIR"}), integer(static_cast<std::int64_t>(target.id())));
  old.run({"GET", "k"});
  told_of({"SET", "k", "1"});
  EXPECT_EQ(target.take_output(), array({bulk("message"), bulk("__redis__:invalidate"), array({bulk("k")})}));
  told_of({"FLUSHALL"});
  EXPECT_EQ(target.take_output(), array({bulk("message"), bulk("__redis__:invalidate"), "*-1\r\n"}));
  target.run({"UNSUBSCRIBE"});
  old.run({"GET", "k"});
  told_of({"SET", "k", "2"});
  EXPECT_EQ(target.take_output(), "") << "it could not tell it from a reply";
  EXPECT_EQ(old.take_output(), "");
}

TEST_F(ClientTracking, BrokenRedirectIsTold) {
  TestClient& target = runner_.new_client();
  track({"REDIRECT", std::to_string(target.id())});
  cache_.run({"GET", "k"});
  target.disconnect();
  EXPECT_EQ(told_of({"SET", "k", "1"}),
            ">2\r\n" + bulk("tracking-redir-broken") + integer(static_cast<std::int64_t>(target.id())));
  const std::string info = cache_.run({"CLIENT", "TRACKINGINFO"});
  EXPECT_NE(info.find("broken_redirect"), std::string::npos) << info;
  const std::string list = runner_.run({"CLIENT", "LIST"});
  EXPECT_NE(list.find("flags=tR "), std::string::npos) << list;
  EXPECT_EQ(cache_.run({"CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(target.id())}),
            error("ERR The client ID you want redirect to does not exist"));
}

TEST_F(ClientTracking, FullTableDropsKeysAndTellsIt) {
  runner_.service().set_tracking_keys_max(10);
  track();
  std::string output;
  for (int i = 0; i < 25; ++i) output += cache_.run({"GET", "k" + std::to_string(i)});
  EXPECT_EQ(info_field("tracking_total_keys"), "10");
  output += told();
  std::size_t told_keys = 0;
  for (std::size_t at = output.find('>'); at != std::string::npos; at = output.find('>', at + 1)) ++told_keys;
  EXPECT_EQ(told_keys, 15U);
  runner_.service().set_tracking_keys_max(1);
  EXPECT_EQ(info_field("tracking_total_keys"), "1");
}

TEST_F(ClientTracking, ClientThatIsGoneIsForgotten) {
  track();
  cache_.run({"GET", "k"});
  cache_.disconnect();
  runner_.run({"SET", "k", "1"});
  EXPECT_EQ(runner_.port().waiting(), 0U);
  EXPECT_EQ(info_field("tracking_clients"), "0");
  EXPECT_EQ(info_field("tracking_total_keys"), "0");
}

TEST_F(ClientTracking, ResetEndsIt) {
  track();
  cache_.run({"GET", "k"});
  cache_.run({"RESET"});
  EXPECT_EQ(told_of({"SET", "k", "1"}), "");
  EXPECT_EQ(cache_.run({"CLIENT", "GETREDIR"}), integer(-1));
}

TEST_F(ClientTracking, ContradictionsAreRefusedAsRedisRefusesThem) {
  const auto refusal = [this](std::vector<std::string> options) {
    options.insert(options.begin(), {"CLIENT", "TRACKING", "ON"});
    return cache_.run(options);
  };
  EXPECT_EQ(refusal({"PREFIX", "a"}), error("ERR PREFIX option requires BCAST mode to be enabled"));
  EXPECT_EQ(refusal({"BCAST", "OPTIN"}), error("ERR OPTIN and OPTOUT are not compatible with BCAST"));
  EXPECT_EQ(refusal({"OPTOUT", "OPTIN"}), error("ERR You can't specify both OPTIN mode and OPTOUT mode"));
  EXPECT_EQ(refusal({"WHAT"}), error("ERR syntax error"));
  track({"OPTIN"});
  EXPECT_EQ(refusal({"OPTOUT"}), error("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this "
                                       "client, and then re-enabling it with a different mode."));
  EXPECT_EQ(refusal({"BCAST"}), error("ERR You can't switch BCAST mode on/off before disabling tracking for this "
                                      "client, and then re-enabling it with a different mode."));
}

// Whoever has looked for a key, and found that another thread has taken it out, may answer its client.
TEST(TrackingTable, WhoFindsAKeyGoneFindsItsHoldersTold) {
  TrackingTable table;
  const auto holder = std::make_shared<Tracker>(1);
  constexpr int kRounds = 2'000;
  std::atomic<int> round{0};
  std::atomic<int> told{0};
  std::atomic<int> answered{0};
  std::atomic<int> untold{0};
  auto take_each_time = [&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (round.load() < i) std::this_thread::yield();
      table.take("k", nullptr, [&](std::string_view, Tracker&) { told.store(i); });
      if (told.load() < i) ++untold;
      ++answered;
    }
  };
  std::thread first(take_each_time);
  std::thread second(take_each_time);
  for (int i = 1; i <= kRounds; ++i) {
    table.enter("k", holder);
    round.store(i);
    while (answered.load() < 2 * i) std::this_thread::yield();
  }
  first.join();
  second.join();
  EXPECT_EQ(untold.load(), 0);
  EXPECT_EQ(table.keys(), 0U);
}

TEST(TrackingTable, WalkPassesEveryKeyHoweverItGrows) {
  TrackingTable table;
  const auto holder = std::make_shared<Tracker>(1);
  for (int i = 0; i < 1'000; ++i) table.enter("k" + std::to_string(i), holder);
  TrackingTable::Cursor cursor;
  std::set<std::string> passed;
  int more = 1'000;
  const auto look = [&](const std::string& key) { passed.insert(key); };
  while (table.walk(cursor, 10, look)) {
    for (int i = 0; i < 20 && more < 3'000; ++i) table.enter("k" + std::to_string(more++), holder);
  }
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(passed.contains("k" + std::to_string(i))) << i;
  EXPECT_EQ(table.keys(), static_cast<std::size_t>(more));
  EXPECT_EQ(table.items(), table.keys());
  table.drop_all();
  EXPECT_EQ(table.keys(), 0U);
  while (table.free_some(100)) {
  }
  EXPECT_EQ(table.bytes(), 0U);
}

}  // namespace
}  // namespace larder::test
