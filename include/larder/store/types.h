// The vocabulary of the store: what goes into a Shard and what comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

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
  // Milliseconds since the last hit or write, where it is met on a walk and the policy knows: asking for an item is a
  // use.
  std::optional<std::int64_t> idle_ms = {};
  KeyHash hash = 0;
  Database database = 0;
};

// What is known of an item, for commands that look at it without using it.
struct ItemReport {
  // As ItemView's.
  std::string_view value;
  // What it takes of maxmemory: its record, what may lie dead beside it, its block, its share of the index.
  std::size_t used_bytes = 0;
  std::uint8_t tags = 0;
  // As far as the policy knows: milliseconds since the last hit or write, and how often it was used lately.
  std::optional<std::int64_t> idle_ms = {};
  std::optional<std::uint32_t> frequency = {};
};

// Whether a read counts as a use of the item (moves it to the warm end of the eviction order).
enum class Touch : std::uint8_t { kYes, kNo };

enum class Condition : std::uint8_t { kAlways, kIfAbsent, kIfPresent };

// What a cache's client may say of an item beside its value and its expiry (protocol/CACHING.md).
struct ItemExtras {
  // From when on the value is stale.
  TimeMs stale_at_ms = kNoExpiry;
  // That there is nothing is what the item says. Only fetch() tells it from no item.
  bool negative = false;
  // The item is dead once one of them is deleted after `tag_clock`; nothing: after now, or after the grant of its
  // lease. At most limits::kTagsPerItemMax.
  TagView tags;
  std::optional<TagClock> tag_clock = {};
};

// The same, kept beyond the next call on the Shard: what goes with a value to another key.
struct KeptExtras {
  TimeMs stale_at_ms = kNoExpiry;
  std::vector<TagHash> tags;
  TagClock tag_clock = 0;

  // Views this.
  ItemExtras view() const { return {.stale_at_ms = stale_at_ms, .tags = TagView(tags), .tag_clock = tag_clock}; }
};

// What a lease is known by. Never given twice by a Shard.
using LeaseToken = std::uint64_t;
inline constexpr LeaseToken kNoLease = 0;

struct SetOptions {
  TimeMs expire_at_ms = kNoExpiry;
  // Keep the expiry that the item has; `expire_at_ms` is then not looked at. So with its soft expiry, unless `extras`
  // say another.
  bool keep_expiry = false;
  Condition condition = Condition::kAlways;
  // Keep the tags that the item has, and their clock: for values that are made from the one before, which was read in
  // the same operation. A tag may be deleted between that and this: then what is stored is dead as well, so nothing is.
  bool keep_tags = false;
  const ItemExtras* extras = nullptr;
  // Store only if this is the key's lease still. Whatever else is stored under a key ends its lease.
  LeaseToken lease = kNoLease;
};

struct FetchOptions {
  // How long the caller wants to be the one that refreshes what is missing or stale; 0: not at all.
  std::int64_t lease_ms = 0;
  Touch touch = Touch::kYes;
};

// What a client of a cache has to know of a key in one look. The view is ItemView's; of a negative item it is there
// too.
struct Fetched {
  std::optional<ItemView> item;
  bool negative = false;
  TimeMs stale_at_ms = kNoExpiry;
  // The caller is to refresh it, and nobody else is until `leased_until_ms`.
  LeaseToken lease = kNoLease;
  // Until then somebody refreshes what is missing or stale; 0: nobody does.
  TimeMs leased_until_ms = 0;

  bool is_stale(TimeMs now_ms) const { return stale_at_ms != kNoExpiry && stale_at_ms <= now_ms; }
  // There is nothing, and there will be soon.
  bool is_awaited() const { return !item && lease == kNoLease && leased_until_ms != 0; }
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
