// CLIENT TRACKING: tells clients which of the keys they may have kept are no longer what they were. Listens to the
// store's events, which are delivered after the shard's lock, and puts invalidations into mailboxes. Costs the store
// nothing while nobody tracks. Thread-safe.
//
// WHAT IS EXACT: a client that was entered for a key (note_read(), before the read) and has read it is told of every
// later change, once the change's event is delivered, which is before the reply of the command that made it. What drops
// an entry for another reason (a full table, a flush) tells it too.
//
// LOCKS: those of the table, of the trackers, of the prefixes, one at a time (a flush's around them); under them a
// tracker's, and under that a mailbox's. Nobody waits for a shard while he holds one of them, so that EXEC may note
// reads, start and stop while it holds its shards; events are delivered without.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "commands/client_registry.h"
#include "commands/mailbox.h"
#include "commands/tracking_table.h"
#include "larder/base/mutex.h"
#include "larder/protocol/request_handler.h"
#include "larder/store/events.h"
#include "larder/store/sharded_store.h"

namespace larder {

// A client that tracks. The table may know it for longer: then nothing is left of it but this, and it is not on.
struct Tracker {
  explicit Tracker(std::uint64_t client_id) : id(client_id) {}

  bool has(TrackingFlag flag) const { return (flags.load(std::memory_order_relaxed) & flag) != 0; }

  const std::uint64_t id;
  std::atomic<std::uint32_t> flags{0};  // of TrackingFlag
  std::vector<std::string> prefixes;    // of BCAST; its session's own
  Mutex mutex;
  std::shared_ptr<ClientRecord> record GUARDED_BY(mutex);  // shows the flags to others
  std::shared_ptr<Mailbox> mailbox GUARDED_BY(mutex);
  std::shared_ptr<Mailbox> redirect GUARDED_BY(mutex);  // null: it is told itself
};

// While it lives this thread executes requests of that client (0: of none): changes are its own.
class ActingClient {
 public:
  explicit ActingClient(std::uint64_t id) : set_(id != 0) {
    if (set_) current_ = id;
  }
  ~ActingClient() {
    if (set_) current_ = 0;
  }
  ActingClient(const ActingClient&) = delete;
  ActingClient& operator=(const ActingClient&) = delete;
  static std::uint64_t id() { return current_; }

 private:
  static thread_local std::uint64_t current_;
  const bool set_;
};

class Tracking final : public EventListener {
 public:
  // Both must outlive it.
  Tracking(ShardedStore& store, ConnectionPort& port) : store_(store), port_(port) {}

  // --- The client's own thread ---
  // It tracks from now on in this way; or in another one than before.
  struct Mode {
    std::uint32_t flags = 0;  // of TrackingFlag
    std::uint64_t redirect_id = 0;
    std::shared_ptr<Mailbox> redirect = {};
  };
  void start(const std::shared_ptr<Tracker>& tracker, std::shared_ptr<ClientRecord> record,
             std::shared_ptr<Mailbox> mailbox, Mode mode);
  void stop(const std::shared_ptr<Tracker>& tracker);
  // In BCAST mode: keys that begin so.
  void add_prefix(const std::shared_ptr<Tracker>& tracker, std::string_view prefix);
  // The client is about to read the key.
  void note_read(const std::shared_ptr<Tracker>& tracker, std::string_view key);

  // --- EventListener ---
  EventMask mask() const override;
  void on_events(std::span<const Event> events) override;

  // --- Background; one thread, without a lock ---
  // After a tag was deleted, which makes items dead without an event for each: looks whether those that clients were
  // entered for are still there, which emits an event if not. Frees what a flush has left. A step of work is a key,
  // some 200 ns. False: nothing is left to do.
  bool work_some(std::size_t work_max, TimeMs now_ms);

  void set_keys_max(std::size_t keys);
  std::size_t clients() const { return clients_.load(std::memory_order_relaxed); }
  std::size_t prefixes() const { return prefix_count_.load(std::memory_order_relaxed); }
  const TrackingTable& table() const { return table_; }

 private:
  class Invalidation;
  using Trackers = std::vector<std::shared_ptr<Tracker>>;

  void invalidate(const Event& event, Wakeups& wakeups);
  // False: there is nothing, or nothing more, to be looked at.
  bool look_for_stale(std::size_t work_max, TimeMs now_ms);
  void invalidate_all(Wakeups& wakeups);
  void drop_excess();
  static void tell(Tracker& tracker, Invalidation& invalidation, Wakeups& wakeups);
  void drop_prefixes(const std::shared_ptr<Tracker>& tracker);
  void note_prefixes() REQUIRES_LOCK(prefixes_mutex_);

  ShardedStore& store_;
  ConnectionPort& port_;
  TrackingTable table_;
  std::atomic<std::size_t> clients_{0};
  std::atomic<std::size_t> prefix_count_{0};
  Mutex trackers_mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Tracker>> trackers_ GUARDED_BY(trackers_mutex_);
  // While everything is being invalidated, the mutex is held and the count not 0: who finds a key in no table meanwhile
  // waits for its end, after which all have been told.
  Mutex flush_mutex_;
  std::atomic<int> flushing_{0};
  Mutex stale_mutex_;
  std::vector<Database> stale_in_ GUARDED_BY(stale_mutex_);  // where tags were deleted since the walk began
  std::atomic<bool> has_stale_{false};
  // The walk under way; of its thread alone.
  std::vector<Database> walk_in_;
  TrackingTable::Cursor walk_at_;
  Mutex prefixes_mutex_;
  std::map<std::string, Trackers, std::less<>> by_prefix_ GUARDED_BY(prefixes_mutex_);
};

}  // namespace larder
