// What the command layer is given by the composition root. Everything here outlives every session.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/base/clock.h"
#include "larder/base/status.h"
#include "larder/commands/slow_log.h"
#include "larder/protocol/request_handler.h"
#include "larder/stats/net_counters.h"
#include "larder/stats/statistics.h"
#include "larder/store/sharded_store.h"

namespace larder {

// The options, as CONFIG sees them; implemented by server/options. Thread-safe.
class RuntimeConfig {
 public:
  virtual ~RuntimeConfig() = default;
  // Names that match the glob, with today's values, in the table's order. Case does not matter.
  virtual std::vector<std::pair<std::string, std::string>> get(std::string_view glob) const = 0;
  // All or nothing. The message is the text that CONFIG SET answers after "ERR ".
  virtual Status set(std::span<const std::pair<std::string_view, std::string_view>> changes) = 0;
  // Whether the option's value is not for everybody's eyes. Case does not matter.
  virtual bool is_secret(std::string_view name) const = 0;
};

// What the commands look up at run time; CONFIG SET changes it, any thread reads it.
class AccessSettings {
 public:
  // Empty: no password is asked for.
  std::string password() const;
  void set_password(std::string password);
  bool has_password() const { return has_password_.load(std::memory_order_relaxed); }
  // Compares in constant time.
  bool password_is(std::string_view attempt) const;
  bool protected_mode() const { return protected_mode_.load(std::memory_order_relaxed); }
  void set_protected_mode(bool on) { protected_mode_.store(on, std::memory_order_relaxed); }

 private:
  mutable Mutex mutex_;
  std::string password_ GUARDED_BY(mutex_);
  std::atomic<bool> has_password_{false};
  std::atomic<bool> protected_mode_{true};
};

// What does not change while the server runs.
struct ServerFacts {
  std::string executable;
  std::string config_file;  // empty: none
  std::string run_id;       // 40 hex digits, new at every start
  std::uint16_t tcp_port = 0;
  unsigned io_threads = 1;
  std::int64_t started_monotonic_ns = 0;
  TimeMs started_ms = 0;
  std::string maxmemory_source;  // "75% of the cgroup limit", "--maxmemory", ...
  bool debug_command = false;    // --enable-debug-command
};

class Advisor;

struct Services {
  ShardedStore& store;
  Advisor& advisor;
  const Clock& clock;
  ConnectionPort& connections;
  Statistics& statistics;
  const NetCounters& net;
  RuntimeConfig& config;
  AccessSettings& access;
  SlowLog& slow_log;
  const ServerFacts& facts;
  // Maxclients as it is now, for INFO.
  std::function<std::uint32_t()> maxclients;
};

}  // namespace larder
