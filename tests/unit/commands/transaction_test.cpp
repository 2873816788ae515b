// MULTI, EXEC, DISCARD, WATCH and UNWATCH, with several clients on one store.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "larder/base/limits.h"
#include "support/command_runner.h"

namespace larder {
namespace {

using test::array;
using test::bulk;
using test::CommandRunner;
using test::error;
using test::integer;
using test::kNull;
using test::kOk;
using test::TestClient;

constexpr std::string_view kQueued = "+QUEUED\r\n";
constexpr std::string_view kChanged = "*-1\r\n";
const std::string kAborted = error("EXECABORT Transaction discarded because of previous errors.");

class TransactionTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  explicit TransactionTest(test::RunnerOptions options = {})
      : runner_([&] {
          options.shards = GetParam();
          return options;
        }()) {}
  ~TransactionTest() override { runner_.store().check_invariants(); }

  using Commands = std::vector<std::vector<std::string>>;
  // The whole of it; answers what EXEC answers.
  std::string transaction(TestClient& client, const Commands& commands) {
    EXPECT_EQ(client.run({"MULTI"}), kOk);
    for (const auto& command : commands) EXPECT_EQ(client.run(command), kQueued) << command[0];
    return client.run({"EXEC"});
  }
  std::string transaction(const Commands& commands) { return transaction(client_, commands); }
  std::size_t watched_keys() {
    std::size_t watched = 0;
    // A shard's number is in the highest bits of a hash.
    const int bits = std::countr_zero(runner_.store().shards());
    for (std::uint64_t shard = 0; shard < runner_.store().shards(); ++shard) {
      const Key any{"", bits == 0 ? 0 : shard << (64 - bits), 0};
      runner_.store().run(any, 0, [&](Shard& found, Op&) {
        watched += found.watched_keys();
        return StatusCode::kOk;
      });
    }
    return watched;
  }
  std::string info_of(TestClient& client) { return client.run({"CLIENT", "INFO"}); }

  CommandRunner runner_;
  TestClient& client_ = runner_.client();
  TestClient& other_ = runner_.new_client();
};
INSTANTIATE_TEST_SUITE_P(Shards, TransactionTest, ::testing::Values(1u, 8u));

TEST_P(TransactionTest, NothingIsExecutedBeforeExec) {
  EXPECT_EQ(client_.run({"MULTI"}), kOk);
  EXPECT_EQ(client_.run({"SET", "k", "1"}), kQueued);
  EXPECT_EQ(client_.run({"INCR", "k"}), kQueued);
  EXPECT_EQ(other_.run({"GET", "k"}), kNull);
  EXPECT_EQ(client_.run({"EXEC"}), array({std::string(kOk), integer(2)}));
  EXPECT_EQ(other_.run({"GET", "k"}), bulk("2"));
  EXPECT_EQ(client_.run({"GET", "k"}), bulk("2")) << "the transaction is over";
}

TEST_P(TransactionTest, AnEmptyOneAnswersAnEmptyArray) {
  EXPECT_EQ(transaction({}), array({}));
}

TEST_P(TransactionTest, ARequestsBytesAreKeptBeyondItsBatch) {
  EXPECT_EQ(client_.run({"MULTI"}), kOk);
  const std::string key(300, 'k');
  EXPECT_EQ(client_.run({"SET", key, "value"}), kQueued);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client_.run({"SET", "n" + std::to_string(i), std::string(100, 'n')}), kQueued);
  client_.run({"EXEC"});
  EXPECT_EQ(client_.run({"GET", key}), bulk("value"));
  EXPECT_EQ(client_.run({"GET", "n49"}), bulk(std::string(100, 'n')));
}

TEST_P(TransactionTest, OneBatchMayHoldTheWholeTransaction) {
  EXPECT_EQ(client_.send("SET k 5\r\nMULTI\r\nINCR k\r\nGET k\r\nEXEC\r\nGET k\r\n"),
            std::string(kOk) + std::string(kOk) + std::string(kQueued) + std::string(kQueued) +
                array({integer(6), bulk("6")}) + bulk("6"));
}

TEST_P(TransactionTest, LargeValuesStayBlocks) {
  const std::string large(300'000, 'l');
  EXPECT_EQ(transaction({{"SET", "k", large}, {"GET", "k"}, {"STRLEN", "k"}}),
            array({std::string(kOk), bulk(large), integer(300'000)}));
}

TEST_P(TransactionTest, CommandsOfManyKeysFindTheirShards) {
  EXPECT_EQ(transaction({{"MSET", "a", "1", "b", "2", "c", "3"},
                         {"MGET", "a", "b", "c"},
                         {"RENAME", "a", "d"},
                         {"COPY", "d", "e"},
                         {"BITOP", "OR", "f", "b", "c"},
                         {"DEL", "b", "c"},
                         {"EXISTS", "a", "b", "c", "d", "e", "f"},
                         {"MSETNX", "g", "1", "d", "2"},
                         {"OBJECT", "ENCODING", "d"},
                         {"LCS", "d", "e"}}),
            array({std::string(kOk), array({bulk("1"), bulk("2"), bulk("3")}), std::string(kOk), integer(1), integer(1),
                   integer(2), integer(3), integer(0), bulk("int"), bulk("1")}));
}

TEST_P(TransactionTest, TheKeyspaceIsThereInside) {
  for (int i = 0; i < 20; ++i) client_.run({"SET", "old" + std::to_string(i), "v"});
  const std::string reply = transaction({{"DBSIZE"},
                                         {"FLUSHDB"},
                                         {"SET", "k", "v"},
                                         {"KEYS", "*"},
                                         {"RANDOMKEY"},
                                         {"SCAN", "0", "COUNT", "100"},
                                         {"FLUSHALL"},
                                         {"SET", "k", "w"},
                                         {"FLUSHALL"},
                                         {"DBSIZE"}});
  EXPECT_EQ(reply, array({integer(20), std::string(kOk), std::string(kOk), array({bulk("k")}), bulk("k"),
                          array({bulk("0"), array({bulk("k")})}), std::string(kOk), std::string(kOk), std::string(kOk),
                          integer(0)}));
}

TEST_P(TransactionTest, NeedsNoKeys) {
  EXPECT_EQ(transaction({}), array({}));
  EXPECT_EQ(transaction({{"PING"}, {"ECHO", "x"}}), array({"+PONG\r\n", bulk("x")}));
}

TEST_P(TransactionTest, SelectCountsForWhatFollowsIt) {
  EXPECT_EQ(transaction({{"SET", "k", "0"},
                         {"SELECT", "3"},
                         {"SET", "k", "3"},
                         {"SELECT", "99"},
                         {"GET", "k"},
                         {"COPY", "k", "k", "DB", "5"}}),
            array({std::string(kOk), std::string(kOk), std::string(kOk), error("ERR DB index is out of range"),
                   bulk("3"), integer(1)}));
  EXPECT_EQ(client_.run({"GET", "k"}), bulk("3")) << "and it stays";
  EXPECT_EQ(other_.run({"GET", "k"}), bulk("0"));
  EXPECT_EQ(runner_.store().size(5), 1u);
}

TEST_P(TransactionTest, WhatTellsOfTheServerIsAnsweredAtItsPlace) {
  const std::string reply = transaction({{"INCR", "a"},
                                         {"CONFIG", "GET", "timeout"},
                                         {"INCR", "a"},
                                         {"INCR", "a"},
                                         {"CLIENT", "LIST"},
                                         {"TIME"},
                                         {"INCR", "a"}});
  EXPECT_EQ(reply.substr(0, 41), "*7\r\n:1\r\n*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n:2\r\n:3\r\n$");
  EXPECT_EQ(reply.substr(reply.size() - 4), ":4\r\n");
  EXPECT_NE(reply.find(" cmd=exec "), std::string::npos);
}

// --- Errors ---

TEST_P(TransactionTest, ARefusedRequestAbortsAllOfIt) {
  EXPECT_EQ(client_.run({"MULTI"}), kOk);
  EXPECT_EQ(client_.run({"SET", "k", "1"}), kQueued);
  EXPECT_EQ(client_.run({"INCR"}), error("ERR wrong number of arguments for 'incr' command"));
  EXPECT_EQ(client_.run({"SET", "k", "2"}), kQueued);
  EXPECT_EQ(client_.run({"EXEC"}), kAborted);
  EXPECT_EQ(client_.run({"GET", "k"}), kNull);
  EXPECT_EQ(client_.run({"EXEC"}), error("ERR EXEC without MULTI"));
}

TEST_P(TransactionTest, AnUnknownCommandAbortsAllOfIt) {
  client_.run({"MULTI"});
  EXPECT_EQ(client_.run({"NOSUCH"}), error("ERR unknown command 'NOSUCH', with args beginning with: "));
  EXPECT_EQ(client_.run({"EXEC"}), kAborted);
  client_.run({"MULTI"});
  EXPECT_EQ(client_.run({"CLIENT", "NOSUCH"}), error("ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP."));
  EXPECT_EQ(client_.run({"EXEC"}), kAborted);
}

TEST_P(TransactionTest, AnErrorWhileExecutingStopsNothing) {
  EXPECT_EQ(transaction({{"SET", "k", "abc"}, {"INCR", "k"}, {"APPEND", "k", "d"}, {"GET", "k"}}),
            array({std::string(kOk), error("ERR value is not an integer or out of range"), integer(4), bulk("abcd")}));
  EXPECT_EQ(runner_.statistics().errors().at("ERR"), 1u);
}

TEST_P(TransactionTest, MultiAndWatchInsideAreErrorsThatSpoilNothing) {
  client_.run({"MULTI"});
  EXPECT_EQ(client_.run({"MULTI"}), error("ERR MULTI calls can not be nested"));
  EXPECT_EQ(client_.run({"WATCH", "k"}), error("ERR WATCH inside MULTI is not allowed"));
  EXPECT_EQ(client_.run({"UNWATCH"}), kQueued);
  EXPECT_EQ(client_.run({"EXEC"}), array({std::string(kOk)}));
}

TEST_P(TransactionTest, ExecWithArgumentsEndsIt) {
  client_.run({"MULTI"});
  EXPECT_EQ(client_.run({"EXEC", "now"}),
            error("EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"));
  EXPECT_EQ(client_.run({"EXEC"}), error("ERR EXEC without MULTI"));
  EXPECT_EQ(client_.run({"EXEC", "now"}), error("ERR wrong number of arguments for 'exec' command"));
}

TEST_P(TransactionTest, DiscardForgetsEverything) {
  EXPECT_EQ(client_.run({"DISCARD"}), error("ERR DISCARD without MULTI"));
  client_.run({"WATCH", "w"});
  client_.run({"MULTI"});
  client_.run({"SET", "k", "1"});
  EXPECT_EQ(client_.run({"DISCARD"}), kOk);
  EXPECT_EQ(watched_keys(), 0u);
  EXPECT_EQ(client_.run({"GET", "k"}), kNull);
  other_.run({"SET", "w", "1"});
  EXPECT_EQ(transaction({{"PING"}}), array({"+PONG\r\n"}));
}

TEST_P(TransactionTest, ResetAndTheEndOfTheConnectionForgetEverything) {
  client_.run({"WATCH", "w"});
  client_.run({"MULTI"});
  client_.run({"SET", "k", "1"});
  EXPECT_EQ(client_.run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(watched_keys(), 0u);
  EXPECT_EQ(client_.run({"EXEC"}), error("ERR EXEC without MULTI"));

  other_.run({"WATCH", "w", "v"});
  other_.run({"MULTI"});
  EXPECT_EQ(watched_keys(), 2u);
  other_.disconnect();
  EXPECT_EQ(watched_keys(), 0u);
  TestClient& third = runner_.new_client();
  third.run({"WATCH", "w"});
  third.run({"MULTI"});
  EXPECT_EQ(third.run({"QUIT"}), kOk);
  EXPECT_TRUE(third.closed());
  EXPECT_EQ(watched_keys(), 0u);
}

// --- WATCH ---

TEST_P(TransactionTest, AWatchedKeyThatWasWrittenStopsExec) {
  EXPECT_EQ(client_.run({"WATCH", "a", "b", "a"}), kOk);
  EXPECT_EQ(watched_keys(), 2u);
  other_.run({"SET", "c", "1"});
  EXPECT_EQ(transaction({{"SET", "d", "1"}}), array({std::string(kOk)}));
  EXPECT_EQ(watched_keys(), 0u);

  client_.run({"WATCH", "a", "b"});
  other_.run({"SET", "b", "1"});
  EXPECT_EQ(transaction({{"SET", "d", "2"}}), kChanged);
  EXPECT_EQ(client_.run({"GET", "d"}), bulk("1"));
  EXPECT_EQ(watched_keys(), 0u);
  EXPECT_EQ(transaction({{"SET", "d", "2"}}), array({std::string(kOk)})) << "and is forgotten";
}

TEST_P(TransactionTest, InResp3ItAnswersNull) {
  client_.run({"HELLO", "3"});
  client_.run({"WATCH", "a"});
  client_.run({"SET", "a", "1"});
  EXPECT_EQ(transaction({{"PING"}}), test::kNullResp3) << "one's own write before MULTI counts as well";
}

TEST_P(TransactionTest, EveryCommandThatChangesTheKeyCounts) {
  const Commands writes = {{"SET", "k", "v"},
                           {"APPEND", "n", "1"},
                           {"INCR", "n"},
                           {"DEL", "k"},
                           {"EXPIRE", "k", "100"},
                           {"PERSIST", "t"},
                           {"GETEX", "k", "EX", "9"},
                           {"GETDEL", "k"},
                           {"MSET", "x", "1", "k", "2"},
                           {"RENAME", "k", "z"},
                           {"RENAME", "n", "k"},
                           {"COPY", "n", "k", "REPLACE"},
                           {"SETRANGE", "k", "0", "x"},
                           {"SETBIT", "k", "0", "1"},
                           {"BITOP", "NOT", "k", "n"},
                           {"FLUSHDB"},
                           {"FLUSHALL"},
                           {"UNLINK", "k"},
                           {"EXPIRE", "k", "-1"},
                           {"DELIFEQ", "k", "v"},
                           {"GETSET", "k", "w"}};
  for (const auto& write : writes) {
    runner_.run({"FLUSHALL"});
    runner_.run({"MSET", "k", "v", "n", "1"});
    runner_.run({"SET", "t", "v", "EX", "100"});
    client_.run({"WATCH", "k", "n", "t"});
    other_.run(write);
    EXPECT_EQ(transaction({{"PING"}}), kChanged) << write[0];
  }
  const Commands others = {{"GET", "k"},
                           {"TOUCH", "k"},
                           {"SETNX", "k", "w"},
                           {"DEL", "absent"},
                           {"EXPIRE", "k", "9", "XX"},
                           {"SET", "k", "w", "NX"},
                           {"SET", "absent", "w", "XX"},
                           {"RENAME", "k", "k"},
                           {"GETEX", "k"},
                           {"PERSIST", "k"},
                           {"SETRANGE", "k", "0", ""}};
  for (const auto& command : others) {
    runner_.run({"FLUSHALL"});
    runner_.run({"MSET", "k", "v", "n", "1"});
    client_.run({"WATCH", "k", "absent"});
    other_.run(command);
    EXPECT_EQ(transaction({{"PING"}}), array({"+PONG\r\n"})) << command[0];
  }
}

TEST_P(TransactionTest, KeysOfOtherDatabasesAreOthers) {
  client_.run({"WATCH", "k"});
  other_.run({"SELECT", "1"});
  other_.run({"SET", "k", "1"});
  client_.run({"SELECT", "1"});
  EXPECT_EQ(transaction({{"GET", "k"}}), array({bulk("1")}));
  client_.run({"WATCH", "k"});
  client_.run({"SELECT", "0"});
  other_.run({"SET", "k", "2"});
  EXPECT_EQ(transaction({{"PING"}}), kChanged) << "the key is that of the database in which it was watched";
}

TEST_P(TransactionTest, FlushingCountsForKeysThatWereThere) {
  client_.run({"WATCH", "absent"});
  other_.run({"FLUSHALL"});
  other_.run({"FLUSHDB"});
  EXPECT_EQ(transaction({{"PING"}}), array({"+PONG\r\n"}));
  client_.run({"SET", "k", "1"});
  client_.run({"WATCH", "k"});
  other_.run({"SELECT", "1"});
  other_.run({"FLUSHDB"});
  EXPECT_EQ(transaction({{"PING"}}), array({"+PONG\r\n"}));
}

TEST_P(TransactionTest, AKeyThatExpiresWhileItIsWatchedHasChanged) {
  client_.run({"SET", "k", "1", "PX", "100"});
  client_.run({"WATCH", "k"});
  runner_.advance_ms(99);
  EXPECT_EQ(transaction({{"GET", "k"}}), array({bulk("1")}));
  client_.run({"WATCH", "k"});
  runner_.advance_ms(1);
  EXPECT_EQ(transaction({{"GET", "k"}}), kChanged);
}

TEST_P(TransactionTest, OneThatHadExpiredBeforeHasNot) {
  client_.run({"SET", "k", "1", "PX", "100"});
  runner_.advance_ms(100);
  client_.run({"WATCH", "k"});
  runner_.maintain();
  EXPECT_EQ(transaction({{"GET", "k"}}), array({std::string(kNull)}));
}

TEST_P(TransactionTest, ANegativeItemIsNoKeyToWhoWatches) {
  const std::string unchanged = array({"+PONG\r\n"});
  client_.run({"WATCH", "k"});
  other_.run({"SET", "k", "", "NEGATIVE", "PX", "10"});
  EXPECT_EQ(transaction({{"PING"}}), unchanged) << "there is as little as before";
  client_.run({"WATCH", "k"});
  runner_.advance_ms(10);
  runner_.maintain();
  EXPECT_EQ(transaction({{"PING"}}), unchanged) << "and when its time has come";
  other_.run({"SET", "k", "", "NEGATIVE"});
  client_.run({"WATCH", "k"});
  EXPECT_EQ(other_.run({"DEL", "k"}), integer(0));
  EXPECT_EQ(transaction({{"PING"}}), unchanged) << "and when it is deleted";
  other_.run({"SET", "k", "", "NEGATIVE"});
  client_.run({"WATCH", "k"});
  other_.run({"SET", "k", "v"});
  EXPECT_EQ(transaction({{"PING"}}), kChanged);
  client_.run({"WATCH", "k"});
  other_.run({"SET", "k", "", "NEGATIVE"});
  EXPECT_EQ(transaction({{"PING"}}), kChanged) << "there was a value";
}

TEST_P(TransactionTest, UnwatchForgetsTheKeys) {
  client_.run({"WATCH", "k"});
  other_.run({"SET", "k", "1"});
  EXPECT_EQ(client_.run({"UNWATCH"}), kOk);
  EXPECT_EQ(watched_keys(), 0u);
  EXPECT_EQ(transaction({{"PING"}}), array({"+PONG\r\n"}));
  EXPECT_EQ(client_.run({"UNWATCH"}), kOk);
}

TEST_P(TransactionTest, TwoWatchersOfOneKeyAreToldApart) {
  client_.run({"WATCH", "k"});
  client_.run({"SET", "k", "1"});
  other_.run({"WATCH", "k"});
  EXPECT_EQ(transaction(client_, {{"SET", "k", "2"}}), kChanged);
  EXPECT_EQ(transaction(other_, {{"SET", "k", "2"}}), array({std::string(kOk)}));
}

TEST_P(TransactionTest, TooManyWatchedKeysAreRefused) {
  std::vector<std::string> watch = {"WATCH"};
  for (std::size_t i = 0; i <= limits::kWatchedKeysMax; ++i) watch.push_back("k" + std::to_string(i));
  EXPECT_EQ(client_.run(watch), error("ERR too many keys are watched (at most 16384)"));
  EXPECT_EQ(client_.run({"UNWATCH"}), kOk);
  EXPECT_EQ(watched_keys(), 0u);
}

// --- The session inside ---

TEST_P(TransactionTest, HelloChangesTheVersionOfWhatFollows) {
  const std::string reply = transaction({{"GET", "none"}, {"INFO", "cluster"}, {"HELLO", "3"}, {"GET", "none"}});
  EXPECT_EQ(reply.substr(0, 10), "*4\r\n$-1\r\n$");
  EXPECT_NE(reply.find("\r\n%7\r\n"), std::string::npos);
  EXPECT_EQ(reply.substr(reply.size() - 3), test::kNullResp3);
}

TEST_P(TransactionTest, NothingWaitsInside) {
  EXPECT_EQ(
      transaction({{"WAIT", "3", "0"}, {"DEBUG", "SLEEP", "5"}, {"INCR", "k"}}),
      array({integer(0), error("ERR this DEBUG command waits, and nothing waits inside a transaction"), integer(1)}));
  EXPECT_EQ(client_.run({"PING"}), "+PONG\r\n");
}

TEST_P(TransactionTest, ClientReplyCountsFromTheNextRequestOn) {
  EXPECT_EQ(transaction({{"INCR", "k"}, {"CLIENT", "REPLY", "SKIP"}, {"INCR", "k"}}),
            array({integer(1), std::string(kOk), integer(2)}));
  EXPECT_EQ(client_.run({"PING"}), "");
  EXPECT_EQ(client_.run({"PING"}), "+PONG\r\n");
  EXPECT_EQ(transaction({{"INCR", "k"}, {"CLIENT", "REPLY", "OFF"}, {"INCR", "k"}}),
            array({integer(3), std::string(kOk), integer(4)}));
  EXPECT_EQ(client_.send("PING\r\nMULTI\r\nINCR k\r\nEXEC\r\n"), "");
  EXPECT_EQ(client_.send("MULTI\r\nCLIENT REPLY ON\r\nGET k\r\nEXEC\r\n"), array({std::string(kOk), bulk("5")}));
  EXPECT_EQ(client_.run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(client_.run({"MULTI"}), "");
  EXPECT_EQ(client_.run({"EXEC"}), array({}));
}

TEST_P(TransactionTest, ClientListShowsIt) {
  EXPECT_NE(info_of(client_).find(" flags=N "), std::string::npos);
  EXPECT_NE(info_of(client_).find(" multi=-1 "), std::string::npos);
  EXPECT_NE(info_of(client_).find(" multi-mem=0 "), std::string::npos);
  client_.run({"MULTI"});
  client_.run({"SET", "k", std::string(1'000, 'v')});
  const std::string line = other_.run({"CLIENT", "LIST", "ID", "1"});
  EXPECT_NE(line.find(" flags=x "), std::string::npos) << line;
  EXPECT_NE(line.find(" multi=1 "), std::string::npos) << line;
  EXPECT_EQ(line.find(" multi-mem=0 "), std::string::npos) << line;
  client_.run({"EXEC"});
  EXPECT_NE(info_of(client_).find(" flags=N "), std::string::npos);
  EXPECT_NE(info_of(client_).find(" multi-mem=0 "), std::string::npos);
}

TEST_P(TransactionTest, CommandsCountWhenTheyAreExecuted) {
  const auto calls = [&](const std::string& command) {
    const std::string info = client_.run({"INFO", "commandstats"});
    const std::size_t at = info.find("cmdstat_" + command + ":");
    return at == std::string::npos ? "" : info.substr(at, info.find(",usec", at) - at);
  };
  client_.run({"MULTI"});
  client_.run({"GET", "k"});
  client_.run({"GET", "k"});
  client_.run({"DISCARD"});
  EXPECT_EQ(calls("get"), "");
  transaction({{"GET", "k"}, {"GET", "k"}, {"INCR", "k"}});
  EXPECT_EQ(calls("get"), "cmdstat_get:calls=2");
  EXPECT_EQ(calls("incr"), "cmdstat_incr:calls=1");
  EXPECT_EQ(calls("exec"), "cmdstat_exec:calls=1");
}

// --- Memory ---

class FullTransactionTest : public TransactionTest {
 protected:
  static constexpr std::uint64_t kMaxmemory = 32 << 20;
  explicit FullTransactionTest(PolicyKind policy = PolicyKind::kAllKeysLru)
      : TransactionTest({.maxmemory_bytes = kMaxmemory, .policy = policy}) {
    const std::string value(10'000, 'v');
    for (int i = 0; i < 4'000; ++i) runner_.run({"SET", "old" + std::to_string(i), value});
  }
};
INSTANTIATE_TEST_SUITE_P(Shards, FullTransactionTest, ::testing::Values(1u, 4u));

TEST_P(FullTransactionTest, RoomIsMadeBeforeAndTheLimitHolds) {
  Commands commands;
  for (int i = 0; i < 300; ++i) commands.push_back({"SET", "new" + std::to_string(i), std::string(10'000, 'n')});
  const std::string reply = transaction(commands);
  EXPECT_EQ(reply.find('-'), std::string::npos) << reply.substr(0, 200);
  EXPECT_LE(runner_.store().used_bytes(), kMaxmemory);
  for (int i = 0; i < 300; i += 50) EXPECT_EQ(runner_.run({"STRLEN", "new" + std::to_string(i)}), integer(10'000));
}

TEST_P(FullTransactionTest, WhatIsCopiedOrStretchedFindsItsRoom) {
  runner_.advance_ms(1);
  runner_.run({"SET", "large", std::string(3'000'000, 'l')});
  EXPECT_EQ(transaction({{"COPY", "large", "copy"},
                         {"SETRANGE", "far", "2000000", "x"},
                         {"SETBIT", "bit", "16000000", "1"},
                         {"BITOP", "NOT", "not", "large"}}),
            array({integer(1), integer(2'000'001), integer(0), integer(3'000'000)}));
  EXPECT_LE(runner_.store().used_bytes(), kMaxmemory);
}

// They take more of a record than their words have letters.
TEST_P(FullTransactionTest, WhatHasTagsFindsItsRoom) {
  constexpr int kItems = 10'000;
  std::vector<std::string> set = {"SET", "", "v", "SOFTEX", "9", "EX", "99", "TAGS", "32"};
  for (char tag = 'A'; tag < 'A' + 32; ++tag) set.emplace_back(1, tag);
  Commands sets;
  Commands copies;
  for (int i = 0; i < kItems; ++i) {
    set[1] = "new" + std::to_string(i);
    sets.push_back(set);
    copies.push_back({"COPY", set[1], "copy" + std::to_string(i)});
  }
  runner_.advance_ms(1);
  EXPECT_EQ(transaction(sets).find('-'), std::string::npos);
  runner_.advance_ms(1);
  EXPECT_EQ(transaction(copies).find('-'), std::string::npos);
  EXPECT_LE(runner_.store().used_bytes(), kMaxmemory);
  EXPECT_EQ(runner_.run({"GET", "copy" + std::to_string(kItems - 1)}), bulk("v"));
}

TEST_P(FullTransactionTest, AWatchedKeyThatIsEvictedHasChanged) {
  runner_.run({"SET", "watched", "v"});
  client_.run({"WATCH", "watched"});
  runner_.advance_ms(1);
  for (int i = 0; i < 8'000; ++i) other_.run({"SET", "more" + std::to_string(i), std::string(10'000, 'm')});
  EXPECT_EQ(transaction({{"PING"}}), kChanged);
}

TEST_P(FullTransactionTest, AllTransactionsTogetherAreBounded) {
  const std::string large(1'000'000, 'l');
  for (TestClient* client : {&client_, &other_}) EXPECT_EQ(client->run({"MULTI"}), kOk);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client_.run({"SET", "a", large}), kQueued);
  }
  EXPECT_EQ(other_.run({"SET", "b", large}), kQueued);
  EXPECT_EQ(other_.run({"SET", "b", large}),
            error("ERR the transactions of all clients are too large together; try again later"));
  EXPECT_EQ(other_.run({"SET", "b", "small"}), kQueued);
  EXPECT_EQ(other_.run({"EXEC"}), kAborted);
  EXPECT_EQ(client_.run({"EXEC"}), array({std::string(kOk), std::string(kOk), std::string(kOk)}));
}

class NoEvictionTransactionTest : public FullTransactionTest {
 protected:
  NoEvictionTransactionTest() : FullTransactionTest(PolicyKind::kNoEviction) {}
};
INSTANTIATE_TEST_SUITE_P(Shards, NoEvictionTransactionTest, ::testing::Values(1u, 4u));

const std::string kOom = "OOM command not allowed when used memory > 'maxmemory'.";

TEST_P(NoEvictionTransactionTest, WhatDoesNotFitIsRefusedWhenItIsQueued) {
  client_.run({"MULTI"});
  EXPECT_EQ(client_.run({"GET", "k"}), kQueued);
  EXPECT_EQ(client_.run({"SET", "k", std::string(60'000, 'x')}), error(kOom));
  EXPECT_EQ(client_.run({"EXEC"}), kAborted);
}

TEST_P(NoEvictionTransactionTest, WhatDoesNotFitAnyMoreIsRefusedByExec) {
  for (int i = 0; i < 10; ++i) runner_.run({"DEL", "old" + std::to_string(i)});
  client_.run({"MULTI"});
  EXPECT_EQ(client_.run({"SET", "k", std::string(50'000, 'x')}), kQueued);
  for (int i = 0; i < 12; ++i) other_.run({"SET", "old" + std::to_string(i), std::string(10'000, 'v')});
  EXPECT_EQ(client_.run({"EXEC"}), error("EXECABORT Transaction discarded because of: " + kOom));
  EXPECT_EQ(client_.run({"EXEC"}), error("ERR EXEC without MULTI"));
}

}  // namespace
}  // namespace larder
