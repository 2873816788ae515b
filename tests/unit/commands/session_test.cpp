#include "commands/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "commands/command_table.h"
#include "support/command_runner.h"

namespace larder {
namespace {

using test::bulk;
using test::CommandRunner;
using test::encode_request;
using test::error;
using test::kNull;
using test::kOk;
using test::TestClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// --- Pipelines, splits, errors ---

TEST(Session, AnswersAPipelineInOrder) {
  CommandRunner runner;
  EXPECT_EQ(runner.send("PING\r\n*2\r\n$4\r\nECHO\r\n$1\r\na\r\nECHO b\r\n"), "+PONG\r\n$1\r\na\r\n$1\r\nb\r\n");
}

TEST(Session, AnswersTheSameHoweverTheBytesArrive) {
  const std::string requests = encode_request({"ECHO", "one"}) + "echo 'two words'\r\n" +
                               encode_request({"ECHO", std::string("\0\r\n", 3)}) + encode_request({"PING"});
  const std::string whole = CommandRunner().send(requests);
  for (std::size_t split = 1; split < requests.size(); ++split) {
    CommandRunner runner;
    std::string replies = runner.send(requests.substr(0, split));
    replies += runner.send(requests.substr(split));
    EXPECT_EQ(replies, whole) << "split at " << split;
  }
}

TEST(Session, ExecutesAPipelineOfManyBatchesInOneSend) {
  CommandRunner runner;
  std::string requests;
  std::string replies;
  for (int i = 0; i < 3000; ++i) {
    requests += encode_request({"ECHO", std::to_string(i)});
    replies += bulk(std::to_string(i));
  }
  EXPECT_EQ(runner.send(requests), replies);
}

TEST(Session, GivesWayAfterItsShareOfRequests) {
  CommandRunner runner;
  runner.send(repeat("PING\r\n", limits::kTurnRequestsMax));
  // Perhaps more had come: whether it has is asked in another turn.
  EXPECT_LE(runner.client().yields(), 1U);
  const std::size_t before = runner.client().yields();
  runner.send(repeat("PING\r\n", 3 * limits::kTurnRequestsMax));
  EXPECT_GE(runner.client().yields(), before + 2);
}

TEST(Session, GivesWayWhenTheOutputHasGrown) {
  CommandRunner runner;
  TestClient& client = runner.new_client({.output_bytes_max = 100});
  const std::string text(60, 'x');
  EXPECT_EQ(client.send(repeat(encode_request({"ECHO", text}), 10)), repeat(bulk(text), 10));
  EXPECT_EQ(client.yields(), 4U) << "two replies a turn; the last turn leaves nothing to come back for";
}

TEST(Session, AnswersAProtocolErrorAfterWhatCameBeforeAndCloses) {
  CommandRunner runner;
  EXPECT_EQ(runner.send("PING\r\n*1\r\n!oops\r\nPING\r\n"), "+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n");
  EXPECT_TRUE(runner.client().closed());
  EXPECT_EQ(runner.statistics().errors().at("ERR"), 1U);
}

TEST(Session, ExecutesNothingBehindQuit) {
  CommandRunner runner;
  EXPECT_EQ(runner.send("PING\r\nQUIT\r\nPING\r\n"), "+PONG\r\n+OK\r\n");
  EXPECT_TRUE(runner.client().closed());
}

// --- Admission ---

TEST(Session, NamesAnUnknownCommandAndItsArguments) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"foo", "a", "b"}), error("ERR unknown command 'foo', with args beginning with: 'a' 'b' "));
  EXPECT_EQ(runner.run({"foo"}), error("ERR unknown command 'foo', with args beginning with: "));
}

TEST(Session, CutsWhatItRepeatsOfAnUnknownCommand) {
  CommandRunner runner;
  std::vector<std::string> request = {std::string(300, 'x')};
  for (int i = 0; i < 10; ++i) request.push_back(std::string(50, 'y'));
  const std::string y(50, 'y');
  EXPECT_EQ(runner.run(request),
            error("ERR unknown command '" + std::string(128, 'x') + "', with args beginning with: '" + y + "' '" + y +
                  "' '" + std::string(22, 'y') + "' "));
}

TEST(Session, MakesLineEndsInAnUnknownCommandBlanks) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"a\r\nb"}), error("ERR unknown command 'a  b', with args beginning with: "));
}

TEST(Session, ChecksTheNumberOfArguments) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"get"}), error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(runner.run({"GET", "a", "b"}), error("ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(runner.run({"client", "setname"}), error("ERR wrong number of arguments for 'client|setname' command"));
  EXPECT_EQ(runner.run({"client"}), error("ERR wrong number of arguments for 'client' command"));
}

TEST(Session, NamesAnUnknownSubcommandAndWhereToLook) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"client", "foo"}), error("ERR unknown subcommand 'foo'. Try CLIENT HELP."));
  EXPECT_EQ(runner.run({"client", "maint_notifications", "on"}),
            error("ERR unknown subcommand 'maint_notifications'. Try CLIENT HELP."));
}

TEST(Session, ExecutesNothingBeforeLogin) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.run({"get", "a"}), error("NOAUTH Authentication required."));
  EXPECT_EQ(runner.run({"ping"}), error("NOAUTH Authentication required."));
  // As in Redis, what is no command at all is said even to strangers.
  EXPECT_THAT(runner.run({"foo"}), StartsWith("-ERR unknown command"));
  EXPECT_EQ(runner.run({"get"}), error("ERR wrong number of arguments for 'get' command"));
}

TEST(Session, RefusesAStrangersLargeRequests) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.send("*11\r\n"), error("ERR Protocol error: unauthenticated multibulk length"));
  EXPECT_TRUE(runner.client().closed());
  TestClient& other = runner.new_client();
  EXPECT_EQ(other.send("*1\r\n$1000000\r\n"), error("ERR Protocol error: unauthenticated bulk length"));
}

TEST(Session, TakesALargeRequestRightBehindTheLogin) {
  CommandRunner runner({.password = "secret"});
  const std::string value(20'000, 'v');
  EXPECT_EQ(runner.send(encode_request({"AUTH", "secret"}) + encode_request({"ECHO", value})),
            std::string(kOk) + bulk(value));
}

TEST(Session, LooksAtRequestsBehindResetAsAStrangers) {
  CommandRunner runner({.password = "secret"});
  EXPECT_EQ(runner.run({"AUTH", "secret"}), kOk);
  EXPECT_EQ(runner.send("RESET\r\n*11\r\n"), "+RESET\r\n-ERR Protocol error: unauthenticated multibulk length\r\n");
}

TEST(Session, LetsInWhoeverCameBeforeThePasswordWasTakenAway) {
  CommandRunner runner({.password = "secret"});
  EXPECT_THAT(runner.run({"PING"}), StartsWith("-NOAUTH"));
  runner.access().set_password("");
  EXPECT_EQ(runner.run({"PING"}), "+PONG\r\n");
}

TEST(Session, KeepsWhoeverWasLoggedInWhenAPasswordIsSet) {
  CommandRunner runner;
  EXPECT_EQ(runner.run({"PING"}), "+PONG\r\n");
  runner.access().set_password("secret");
  EXPECT_EQ(runner.run({"PING"}), "+PONG\r\n");
  EXPECT_THAT(runner.new_client().run({"PING"}), StartsWith("-NOAUTH"));
}

// --- Bodies ---

TEST(Session, TakesALargeArgumentInOneBlock) {
  CommandRunner runner;
  const std::string value(300'000, 'v');
  EXPECT_EQ(runner.send(encode_request({"ECHO", value}) + encode_request({"PING"})), bulk(value) + "+PONG\r\n");
}

TEST(Session, TakesALargeArgumentThatComesInPieces) {
  CommandRunner runner;
  const std::string value(200'000, 'v');
  const std::string request = encode_request({"ECHO", value});
  std::string reply;
  for (std::size_t at = 0; at < request.size(); at += 50'000) reply += runner.send(request.substr(at, 50'000));
  EXPECT_EQ(reply, bulk(value));
}

TEST(Session, PassesOverABodyThatCanNeverBeStoredAndAnswersAnError) {
  CommandRunner runner({.maxmemory_bytes = 4 << 20});
  const std::string value(8 << 20, 'v');
  const std::string replies = runner.send(encode_request({"SET", "k", value}) + encode_request({"PING"}));
  EXPECT_THAT(replies, StartsWith("-OOM the item is larger"));
  EXPECT_THAT(replies, HasSubstr("\r\n+PONG\r\n"));
  EXPECT_FALSE(runner.client().closed());
}

// --- Counting ---

TEST(Session, CountsCallsRefusalsAndFailuresByCommand) {
  CommandRunner runner;
  runner.run({"SELECT", "1"});
  runner.run({"SELECT", "x"});
  runner.run({"SELECT"});
  const auto index = CommandTable::instance().find("select").index;
  const auto totals = runner.statistics().command_totals(index);
  EXPECT_EQ(totals.calls, 2U);
  EXPECT_EQ(totals.failed, 1U);
  EXPECT_EQ(totals.rejected, 1U);
  EXPECT_EQ(totals.latency.count(), 2U);
  EXPECT_EQ(runner.statistics().totals().requests, 2U);
}

TEST(Session, CountsErrorsByTheirCode) {
  CommandRunner runner({.password = "secret"});
  runner.run({"PING"});
  runner.run({"AUTH", "wrong"});
  runner.run({"nonsense"});
  runner.run({"nonsense"});
  const auto errors = runner.statistics().errors();
  EXPECT_EQ(errors.at("NOAUTH"), 1U);
  EXPECT_EQ(errors.at("WRONGPASS"), 1U);
  EXPECT_EQ(errors.at("ERR"), 2U);
}

TEST(Session, TimesOnlyReadsThatHit) {
  CommandRunner runner;
  runner.run({"GET", "k"});
  EXPECT_EQ(runner.statistics().totals().hit_requests, 0U);
  runner.run({"SET", "k", "v"});
  EXPECT_EQ(runner.run({"GET", "k"}), bulk("v"));
  runner.run({"MGET", "k", "k"});
  EXPECT_EQ(runner.statistics().totals().hit_requests, 1U);
}

// --- Protected mode ---

TEST(CommandService, RefusesClientsFromElsewhereWhileThereIsNoPassword) {
  CommandRunner runner;
  TestClient& stranger = runner.new_client({.peer_address = "192.0.2.1:4000", .loopback = false});
  EXPECT_TRUE(stranger.closed());
  const std::string reply = stranger.take_output();
  EXPECT_THAT(reply, StartsWith("-DENIED "));
  EXPECT_THAT(reply, HasSubstr("LARDER_REQUIREPASS"));
  EXPECT_THAT(reply, HasSubstr("protected-mode no"));
}

TEST(CommandService, ServesClientsFromElsewhereWithAPasswordOrWithoutProtectedMode) {
  const test::ClientOptions elsewhere = {.peer_address = "192.0.2.1:4000", .loopback = false};
  CommandRunner with_password({.password = "secret"});
  EXPECT_EQ(with_password.new_client(elsewhere).run({"AUTH", "secret"}), kOk);
  CommandRunner unprotected({.protected_mode = false});
  EXPECT_EQ(unprotected.new_client(elsewhere).run({"PING"}), "+PONG\r\n");
}

// --- RefillTimer ---

TEST(RefillTimer, YieldsTheTimeSinceTheMissOnce) {
  RefillTimer timer;
  timer.on_miss(1, 100);
  EXPECT_EQ(timer.on_set(2, 150), std::nullopt);
  EXPECT_EQ(timer.on_set(1, 180), 80);
  EXPECT_EQ(timer.on_set(1, 190), std::nullopt);
}

TEST(RefillTimer, CountsFromTheLastMissOfAKey) {
  RefillTimer timer;
  timer.on_miss(1, 100);
  timer.on_miss(1, 500);
  EXPECT_EQ(timer.on_set(1, 510), 10);
  EXPECT_EQ(timer.on_set(1, 520), std::nullopt);
}

TEST(RefillTimer, ForgetsTheOldestMissFirst) {
  RefillTimer timer;
  for (KeyHash hash = 1; hash <= 9; ++hash) timer.on_miss(hash, static_cast<std::int64_t>(hash));
  EXPECT_EQ(timer.on_set(1, 100), std::nullopt);
  EXPECT_EQ(timer.on_set(2, 100), 98);
}

// --- AccessSettings ---

TEST(AccessSettings, TakesOnlyTheWholePassword) {
  AccessSettings access;
  EXPECT_FALSE(access.has_password());
  access.set_password("secret");
  EXPECT_TRUE(access.has_password());
  EXPECT_TRUE(access.password_is("secret"));
  for (const std::string_view wrong : {"", "secre", "secretsecret", "Secret", "secreT", "xxxxxx"}) {
    EXPECT_FALSE(access.password_is(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace larder
