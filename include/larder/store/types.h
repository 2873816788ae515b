// The vocabulary of the store: what goes into a Shard and what comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "larder/base/blob.h"
#include "larder/base/clock.h"
#include "larder/base/hash.h"
#include "larder/base/item.h"
#include "larder/base/status.h"

namespace larder {

class Events;

// A key with its hash, computed once by ShardedStore::key(). `bytes` belongs to the caller.
struct Key {
  std::string_view bytes;
  KeyHash hash = 0;
  Database database = 0;
};

// A value to store. With `blob` set, `bytes` is the whole of that blob, which the store shares instead of copying.
struct Value {
  std::string_view bytes;
  Blob* blob = nullptr;
};

// An item as it stands. Views and the blob pointer are valid until the next call on the same Shard; to keep a large
// value longer, share the blob: BlobRef::share(item.blob).
struct ItemView {
  std::string_view key;
  std::string_view value;
  Blob* blob = nullptr;
  TimeMs expire_at_ms = kNoExpiry;
  // Milliseconds since the last hit or write.
  std::int64_t idle_ms = 0;
  KeyHash hash = 0;
  Database database = 0;
};

// What is known of an item, for commands that look at it without using it.
struct ItemReport {
  // As ItemView's.
  std::string_view value;
  // What it takes of maxmemory: its record, what may lie dead beside it, its block, its share of the index.
  std::size_t used_bytes = 0;
  // As far as the policy knows: milliseconds since the last hit or write, and how often it was used lately.
  std::optional<std::int64_t> idle_ms = {};
  std::optional<std::uint32_t> frequency = {};
};

// Whether a read counts as a use of the item (moves it to the warm end of the eviction order).
enum class Touch : std::uint8_t { kYes, kNo };

enum class Condition : std::uint8_t { kAlways, kIfAbsent, kIfPresent };

struct SetOptions {
  TimeMs expire_at_ms = kNoExpiry;
  // Keep the expiry that the item has; `expire_at_ms` is then not looked at.
  bool keep_expiry = false;
  Condition condition = Condition::kAlways;
};

// What a call on a Shard lacks to be executed; made by ShardedStore before the call is repeated.
struct RoomNeeded {
  std::size_t bytes = 0;
  std::size_t items = 0;

  bool none() const { return bytes == 0 && items == 0; }
  RoomNeeded& operator+=(const RoomNeeded& other) {
    bytes += other.bytes;
    items += other.items;
    return *this;
  }
  // What is left of this once `covered` is taken off; never below zero.
  RoomNeeded beyond(const RoomNeeded& covered) const {
    return {bytes > covered.bytes ? bytes - covered.bytes : 0, items > covered.items ? items - covered.items : 0};
  }
};

class Reservation;

// The surroundings of one operation on a Shard: the time, where its events go, the room set aside for it.
struct Op {
  TimeMs now_ms = 0;
  Events& events;
  // Room taken from the budget before the lock; the Shard draws on it first. May be null.
  Reservation* reservation = nullptr;
  // Filled in by the Shard when it answers kNeedsRoom.
  RoomNeeded needed = {};
};

// How a key was when it was watched; see Shard::watch().
struct WatchMark {
  std::uint64_t version = 0;
  bool exists = false;
};

// A bound on one visit of background work; whichever is reached first.
struct WorkBudget {
  std::size_t items_max = 0;
  std::size_t buckets_max = 0;
};

}  // namespace larder
