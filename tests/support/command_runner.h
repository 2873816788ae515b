// The whole command layer without a socket: `runner.run({"SET", "k", "v"})` answers the reply's bytes, `advance_ms(10)`
// takes the place of sleeping. Owns a ManualClock, a store with a fixed hash seed, statistics, a CommandService, and
// plays the network: queues of input and output per client, a ConnectionPort whose tasks run when the test says so.
//
// Single-threaded, except that tasks may be posted from any thread; pump() runs them on the test's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/advisor/advisor.h"
#include "larder/base/clock.h"
#include "larder/base/mutex.h"
#include "larder/commands/command_service.h"
#include "larder/commands/services.h"
#include "larder/policy/policy_kind.h"
#include "larder/protocol/request_handler.h"
#include "larder/stats/net_counters.h"
#include "larder/stats/statistics.h"
#include "larder/store/sharded_store.h"

namespace larder::test {

struct RunnerOptions {
  std::uint32_t shards = 1;
  unsigned threads = 1;  // as StoreOptions'
  int databases = 16;
  std::uint64_t maxmemory_bytes = 0;  // 0: no limit
  std::uint64_t maxitems = 0;         // 0: no limit
  PolicyKind policy = PolicyKind::kAllKeysLru;
  std::string password = {};  // empty: none
  bool protected_mode = true;
  bool debug_command = true;
  TimeMs start_ms = 1'700'000'000'000;
  HoldClock hold_clock = nullptr;  // set: every hold of a shard is timed
};

struct ClientOptions {
  std::string peer_address = "127.0.0.1:50000";
  bool loopback = true;
  std::size_t output_bytes_max = 1 << 20;
};

// A RuntimeConfig of a few names, for tests that do not care which. Single-threaded.
class FakeConfig final : public RuntimeConfig {
 public:
  std::vector<std::pair<std::string, std::string>> get(std::string_view glob) const override;
  // Errors: a name it does not have; then nothing is changed.
  Status set(std::span<const std::pair<std::string_view, std::string_view>> changes) override;
  bool is_secret(std::string_view name) const override;

 private:
  std::map<std::string, std::string> values_ = {
      {"maxclients", "10000"}, {"maxmemory", "0"}, {"requirepass", ""}, {"timeout", "0"}};
};

// Tasks wait in a queue, delays until their time has come on the manual clock.
class FakePort final : public ConnectionPort {
 public:
  explicit FakePort(const Clock& clock) : clock_(clock) {}

  void post(ConnectionRef to, ConnectionTask task) override;
  void post_after(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) override;
  void set_timer(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) override;
  void hang_up(const ConnectionInfo& connection) override;

  struct Due {
    ConnectionRef to;
    ConnectionTask task;
    bool is_timer = false;
  };
  // Takes out what may run now, in order.
  std::vector<Due> take_due();
  // Tasks waiting, due or not.
  std::size_t waiting() const;

  // The connections that were hung up, in order.
  std::vector<std::uint64_t> hung_up() const;

  // Called with each task that is posted, by its thread. Null: not at all.
  std::function<void()> on_post;

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  std::multimap<std::int64_t, Due> tasks_ GUARDED_BY(mutex_);
  std::vector<std::uint64_t> hung_up_ GUARDED_BY(mutex_);
};

class TestClient {
 public:
  // Sends one command and answers everything that has come back since the last call; "" while it is parked.
  std::string run(const std::vector<std::string>& arguments);
  // The same with bytes as they are: half a request, inline requests, several at once.
  std::string send(std::string_view bytes);
  // What has come since the last call (answers of parked requests, after advance_ms() or pump()).
  std::string take_output();

  std::uint64_t id() const { return ref_.id; }
  // True once the server has closed it.
  bool closed() const { return closed_; }
  // How often it gave way to others: on_input() (kYield), and bodies that waited for room (kNotYet).
  std::size_t yields() const { return yields_; }
  // REQUIRES: !closed().
  RequestSession& session() { return *session_; }
  // The client goes away.
  void disconnect();

 private:
  friend class CommandRunner;
  TestClient(CommandService& service, ConnectionRef ref, const ClientOptions& options);
  void execute();
  // Reads or skips the body that the session has asked for, as far as it is there. True: that was all of it.
  bool take_body();
  // Reads the next slice. False: not now.
  bool fill_body();
  void run_task(const ConnectionTask& task);

  ConnectionRef ref_;
  std::size_t output_bytes_max_;
  std::shared_ptr<ConnectionGauges> gauges_ = std::make_shared<ConnectionGauges>();
  std::unique_ptr<RequestSession> session_;
  TurnResult waiting_body_;
  BlobRef body_;
  std::size_t body_filled_ = 0;
  std::string input_;
  ReplyBuffer output_;
  std::size_t yields_ = 0;
  bool closed_ = false;
};

class CommandRunner {
 public:
  explicit CommandRunner(const RunnerOptions& options = {});
  ~CommandRunner();

  // With the first client, which is there from the start (logged in only if there is no password).
  std::string run(const std::vector<std::string>& arguments) { return client().run(arguments); }
  std::string send(std::string_view bytes) { return client().send(bytes); }

  TestClient& client() { return *clients_.front(); }
  TestClient& new_client(const ClientOptions& options = {});

  // Moves the clock and runs the tasks that fall due. The maintenance thread's work is done by maintain() only.
  void advance_ms(std::int64_t ms);
  void pump();
  // Active expiry and settling, until nothing is left to do.
  void maintain();

  ManualClock& clock() { return clock_; }
  TimeMs now_ms() const { return clock_.now_ms(); }
  ShardedStore& store() { return store_; }
  Statistics& statistics() { return statistics_; }
  // Its thread's work is done by step() only.
  Advisor& advisor() { return advisor_; }
  AccessSettings& access() { return access_; }
  SlowLog& slow_log() { return slow_log_; }
  FakePort& port() { return port_; }
  NetCounters& net() { return net_; }
  ServerFacts& facts() { return facts_; }
  CommandService& service() { return *service_; }

 private:
  ManualClock clock_;
  AccessTap tap_;
  ShardedStore store_;
  Statistics statistics_;
  Advisor advisor_;
  NetCounters net_;
  FakePort port_;
  FakeConfig config_;
  AccessSettings access_;
  SlowLog slow_log_;
  ServerFacts facts_;
  std::unique_ptr<CommandService> service_;
  std::vector<std::unique_ptr<TestClient>> clients_;
};

// The request as a client library sends it.
std::string encode_request(const std::vector<std::string>& arguments);

// Reply bytes to compare with: bulk("abc") is "$3\r\nabc\r\n".
std::string bulk(std::string_view bytes);
std::string integer(std::int64_t value);
std::string error(std::string_view text);
std::string array(const std::vector<std::string>& replies);
inline constexpr std::string_view kOk = "+OK\r\n";
inline constexpr std::string_view kNull = "$-1\r\n";
inline constexpr std::string_view kNullResp3 = "_\r\n";

}  // namespace larder::test
