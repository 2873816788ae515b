// Money moves between accounts over real sockets while others count it: what transactions promise, with one and with
// four io threads. A second each; LARDER_BANK_SECONDS=60 for longer.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/text.h"
#include "model/model_run.h"
#include "support/test_server.h"

namespace larder::test {
namespace {

constexpr std::size_t kAccounts = 12;
constexpr std::int64_t kSum = 1'000 * kAccounts;

std::string account(std::size_t number) {
  return "account:" + std::to_string(number);
}

std::string all_accounts() {
  std::string names;
  for (std::size_t i = 0; i < kAccounts; ++i) names += " " + account(i);
  return names;
}

// One of the bank's clients, on a connection of its own.
class Teller {
 public:
  Teller(const TestServer& server, std::uint64_t seed) : client_(server.connect()), random_(seed) {}

  // MULTI, DECRBY, INCRBY, EXEC.
  void transfer() {
    const auto [from, to, amount] = choose();
    client_.send("MULTI\r\nDECRBY " + from + " " + amount + "\r\nINCRBY " + to + " " + amount + "\r\nEXEC\r\n");
    EXPECT_EQ(client_.receive_until("*2\r\n"), "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n");
    for (int reply = 0; reply < 2; ++reply) EXPECT_EQ(client_.receive_until("\r\n")[0], ':');
    ++done;
  }
  // The same by hand: WATCH, look, MULTI, SET, SET, EXEC.
  void transfer_if_unchanged() {
    const auto [from, to, amount] = choose();
    client_.send("WATCH " + from + " " + to + "\r\nGET " + from + "\r\nGET " + to + "\r\n");
    EXPECT_EQ(client_.receive_until("\r\n"), "+OK\r\n");
    const std::int64_t from_balance = number();
    const std::int64_t to_balance = number();
    const std::int64_t moved = std::stoll(amount);
    client_.send("MULTI\r\nSET " + from + " " + std::to_string(from_balance - moved) + "\r\nSET " + to + " " +
                 std::to_string(to_balance + moved) + "\r\nEXEC\r\n");
    client_.receive_until("+QUEUED\r\n+QUEUED\r\n");
    if (client_.receive_until("\r\n") == "*-1\r\n") {
      ++refused;
      return;
    }
    EXPECT_EQ(client_.receive_until("+OK\r\n+OK\r\n"), "+OK\r\n+OK\r\n");
    ++done;
  }
  // Everything that is there, in one transaction.
  void count() {
    // Some of them lock the whole store.
    const bool with_keyspace = random_.below(8) == 0;
    client_.send("MULTI\r\nMGET" + all_accounts() + "\r\n" + (with_keyspace ? "DBSIZE\r\n" : "PING\r\n") + "EXEC\r\n");
    client_.receive_until("*2\r\n*" + std::to_string(kAccounts) + "\r\n");
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < kAccounts; ++i) sum += number();
    EXPECT_EQ(sum, kSum);
    client_.receive_until("\r\n");
    ++done;
  }
  // Takes locks in other ways meanwhile, of keys among and beside the accounts.
  void disturb() {
    const auto [from, to, amount] = choose();
    client_.send("MSET other:a " + amount + " other:b " + amount + "\r\nRENAME other:a other:c\r\nMGET " + from + " " +
                 to + "\r\nCOPY " + from + " copy REPLACE\r\nFLUSHDB\r\nPING\r\n");
    client_.receive_until("+PONG\r\n");
    ++done;
  }

  // Everybody else is told apart by the database.
  void select(int database) {
    client_.send("SELECT " + std::to_string(database) + "\r\n");
    EXPECT_EQ(client_.receive_until("\r\n"), "+OK\r\n");
  }

  std::uint64_t done = 0;
  std::uint64_t refused = 0;

 private:
  std::array<std::string, 3> choose() {
    const std::size_t from = random_.below(kAccounts);
    const std::size_t to = (from + 1 + random_.below(kAccounts - 1)) % kAccounts;
    return {account(from), account(to), std::to_string(random_.below(100))};
  }
  std::int64_t number() {
    client_.receive_until("\r\n");
    std::string text = client_.receive_until("\r\n");
    text.resize(text.size() - 2);
    return parse_int64(text).value_or(0);
  }

  SocketClient client_;
  SplitMix64 random_;
};

class BankTransferTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    SocketClient client = server_.connect();
    std::string opening = "MSET";
    for (std::size_t i = 0; i < kAccounts; ++i) opening += " " + account(i) + " 1000";
    EXPECT_EQ(client.exchange(opening + "\r\n", "+OK\r\n"), "+OK\r\n");
  }

  struct Job {
    const char* name;
    std::function<void(Teller&)> work;
    int database = 0;
  };
  void run(const std::vector<Job>& jobs) {
    const auto seconds = std::chrono::seconds(number_from_environment("LARDER_BANK_SECONDS").value_or(1));
    const std::uint64_t seed = seed_of_run();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      threads.emplace_back([&, i] {
        Teller teller(server_, seed + i);
        teller.select(jobs[i].database);
        while (!over && !HasFailure()) jobs[i].work(teller);
        EXPECT_GT(teller.done, 0u) << jobs[i].name;
        std::printf("%-24s %8llu done %8llu refused\n", jobs[i].name, static_cast<unsigned long long>(teller.done),
                    static_cast<unsigned long long>(teller.refused));
      });
    }
    std::this_thread::sleep_for(seconds);
    over = true;
    for (std::thread& thread : threads) thread.join();
    Teller(server_, seed).count();
    server_.server().store().check_invariants();
  }

  TestServer server_{{{"threads", GetParam()}, {"shards", "8"}}};
};

TEST_P(BankTransferTest, TheSumNeverDiffers) {
  run({{"transfer", &Teller::transfer},
       {"transfer", &Teller::transfer},
       {"transfer if unchanged", &Teller::transfer_if_unchanged},
       {"transfer if unchanged", &Teller::transfer_if_unchanged},
       {"count", &Teller::count},
       {"count", &Teller::count},
       {"disturb", &Teller::disturb, 1}});
}

INSTANTIATE_TEST_SUITE_P(Threads, BankTransferTest, testing::Values("1", "4"),
                         [](const auto& test) { return std::string("Threads") + test.param; });

}  // namespace
}  // namespace larder::test
