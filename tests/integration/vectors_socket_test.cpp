// The golden vectors of protocol/vectors over real sockets: the same list whole, byte by byte, and in random pieces,
// with one and with four io threads.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <ostream>
#include <string>

#include "larder/base/hash.h"
#include "support/test_server.h"
#include "support/vectors.h"

namespace larder::test {
namespace {

enum class Pieces { kWhole, kBytes, kRandom };

// Longer requests are not sent byte by byte: it would take a system call each and show nothing new.
constexpr std::size_t kByteByByteMax = 10'000;

struct Mode {
  const char* name;
  const char* threads;
  Pieces pieces;
};

std::ostream& operator<<(std::ostream& out, const Mode& mode) {
  return out << mode.name;
}

class VectorsOverSocketsTest : public testing::TestWithParam<Mode> {
 protected:
  TestServer& server_with(const std::map<std::string, std::string>& options) {
    std::unique_ptr<TestServer>& server = servers_[options];
    if (server == nullptr) {
      NamedValues flags(options.begin(), options.end());
      flags.emplace_back("threads", GetParam().threads);
      server = std::make_unique<TestServer>(flags);
    }
    return *server;
  }

  void send(SocketClient& client, const std::string& request) {
    Pieces pieces = GetParam().pieces;
    if (pieces == Pieces::kBytes && request.size() > kByteByByteMax) pieces = Pieces::kRandom;
    std::size_t at = 0;
    while (at < request.size()) {
      std::size_t size = request.size();
      if (pieces == Pieces::kBytes) size = 1;
      if (pieces == Pieces::kRandom) size = 1 + random_.below(std::max<std::size_t>(request.size() / 4, 16));
      // A server that has closed because of what came first need not take the rest.
      const std::string_view piece = std::string_view(request).substr(at, size);
      at += piece.size();
      if (client.send_what_fits(piece) < piece.size()) return;
    }
  }

  void run(const Vector& vector) {
    SCOPED_TRACE(vector.title());
    TestServer& server = server_with(vector.options);
    server.flush();
    SocketClient client = server.connect();
    send(client, vector.request);
    client.finish_sending();
    const std::string reply = client.receive_until_close();
    const MatchResult result = match(vector, reply);
    EXPECT_TRUE(result) << result.explanation << "\nat byte " << result.at << " of:\n" << reply.substr(0, 2000);
  }

 private:
  std::map<std::map<std::string, std::string>, std::unique_ptr<TestServer>> servers_;
  SplitMix64 random_{20'241};
};

TEST_P(VectorsOverSocketsTest, EveryVectorIsAnsweredAsWritten) {
  const auto vectors = load_all_vectors(LARDER_SOURCE_DIR "/protocol/vectors");
  ASSERT_TRUE(vectors.is_ok()) << vectors.status().message();
  ASSERT_GT(vectors.value().size(), 100u);
  for (const Vector& vector : vectors.value()) run(vector);
}

INSTANTIATE_TEST_SUITE_P(
    Modes, VectorsOverSocketsTest,
    testing::Values(Mode{"WholeOneThread", "1", Pieces::kWhole}, Mode{"BytesOneThread", "1", Pieces::kBytes},
                    Mode{"RandomOneThread", "1", Pieces::kRandom}, Mode{"WholeFourThreads", "4", Pieces::kWhole},
                    Mode{"BytesFourThreads", "4", Pieces::kBytes}, Mode{"RandomFourThreads", "4", Pieces::kRandom}),
    [](const auto& test) { return std::string(test.param.name); });

// Whether the server closes by itself is another matter than what it says: without the client's end of sending.
class VectorClosesTest : public testing::TestWithParam<const char*> {};

TEST_P(VectorClosesTest, ConnectionsCloseOrStayOpenAsWritten) {
  const auto vectors = load_all_vectors(LARDER_SOURCE_DIR "/protocol/vectors");
  ASSERT_TRUE(vectors.is_ok()) << vectors.status().message();
  TestServer server(NamedValues{{"threads", GetParam()}});
  std::size_t closing = 0;
  for (const Vector& vector : vectors.value()) {
    if (!vector.options.empty()) continue;
    SCOPED_TRACE(vector.title());
    SocketClient client = server.connect();
    if (vector.closes) {
      ++closing;
      client.send_what_fits(vector.request);
      EXPECT_TRUE(match(vector, client.receive_until_close()));
    } else if (vector.file == "strings.vec") {
      client.send(vector.request + "PING\r\n");
      client.receive_until("+PONG\r\n");
    }
  }
  EXPECT_GT(closing, 5u);
}

INSTANTIATE_TEST_SUITE_P(Threads, VectorClosesTest, testing::Values("1", "4"),
                         [](const auto& test) { return std::string("Threads") + test.param; });

}  // namespace
}  // namespace larder::test
