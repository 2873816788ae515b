#include "server/healthcheck.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "server/server.h"

namespace larder {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::chrono::seconds kLong{10};

Options options_with(const NamedValues& flags) {
  NamedValues all = {{"threads", "1"}, {"maxmemory", "16mb"}};
  all.insert(all.end(), flags.begin(), flags.end());
  return load_options(all, {}).value();
}

// The options of a client that knows the server's port.
Options at_port_of(const Server& server, NamedValues flags = {}) {
  flags.emplace_back("port", std::to_string(server.port()));
  return options_with(flags);
}

std::string problem(const Options& options, std::chrono::milliseconds time_limit = kLong) {
  const Result<HealthAnswer> answer = check_health(options, time_limit);
  return answer.is_ok() ? "none" : answer.status().message();
}

TEST(HealthcheckTest, ARunningServerIsHealthyAndAStoppedOneIsNot) {
  Server server({.options = options_with({}), .any_free_port = true});
  ASSERT_TRUE(server.start().is_ok());
  const Options options = at_port_of(server);
  const std::string where = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(check_health(options, kLong).value().where, where);

  server.stop();
  EXPECT_THAT(problem(options), AllOf(HasSubstr(where), HasSubstr("cannot connect")));
}

TEST(HealthcheckTest, AServerOnAllAddressesIsAskedOnThisHost) {
  Server server({.options = options_with({{"bind", "*"}}), .any_free_port = true});
  ASSERT_TRUE(server.start().is_ok());
  EXPECT_EQ(problem(at_port_of(server, {{"bind", "*"}})), "none");
  EXPECT_EQ(problem(at_port_of(server, {{"bind", "0.0.0.0"}})), "none");
}

TEST(HealthcheckTest, ThePasswordIsSent) {
  Server server({.options = options_with({{"requirepass", "open sesame"}}), .any_free_port = true});
  ASSERT_TRUE(server.start().is_ok());
  EXPECT_EQ(problem(at_port_of(server, {{"requirepass", "open sesame"}})), "none");
  EXPECT_THAT(problem(at_port_of(server, {{"requirepass", "open barley"}})), HasSubstr("WRONGPASS"));
  EXPECT_THAT(problem(at_port_of(server)), HasSubstr("NOAUTH"));
}

TEST(HealthcheckTest, WithoutTcpTheUnixSocketIsAsked) {
  std::string directory = testing::TempDir() + "larder_health_XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const Options options = options_with({{"port", "0"}, {"unixsocket", directory + "/socket"}});
  {
    Server server({.options = options});
    ASSERT_TRUE(server.start().is_ok());
    EXPECT_EQ(server.port(), 0);
    EXPECT_EQ(problem(options), "none");
  }
  EXPECT_NE(problem(options), "none");
  std::filesystem::remove_all(directory);
}

TEST(HealthcheckTest, WhereNothingIsConfiguredNothingCanBeAsked) {
  EXPECT_THAT(problem(options_with({{"port", "0"}})), HasSubstr("neither a port nor a Unix socket"));
}

// A port that takes connections (into the kernel's queue) and never answers.
TEST(HealthcheckTest, ASilentServerIsGivenUp) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const Options options = options_with({{"port", std::to_string(ntohs(address.sin_port))}});
  EXPECT_THAT(problem(options, std::chrono::milliseconds(50)), HasSubstr("no answer"));
  close(fd);
}

}  // namespace
}  // namespace larder
