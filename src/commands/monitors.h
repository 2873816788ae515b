// The clients that watch all commands: MONITOR. Lines are made where a command was executed, as many as a batch has,
// and posted to the monitors' own threads. What waits for one of them is bounded: a monitor that does not read is
// dropped. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "commands/attention.h"
#include "larder/base/mutex.h"
#include "larder/protocol/request_handler.h"

namespace larder {

class Monitors {
 public:
  // `attention` must outlive it.
  explicit Monitors(AttentionFlags& attention) : attention_(attention) {}

  void add(const ConnectionInfo& client);
  void remove(std::uint64_t client_id);
  // Whole lines, to each of them. Nothing is locked that a monitor could hold up.
  void show(ConnectionPort& port, std::string lines);

 private:
  struct Monitor {
    explicit Monitor(const ConnectionInfo& client) : ref(client.ref), gauges(client.gauges) {}

    const ConnectionRef ref;
    const std::shared_ptr<const ConnectionGauges> gauges;
    std::atomic<std::size_t> posted_bytes{0};  // on their way to its thread
  };

  AttentionFlags& attention_;
  Mutex mutex_;
  std::vector<std::shared_ptr<Monitor>> monitors_ GUARDED_BY(mutex_);
};

}  // namespace larder
