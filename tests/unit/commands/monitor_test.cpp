// MONITOR: who sees what, in which order, and what happens to a monitor that does not read.
#include <gtest/gtest.h>

#include <string>

#include "commands/client_registry.h"
#include "larder/base/limits.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

class MonitorTest : public testing::Test {
 protected:
  MonitorTest() { monitor_.run({"MONITOR"}); }
  std::string seen() {
    runner_.pump();
    return monitor_.take_output();
  }

  CommandRunner runner_;
  TestClient& monitor_ = runner_.new_client({.peer_address = "192.0.2.7:4000"});
};

TEST_F(MonitorTest, SeesEveryCommandOnceInItsOrder) {
  runner_.clock().advance_us(123);
  runner_.send(encode_request({"SET", "a", "1"}) + encode_request({"SELECT", "3"}) + encode_request({"GET", "a b"}) +
               encode_request({"CLIENT", "ID"}));
  const std::string who = "127.0.0.1:50000] ";
  EXPECT_EQ(seen(), "+1700000000.000123 [0 " + who + "\"SET\" \"a\" \"1\"\r\n" +  //
                        "+1700000000.000123 [3 " + who + "\"SELECT\" \"3\"\r\n" + "+1700000000.000123 [3 " + who +
                        "\"GET\" \"a b\"\r\n" + "+1700000000.000123 [3 " + who + "\"CLIENT\" \"ID\"\r\n");
}

TEST_F(MonitorTest, DoesNotSeeRefusedAndAdministrativeCommands) {
  runner_.run({"NOSUCH"});
  runner_.run({"GET"});
  runner_.run({"CONFIG", "GET", "*"});
  runner_.run({"CLIENT", "LIST"});
  runner_.run({"SLOWLOG", "LEN"});
  runner_.run({"DEBUG", "JMAP"});
  EXPECT_EQ(seen(), "");
}

TEST_F(MonitorTest, SeesNoSecrets) {
  runner_.run({"AUTH", "default", "secret"});
  runner_.run({"HELLO", "3", "AUTH", "default", "secret"});
  const std::string text = seen();
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_NE(text.find("\"AUTH\" \"(redacted)\" \"(redacted)\""), std::string::npos);
}

TEST_F(MonitorTest, SeesTheBeginningOfLongCommands) {
  runner_.run({"SET", "k", std::string(100'000, 'x')});
  const std::string text = seen();
  EXPECT_LT(text.size(), 66'000u);
  EXPECT_NE(text.find("x... (34464 more bytes)\"\r\n"), std::string::npos);
  std::vector<std::string> many = {"MGET"};
  many.resize(2'000, "k");
  runner_.run(many);
  EXPECT_NE(seen().find("\"k\" \"... (976 more arguments)\"\r\n"), std::string::npos);
}

TEST_F(MonitorTest, EndsWithReset) {
  EXPECT_EQ(monitor_.run({"GET", "k"}), error("ERR Replica can't interact with the keyspace"));
  EXPECT_EQ(monitor_.run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(monitor_.run({"GET", "k"}), kNull);
  runner_.run({"GET", "k"});
  EXPECT_EQ(seen(), "");
}

TEST_F(MonitorTest, EndsWithTheConnection) {
  monitor_.disconnect();
  runner_.run({"GET", "k"});
  EXPECT_EQ(runner_.port().waiting(), 0u);
}

TEST_F(MonitorTest, SeveralSeeTheSameAndOnlyOnce) {
  TestClient& other = runner_.new_client();
  EXPECT_EQ(other.run({"MONITOR"}), kOk);
  EXPECT_EQ(other.run({"MONITOR"}), kOk);
  runner_.run({"ECHO", "x"});
  const std::string text = seen();
  EXPECT_NE(text, "");
  EXPECT_EQ(other.take_output(), text);
  EXPECT_EQ(runner_.port().waiting(), 0u);
}

TEST_F(MonitorTest, IsShownInTheListOfClients) {
  EXPECT_NE(runner_.run({"CLIENT", "LIST", "ID", "2"}).find(" flags=O "), std::string::npos);
}

// The tasks of a thread that is held up wait too.
TEST_F(MonitorTest, IsDroppedWhenTooMuchWaits) {
  const std::vector<std::string> request = {"ECHO", std::string(64'000, 'x')};
  const std::size_t fits = limits::kMonitorOutputBytesMax / 64'100;
  for (std::size_t i = 0; i < fits; ++i) runner_.run(request);
  EXPECT_EQ(runner_.port().waiting(), fits);
  for (int i = 0; i < 10; ++i) runner_.run(request);
  EXPECT_LE(runner_.port().waiting(), fits + 2) << "nothing more is sent to it";
  runner_.pump();
  EXPECT_TRUE(monitor_.closed());
  EXPECT_EQ(runner_.run({"PING"}), "+PONG\r\n");
}

TEST(Monitor, ShowsAUnixSocketByItsPath) {
  ConnectionInfo info;
  info.unix_socket = true;
  info.peer_address = "/run/larder.sock:0";
  EXPECT_EQ(shown_address(info), "unix:/run/larder.sock");
}

}  // namespace
}  // namespace larder::test
