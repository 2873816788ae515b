#include "server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>
#include <utility>

#include "larder/advisor/advisor.h"
#include "support/socket_client.h"

namespace larder {
namespace {

using testing::HasSubstr;

Options options_with(const NamedValues& flags) {
  NamedValues all = {{"threads", "2"}, {"maxmemory", "16mb"}};
  all.insert(all.end(), flags.begin(), flags.end());
  return load_options(all, {}).value();
}

TEST(ServerTest, APortInUseIsOneLineThatNamesIt) {
  Server first({.options = options_with({}), .any_free_port = true});
  ASSERT_TRUE(first.start().is_ok());
  const std::string port = std::to_string(first.port());

  Server second({.options = options_with({{"port", port}})});
  const Status status = second.start();
  ASSERT_FALSE(status.is_ok());
  EXPECT_THAT(status.message(), HasSubstr("127.0.0.1:" + port));
  EXPECT_EQ(status.message().find('\n'), std::string::npos);
}

TEST(ServerTest, NothingToListenOnIsAnError) {
  Server server({.options = options_with({{"port", "0"}})});
  EXPECT_THAT(server.start().message(), HasSubstr("nothing to listen on"));
}

TEST(ServerTest, AllAddressesOfBindAreListenedOnAtOnePort) {
  Server server({.options = options_with({{"bind", "127.0.0.1 127.0.0.2"}}), .any_free_port = true});
  ASSERT_TRUE(server.start().is_ok());
  const std::string port = std::to_string(server.port());
  EXPECT_THAT(server.addresses(), testing::ElementsAre("127.0.0.1:" + port, "127.0.0.2:" + port));
}

TEST(ServerTest, OptionsReachTheStore) {
  Server server({.options = options_with({{"maxitems", "7"}, {"shards", "4"}, {"maxmemory-policy", "noeviction"}})});
  EXPECT_EQ(server.store().stats().maxmemory_bytes, 16u << 20);
  EXPECT_EQ(server.store().budget().items_max(), 7u);
  EXPECT_EQ(server.store().shards(), 4u);
  EXPECT_EQ(server.store().policy(), PolicyKind::kNoEviction);
}

TEST(ServerTest, ThePolicyIsTheAdvisorsIfItIsAuto) {
  Server server({.options = options_with({{"maxmemory-policy", "AUTO"}}), .any_free_port = true});
  EXPECT_EQ(server.store().policy(), PolicyKind::kAllKeysS3Fifo);
  EXPECT_TRUE(server.advisor().chooses());
  ASSERT_TRUE(server.start().is_ok());
  test::SocketClient client = test::SocketClient::tcp(server.port());
  const auto send = [&](const std::string& line, const std::string& reply) {
    EXPECT_EQ(client.exchange(line + "\r\n", reply), reply);
  };
  send("CONFIG GET maxmemory-policy", "*2\r\n$16\r\nmaxmemory-policy\r\n$4\r\nauto\r\n");
  send("CONFIG SET maxmemory-policy allkeys-lru", "+OK\r\n");
  EXPECT_FALSE(server.advisor().chooses());
  EXPECT_EQ(server.store().policy(), PolicyKind::kAllKeysLru);
  send("CONFIG SET maxmemory-policy auto", "+OK\r\n");
  EXPECT_TRUE(server.advisor().chooses());
  EXPECT_EQ(server.store().policy(), PolicyKind::kAllKeysLru) << "as good as any to begin with";
}

TEST(ServerTest, AChangeThatIsTakenBackLeavesThePolicyThatWasChosen) {
  Server server({.options = options_with({{"maxmemory-policy", "auto"}}), .any_free_port = true});
  ASSERT_TRUE(server.start().is_ok());
  server.store().set_policy(PolicyKind::kAllKeysTinyLfu);  // as the advisor does
  test::SocketClient client = test::SocketClient::tcp(server.port());
  const std::string refused = "-ERR CONFIG SET failed (possibly related to argument 'maxclients')";
  EXPECT_EQ(client.exchange("CONFIG SET maxmemory-policy allkeys-lru maxclients 1000000000\r\n", refused), refused);
  EXPECT_TRUE(server.advisor().chooses());
  EXPECT_EQ(server.store().policy(), PolicyKind::kAllKeysTinyLfu);
}

TEST(ServerTest, WhatIsWatchedChangesWhileItRuns) {
  Server server({.options = options_with({{"stats-sample-every", "0"}}), .any_free_port = true});
  ASSERT_TRUE(server.start().is_ok());
  test::SocketClient client = test::SocketClient::tcp(server.port());
  const auto send = [&](const std::string& line, const std::string& reply) {
    EXPECT_EQ(client.exchange(line + "\r\n", reply + "\r\n"), reply + "\r\n");
  };
  const auto prefixes = [&] {
    return server.statistics().hot_prefixes(SystemClock().monotonic_ns(), HitterOrder::kOperations, 9).hitters;
  };
  EXPECT_EQ(server.statistics().latency().threshold_ns(), LatencyMonitor::kNever);
  send("CONFIG SET latency-monitor-threshold 7", "+OK");
  EXPECT_EQ(server.statistics().latency().threshold_ns(), 7'000'000U);
  send("GET user:1/x", "$-1");
  EXPECT_TRUE(prefixes().empty());
  send("CONFIG SET stats-sample-every 1", "+OK");
  send("GET user:1/x", "$-1");
  ASSERT_EQ(prefixes().size(), 1U);
  EXPECT_EQ(prefixes()[0].name, "user:");
  send("CONFIG SET stats-prefix-delimiter /", "+OK");
  EXPECT_TRUE(prefixes().empty());
  send("GET user:1/x", "$-1");
  ASSERT_EQ(prefixes().size(), 1U);
  EXPECT_EQ(prefixes()[0].name, "user:1/");
}

TEST(ServerTest, StoppingTwiceAndStoppingWhatNeverStartedAreHarmless) {
  Server never({.options = options_with({})});
  never.stop();
  Server server({.options = options_with({}), .any_free_port = true});
  ASSERT_TRUE(server.start().is_ok());
  server.stop();
  server.stop();
}

// A sanitizer reserves more than any limit leaves.
#ifndef LARDER_SANITIZED
// Runs the program under that limit of address space; what it says, and its exit status.
std::pair<std::string, int> run_with_address_space(std::uint64_t limit_kib, const std::string& arguments) {
  const std::string command =
      "ulimit -v " + std::to_string(limit_kib) + " && exec " LARDER_PROGRAM " " + arguments + " 2>&1";
  FILE* const output = popen(command.c_str(), "r");
  if (output == nullptr) return {"popen failed", -1};
  std::string text;
  for (int byte = std::fgetc(output); byte != EOF; byte = std::fgetc(output)) text += static_cast<char>(byte);
  const int status = pclose(output);
  return {text, WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

TEST(ServerTest, TooLittleAddressSpaceIsOneLineThatTellsWhatToDo) {
  for (const std::uint64_t limit_kib : {std::uint64_t{4} << 20, std::uint64_t{1} << 30}) {
    const auto [text, status] = run_with_address_space(limit_kib, "--port 0 --maxmemory 16mb --threads 2");
    EXPECT_EQ(status, 1) << text;
    EXPECT_THAT(text, testing::StartsWith("larder: "));
    EXPECT_THAT(text, HasSubstr("of address space"));
    EXPECT_THAT(text, HasSubstr("ulimit -v unlimited"));
    EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  }
}
#endif

}  // namespace
}  // namespace larder
