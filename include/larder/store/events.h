// What happened to the keys. A Shard emits events while it is locked, in order, numbered by the shard; ShardedStore
// delivers them to the listeners after the lock is released, on the thread that caused them. Client tracking, keyspace
// notifications, tags and the journal hang on this seam. Nothing is copied for a kind that no listener asked for.
//
// WATCH hangs on the emission, not on the delivery: between a write and the delivery of its event another thread may
// take the shard's lock for an EXEC, which would then not know of the write. So the Shard notes the change of a watched
// key (WatchTable) in the moment in which it emits the event, under the lock under which EXEC asks for it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "larder/store/types.h"

namespace larder {

enum class EventKind : std::uint8_t {
  kSet,            // a whole new value under the key
  kChanged,        // the value was modified (INCR, APPEND, ...)
  kExpiryChanged,  // the value stayed, its expiry did not
  kDeleted,        // by a command
  kExpired,        // its time had come
  kEvicted,        // to make room
  kFlushed,        // a whole database, or all of them; `key` is empty
  kInvalidated,    // found dead since a tag of it was deleted; nobody says when it is found
  kTagDeleted,     // at once, and without looking for its items; `key` is the tag, `shard` kNoShard
};

// Of what happens to no shard in particular.
inline constexpr std::uint32_t kNoShard = 0xffffffff;

// The database of a kFlushed event that is about all of them.
inline constexpr Database kAllDatabases = 0xffff;

using EventMask = std::uint32_t;
constexpr EventMask event_bit(EventKind kind) {
  return EventMask{1} << static_cast<unsigned>(kind);
}

struct Event {
  EventKind kind;
  Database database;
  std::uint32_t shard;
  // Counts the events of this shard; no gaps among those of one listener's kinds is not promised, the order is.
  std::uint64_t sequence;
  std::string key;
};

class EventListener {
 public:
  virtual ~EventListener() = default;
  // The kinds wanted. Asked once, when the listener is added.
  virtual EventMask mask() const = 0;
  // Called without any shard's lock, by any thread, for one operation's events in order; must be thread-safe and quick.
  virtual void on_events(std::span<const Event> events) = 0;
};

// Told of leases that have ended, in any way but by their time, so that whoever waits for one may look again. As
// EventListener: without any shard's lock, by any thread.
class LeaseListener {
 public:
  virtual ~LeaseListener() = default;
  virtual void on_lease_ended(KeyHash key) = 0;
};

// Collects the events of one operation.
class Events {
 public:
  explicit Events(EventMask wanted) : wanted_(wanted) {}

  bool wants(EventKind kind) const { return (wanted_ & event_bit(kind)) != 0; }
  void emit(EventKind kind, std::uint32_t shard, std::uint64_t sequence, Database database, std::string_view key) {
    if (wants(kind)) events_.push_back({kind, database, shard, sequence, std::string(key)});
  }
  void lease_ended(KeyHash key) { ended_leases_.push_back(key); }
  std::span<const Event> all() const { return events_; }
  void append(const Events& others) {
    events_.insert(events_.end(), others.events_.begin(), others.events_.end());
    ended_leases_.insert(ended_leases_.end(), others.ended_leases_.begin(), others.ended_leases_.end());
  }
  std::span<const KeyHash> ended_leases() const { return ended_leases_; }
  bool empty() const { return events_.empty() && ended_leases_.empty(); }
  void clear() {
    events_.clear();
    ended_leases_.clear();
  }

 private:
  EventMask wanted_;
  std::vector<Event> events_;
  std::vector<KeyHash> ended_leases_;
};

}  // namespace larder
