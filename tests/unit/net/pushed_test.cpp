// Output that the client has not asked for at that moment.
#include <vector>

#include "unit/net/network_fixture.h"

namespace larder::test {
namespace {

class PushedTest : public NetworkTest {
 protected:
  // Connected, and known to the handler.
  std::vector<ConnectionRef> connect_all(std::vector<SocketClient>& clients, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back(connect());
      clients.back().exchange("PING\n", "+PONG\r\n");
    }
    std::vector<ConnectionRef> refs;
    for (const ConnectionInfo& info : handler.connections()) refs.push_back(info.ref);
    return refs;
  }
};

TEST_F(PushedTest, OneTaskReachesEachOfManyConnectionsOfAllThreads) {
  start(3);
  std::vector<SocketClient> clients;
  std::vector<ConnectionRef> refs = connect_all(clients, 300);
  ASSERT_EQ(refs.size(), 300U);
  refs.push_back({.id = 1'000'000, .thread = 1});   // gone
  refs.push_back({.id = 1'000'001, .thread = 99});  // never there
  handler.push(refs, "first\r\n");
  handler.push(refs, "second\r\n");
  for (SocketClient& client : clients) EXPECT_EQ(client.receive(15), "first\r\nsecond\r\n");
}

TEST_F(PushedTest, ConnectionBeyondItsSessionsLimitIsClosedAndOthersAreNot) {
  start(1);
  SocketClient slow = connect_slow_reader();
  slow.exchange("PING\n", "+PONG\r\n");
  std::vector<ConnectionRef> refs = {handler.connections().at(0).ref};
  SocketClient other = connect();
  other.exchange("PING\n", "+PONG\r\n");
  handler.output_max = 1'000'000;
  for (int i = 0; i < 200; ++i) handler.push(refs, std::string(100'000, 'x'));
  EXPECT_TRUE(eventually([&] { return counters->closed_output_limit.get() == 1; }));
  EXPECT_TRUE(eventually([&] { return counters->connections_now.get() == 1; }));
  EXPECT_EQ(other.exchange("PING\n", "+PONG\r\n"), "+PONG\r\n");
}

}  // namespace
}  // namespace larder::test
