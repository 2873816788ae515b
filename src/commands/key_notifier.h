// Keyspace notifications: publishes what happens to keys to the channels __keyspace@DB__:KEY (the event's name) and
// __keyevent@DB__:EVENT (the key), as notify-keyspace-events says. Costs the store nothing while that is empty.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "commands/channels.h"
#include "larder/commands/notify_flags.h"
#include "larder/protocol/request_handler.h"
#include "larder/store/events.h"
#include "larder/store/sharded_store.h"

namespace larder {

class KeyNotifier final : public EventListener {
 public:
  // All must outlive it.
  KeyNotifier(ShardedStore& store, Channels& channels, ConnectionPort& port)
      : store_(store), channels_(channels), port_(port) {}

  // Takes effect with the next event. Any thread.
  void set_flags(std::uint32_t flags);

  // --- EventListener ---
  EventMask mask() const override { return mask_.load(std::memory_order_relaxed); }
  void on_events(std::span<const Event> events) override;

  // Misses are no events of the store: whoever looks keys up tells. Not while a shard is locked.
  bool wants_misses() const { return wants_misses_.load(std::memory_order_relaxed); }
  void on_misses(std::span<const Key> keys);

 private:
  void notify(std::uint32_t flag, std::string_view name, Database database, std::string_view key, Wakeups& wakeups);
  void notify_of(const Event& event, bool announced, Wakeups& wakeups);

  ShardedStore& store_;
  Channels& channels_;
  ConnectionPort& port_;
  std::atomic<std::uint32_t> flags_{0};
  std::atomic<EventMask> mask_{0};
  std::atomic<bool> wants_misses_{false};
};

}  // namespace larder
