// What happened to the keys. A Shard emits events while it is locked, in order, numbered by the shard; ShardedStore
// delivers them to the listeners after the lock is released, on the thread that caused them. Client tracking, keyspace
// notifications, tags and the journal hang on this seam. Nothing is copied for a kind that no listener asked for.
//
// WATCH hangs on the emission, not on the delivery: between a write and the delivery of its event another thread may
// take the shard's lock for an EXEC, which would then not know of the write. So the Shard notes the change of a watched
// key (WatchTable) in the moment in which it emits the event, under the lock under which EXEC asks for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

// What was done, by name, where the kind alone does not tell: for whoever publishes it.
enum class EventName : std::uint8_t {
  kSet,
  kSetRange,
  kSetBit,
  kAppend,
  kIncrBy,
  kIncrByFloat,
  kRenameTo,  // a value came from another key
  kCopyTo,
  kExpire,
  kPersist,
  kDel,
  kRenameFrom,  // the value went to another key
  kExpired,
  kEvicted,
  kFlush,
  kInvalidate,
  kTagDel,
};

constexpr EventKind event_kind(EventName name) {
  switch (name) {
    case EventName::kSet:
    case EventName::kRenameTo:
    case EventName::kCopyTo:
      return EventKind::kSet;
    case EventName::kSetRange:
    case EventName::kSetBit:
    case EventName::kAppend:
    case EventName::kIncrBy:
    case EventName::kIncrByFloat:
      return EventKind::kChanged;
    case EventName::kExpire:
    case EventName::kPersist:
      return EventKind::kExpiryChanged;
    case EventName::kDel:
    case EventName::kRenameFrom:
      return EventKind::kDeleted;
    case EventName::kExpired:
      return EventKind::kExpired;
    case EventName::kEvicted:
      return EventKind::kEvicted;
    case EventName::kInvalidate:
      return EventKind::kInvalidated;
    case EventName::kTagDel:
      return EventKind::kTagDeleted;
    case EventName::kFlush:
      break;
  }
  return EventKind::kFlushed;
}

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
  EventName name;
  bool is_new = false;       // of a value: nothing was under the key
  bool sets_expiry = false;  // of a value: it came with an expiry
  // A negative item came where no value was, or went, or what was to be deleted was not there: nothing but for whoever
  // may have kept something of the key. No change of a watched key, and nothing to notify of.
  bool is_hidden = false;
};

class EventListener {
 public:
  virtual ~EventListener() = default;
  // The kinds wanted. It may change at any time, by any thread; ShardedStore::update_wanted_events() is called after
  // it. A kind that is wanted before a shard is locked is told of all that happens under that lock and later ones.
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
  explicit Events(EventMask wanted) : fixed_(wanted), wanted_(fixed_) {}
  // What is wanted is looked up with each event, which is under the shard's lock. `wanted` must outlive it.
  explicit Events(const std::atomic<EventMask>& wanted) : wanted_(wanted) {}
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  bool wants(EventKind kind) const { return (wanted_.load(std::memory_order_relaxed) & event_bit(kind)) != 0; }
  // With the fields that it has beside its key. REQUIRES: it is wanted.
  void add(Event event, std::string_view key) {
    event.key.assign(key);
    events_.push_back(std::move(event));
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
  const std::atomic<EventMask> fixed_{0};
  const std::atomic<EventMask>& wanted_;
  std::vector<Event> events_;
  std::vector<KeyHash> ended_leases_;
};

}  // namespace larder
