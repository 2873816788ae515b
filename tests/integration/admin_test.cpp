// The admin port over real sockets: who is let in, what the pages say, that they count as INFO and the clients do, and
// that nobody who uses it badly is noticed by others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "larder/base/text.h"
#include "server/server.h"
#include "support/socket_client.h"

namespace larder::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class AdminTest : public testing::Test {
 protected:
  void start(const NamedValues& flags = {}) {
    NamedValues all = {{"threads", "2"}, {"maxmemory", "16mb"}};
    all.insert(all.end(), flags.begin(), flags.end());
    server_ = std::make_unique<Server>(
        ServerSetup{.options = load_options(all, {}).value(), .any_free_port = true, .admin_on_free_port = true});
    const Status status = server_->start();
    ASSERT_TRUE(status.is_ok()) << status.message();
  }

  // The whole answer, head and body.
  std::string ask(const std::string& request_line, const std::string& headers = "") {
    SocketClient client = SocketClient::tcp(server_->admin_port());
    client.send(request_line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    return client.receive_until_close();
  }

  std::unique_ptr<Server> server_;
};

TEST_F(AdminTest, WithATokenOnlyTheProbesAreOpen) {
  start({{"admin-token", "secret"}});
  EXPECT_THAT(ask("GET /healthz"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("ok\n")));
  EXPECT_THAT(ask("GET /readyz"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("ready\n")));
  for (const char* page : {"/metrics", "/api/stats", "/api/series", "/api/advisor", "/api/hotkeys", "/api/prefixes",
                           "/api/commands", "/api/slowlog", "/api/clients"}) {
    EXPECT_THAT(ask(std::string("GET ") + page), StartsWith("HTTP/1.1 401")) << page;
    EXPECT_THAT(ask(std::string("GET ") + page, "Authorization: Bearer secret\r\n"), StartsWith("HTTP/1.1 200"))
        << page;
  }
  EXPECT_THAT(ask("GET /metrics", "Authorization: Basic YWRtaW46c2VjcmV0\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("GET /metrics", "Authorization: Basic YWRtaW46c2VjcmV1\r\n"), StartsWith("HTTP/1.1 401"));
}

TEST_F(AdminTest, ThePagesAreThereAndNothingElse) {
  start({{"slowlog-log-slower-than", "0"}});
  SocketClient client = SocketClient::tcp(server_->port());
  client.exchange("SET a 1\r\n", "+OK\r\n");
  client.exchange("GET b\r\n", "$-1\r\n");
  client.exchange("NOSUCH\r\n", "-ERR unknown command 'NOSUCH', with args beginning with: \r\n");
  const std::string metrics = ask("GET /metrics");
  EXPECT_THAT(metrics, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(metrics, HasSubstr("\nlarder_command_duration_seconds_count{command=\"get\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("\nlarder_error_replies_total{code=\"ERR\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("\nlarder_database_keys{database=\"0\"} 1\n"));
  EXPECT_THAT(ask("GET /api/stats"), HasSubstr("\"keyspace_misses\":1"));
  EXPECT_THAT(ask("GET /api/slowlog"), HasSubstr("\"arguments\":[\"GET\",\"b\"]"));
  EXPECT_THAT(ask("GET /api/clients"), HasSubstr("\"cmd\":\"get\""));
  EXPECT_THAT(ask("GET /api/commands"), HasSubstr("\"name\":\"get\",\"calls\":1"));
  EXPECT_THAT(ask("GET /api/advisor"), HasSubstr("\"sentences\":[\"The advisor is off"));
  EXPECT_THAT(ask("GET /api/hotkeys"), HasSubstr("\r\n\r\n["));
  EXPECT_THAT(ask("GET /api/prefixes"), HasSubstr("\"prefix\":\"\",\"database\":0,"));
  EXPECT_THAT(ask("GET /api/series?seconds=5"), HasSubstr("\"hit_ratio\":["));
  EXPECT_THAT(ask("GET /api/nothing"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("DELETE /api/stats"), StartsWith("HTTP/1.1 405"));
}

// The figure that follows `name` and a blank or colon at the beginning of a line.
std::uint64_t figure(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name);
  if (at == std::string::npos) return ~std::uint64_t{0};
  const std::size_t begin = at + 1 + name.size() + 1;
  return parse_uint64(text.substr(begin, text.find_first_of("\r\n", begin) - begin)).value_or(~std::uint64_t{0});
}

// LARDER_AGREE_OPERATIONS=1000000 for more of them. Evictions make misses, MGET looks up several keys.
TEST_F(AdminTest, InfoMetricsAndPagesCountWhatTheClientsCount) {
  start({{"maxitems", "3000"}});
  const char* const wanted = std::getenv("LARDER_AGREE_OPERATIONS");
  const auto operations = static_cast<std::uint64_t>(wanted == nullptr ? 20'000 : std::atoll(wanted));
  constexpr std::uint64_t kBatch = 100;
  std::vector<SocketClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(SocketClient::tcp(server_->port()));
  std::mt19937_64 random(7);
  std::map<std::string, std::uint64_t> counted;
  for (std::uint64_t done = 0; done < operations; done += kBatch) {
    SocketClient& client = clients[done / kBatch % clients.size()];
    std::string requests;
    std::vector<int> kinds;
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      const std::string key = "k" + std::to_string(random() % 5'000);
      kinds.push_back(static_cast<int>(random() % 4));
      if (kinds.back() == 0) requests += "SET " + key + " v\r\n";
      if (kinds.back() == 1) requests += "MGET " + key + " never\r\n";
      if (kinds.back() > 1) requests += "GET " + key + "\r\n";
    }
    client.send(requests);
    for (const int kind : kinds) {
      const std::string line = client.receive_until("\r\n");
      if (kind == 0) {
        ASSERT_EQ(line, "+OK\r\n");
        continue;
      }
      for (int value = 0; value < (kind == 1 ? 2 : 1); ++value) {
        const std::string length = kind == 1 ? client.receive_until("\r\n") : line;
        ++counted[length == "$-1\r\n" ? "misses" : "hits"];
        if (length != "$-1\r\n") client.receive_until("\r\n");
      }
    }
  }
  EXPECT_GT(counted["hits"], operations / 10);
  EXPECT_GT(counted["misses"], operations / 10);
  clients[0].send("INFO stats\r\n");
  const std::string length = clients[0].receive_until("\r\n");
  const std::string info = clients[0].receive(std::stoul(length.substr(1)) + 2);
  const std::string metrics = ask("GET /metrics");
  const std::string stats = ask("GET /api/stats");
  for (const std::string what : {"hits", "misses"}) {
    EXPECT_EQ(figure(info, "keyspace_" + what), counted[what]);
    EXPECT_EQ(figure(metrics, "larder_keyspace_" + what + "_total"), counted[what]);
    EXPECT_THAT(stats, HasSubstr("\"keyspace_" + what + "\":" + std::to_string(counted[what]) + ","));
  }
}

TEST_F(AdminTest, WhoeverUsesItBadlyIsNotNoticedByOthers) {
  start();
  std::vector<SocketClient> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(SocketClient::tcp(server_->admin_port()));
  SocketClient slow = SocketClient::tcp(server_->admin_port());
  slow.send("GET /metrics HTTP/1.1\r\nHost: loc");
  SocketClient large = SocketClient::tcp(server_->admin_port());
  large.send("GET / HTTP/1.1\r\nCookie: " + std::string(100'000, 'c'));
  EXPECT_THAT(large.receive_until("\r\n"), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(ask("GET /healthz"), StartsWith("HTTP/1.1 200"));
  SocketClient client = SocketClient::tcp(server_->port());
  EXPECT_EQ(client.exchange("PING\r\n", "+PONG\r\n"), "+PONG\r\n");
  slow.send("alhost\r\n\r\n");
  EXPECT_THAT(slow.receive_until_close(), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminTest, ThereIsNoAdminPortUnlessItIsAskedFor) {
  Server server({.options = load_options({{"maxmemory", "16mb"}}, {}).value(), .any_free_port = true});
  ASSERT_TRUE(server.start().is_ok());
  EXPECT_EQ(server.options().text("admin-port"), "0");
  EXPECT_EQ(server.admin_port(), 0);
}

TEST_F(AdminTest, APortInUseIsOneLineThatNamesIt) {
  start();
  const std::string port = std::to_string(server_->admin_port());
  Server second(
      {.options = load_options({{"admin-port", port}, {"maxmemory", "16mb"}}, {}).value(), .any_free_port = true});
  EXPECT_THAT(second.start().message(), AllOf(HasSubstr("127.0.0.1:" + port), HasSubstr("in use")));
}

TEST_F(AdminTest, NoClientReadsTheToken) {
  start({{"admin-token", "secret"}, {"requirepass", "pass"}});
  SocketClient client = SocketClient::tcp(server_->port());
  client.exchange("AUTH pass\r\n", "+OK\r\n");
  const std::string hidden = "*2\r\n$11\r\nadmin-token\r\n$10\r\n(redacted)\r\n";
  EXPECT_EQ(client.exchange("CONFIG GET admin-token\r\n", hidden), hidden);
  EXPECT_EQ(client.exchange("CONFIG GET admin-t*\r\n", hidden), hidden);
  const std::string password = "*2\r\n$11\r\nrequirepass\r\n$4\r\npass\r\n";
  EXPECT_EQ(client.exchange("CONFIG GET requirepass\r\n", password), password) << "as Redis";
  EXPECT_THAT(server_->options().to_toml(), testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace larder::test
