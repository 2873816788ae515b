// WHAT: how an eviction policy and a shard work together. The shard owns the items, their bytes and the index; the
// policy decides the order in which they go. One policy object a shard; never two calls at once; reads no clock.
//
// STRUCTURE: a policy keeps its order in one of two ways, and says which in traits():
//   - list policies (LRU, LFU, W-TinyLFU): every item carries a ListNode, and lists run through the log by location.
//     Segments are compacted in any order; on_move() mends the links.
//   - queue policies (S3-FIFO), and random, which has no order: no node. The log has streams; a stream's items in the
//   order in which they were
//     appended *are* a queue, which compaction keeps. Policy bits travel with an item.
//
// The shard calls, each before or after exactly one thing:
//     stream_for   before an item is written: where to
//     on_insert    after a new item was written and indexed
//     on_adopt     after an item was, that another policy had before: with what that one knew of its uses
//     on_hit       after a get or a write of an item that was there
//     on_move      after an item was copied (compaction, a promoted or rewritten item); both copies are still readable
//     on_erase     before an item dies, whatever the reason
//     victim       when room is wanted: one step
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "larder/base/item.h"
#include "larder/base/prefetch.h"
#include "larder/policy/policy_kind.h"

namespace larder {

class SharedWindow;

using StreamId = std::uint8_t;
inline constexpr int kStreamsMax = 4;

// What a policy may ask of its shard. item() and prefetch() are a pointer addition; the others cost what they say.
class PolicyHost {
 public:
  virtual ~PolicyHost() = default;

  // REQUIRES: `location` is a live item's.
  ItemRef item(Location location) const { return ItemRef(base_ + std::size_t{location} * kItemGranuleBytes); }
  void prefetch(Location location) const { larder::prefetch(base_ + std::size_t{location} * kItemGranuleBytes); }

  // What one item weighs against capacity(): 1 under a limit of items, its bytes (blob included) otherwise.
  std::uint64_t weight(ItemRef item) const { return counts_items_ ? 1 : item.total_bytes(); }
  // What the W-TinyLFU policies of all shards share; null: nobody shares.
  SharedWindow* shared_window() const { return shared_window_; }
  // Whether items are what is limited, not bytes.
  bool counts_items() const { return counts_items_; }
  // This shard's share of the limit, in the unit of weight(); without a limit, what it holds now. A few loads.
  virtual std::uint64_t capacity() const = 0;
  // What all live items of a stream weigh together, and how many they are. A load.
  virtual std::uint64_t stream_weight(StreamId stream) const = 0;
  virtual std::uint64_t stream_items(StreamId stream) const = 0;
  // The item of the stream that was appended first and is still alive; kNowhere if it has none. Amortised O(1).
  virtual Location oldest(StreamId stream) const = 0;
  // The hash of the item's key, computed anew: about 10 ns once its bytes are in the cache.
  virtual KeyHash hash_of(Location location) const = 0;
  // An item chosen evenly enough from `random`; kNowhere if there are none (or none was met in a bounded search).
  virtual Location random_item(std::uint64_t random) const = 0;

 protected:
  char* base_ = nullptr;
  bool counts_items_ = false;
  SharedWindow* shared_window_ = nullptr;
};

// One step towards room.
struct VictimStep {
  enum class Kind : std::uint8_t {
    kNone,   // there is nothing to evict
    kEvict,  // `item` goes: on_erase(item, Removal::kEvicted) follows, and the item is gone
    kMove,   // `item` is copied to the end of `stream`: on_move(item, copy) follows. No room is made yet: ask again
  };
  Kind kind = Kind::kNone;
  Location item = kNowhere;
  StreamId stream = 0;
};

// How often an item was asked for lately, its arrival included; nothing if that is not known.
using Standing = std::optional<std::uint32_t>;

enum class Removal : std::uint8_t { kEvicted, kErased, kExpired, kFlushed };

// Why an item is about to be written.
enum class Arrival : std::uint8_t {
  kNew,        // its key was not there
  kRewritten,  // it gets another size or fields; on_move() and on_hit() follow
  kSurvivor,   // its segment is compacted (list policies only; queue policies keep their stream and place)
};

class EvictionPolicy {
 public:
  struct Traits {
    ItemForm form = ItemForm::kItem;  // kListItem: items carry a ListNode
    int streams = 1;                  // streams 0..streams-1 are used
    // The order within a stream is a queue: compaction keeps it, and never asks stream_for(kSurvivor).
    bool queues = false;
  };

  explicit EvictionPolicy(PolicyHost& host) : host_(host) {}
  virtual ~EvictionPolicy() = default;
  EvictionPolicy(const EvictionPolicy&) = delete;
  EvictionPolicy& operator=(const EvictionPolicy&) = delete;

  virtual Traits traits() const = 0;
  // `item` is where it is now, kNowhere for kNew. Changes nothing: the write may yet fail.
  virtual StreamId stream_for(Arrival arrival, KeyHash hash, Location item) const = 0;
  virtual void on_insert(Location item, KeyHash hash, TimeMs now_ms) = 0;
  // Instead of both, for an item that the policy before this one had: no request is made for it. `standing` is what
  // that policy said of it, see standing(). The stream may depend on nothing else.
  virtual StreamId stream_for_adopted(Standing standing) const {
    static_cast<void>(standing);
    return 0;
  }
  virtual void on_adopt(Location item, KeyHash hash, Standing standing, TimeMs now_ms) {
    static_cast<void>(standing);
    on_insert(item, hash, now_ms);
  }
  // May note it and apply it later (HitRing), as long as every other call behaves as if it had been applied.
  virtual void on_hit(Location item, KeyHash hash, TimeMs now_ms) = 0;
  // Bits and node have been copied to `to` already. The expiry of a rewritten item may differ; on_expiry_changed is not
  // called then.
  virtual void on_move(Location from, Location to) = 0;
  virtual void on_erase(Location item, KeyHash hash, Removal why) = 0;
  // The item's expiry was changed in place; it was `before_ms`.
  virtual void on_expiry_changed(Location item, TimeMs before_ms) {
    static_cast<void>(item);
    static_cast<void>(before_ms);
  }
  // Bounded work; may change the policy's own state (bits, lists, counters). An item it names may turn out expired or
  // flushed: the shard then reclaims it, and that is the step.
  virtual VictimStep victim(TimeMs now_ms) = 0;
  // The item that victim() will name next, as far as a few loads tell, so that what its end needs can be prefetched;
  // kNowhere if they do not.
  virtual Location next_in_line() const { return kNowhere; }
  // How cold the next victim is, comparable between shards of one policy: the lowest goes first. Nothing: no victim.
  // Called after every operation: a few loads.
  virtual std::optional<std::int64_t> coldest_rank(TimeMs now_ms) const = 0;
  // What it has allocated outside of the items (ghosts, sketches): counts towards maxmemory.
  virtual std::size_t metadata_bytes() const { return 0; }
  // Of that, what is there for the items that there are and grows with them: without what is allocated ahead, or at the
  // least. So a small cache tells what a large one takes for each item.
  virtual std::size_t metadata_bytes_in_use() const { return metadata_bytes(); }
  // When the item was last used, if the policy knows. Otherwise nothing.
  virtual std::optional<TimeMs> last_use_ms(Location item, TimeMs now_ms) const {
    static_cast<void>(item);
    static_cast<void>(now_ms);
    return {};
  }
  // How often the item was used lately, if the policy counts uses. Otherwise nothing.
  virtual std::optional<std::uint32_t> frequency(Location item, KeyHash hash) const {
    static_cast<void>(item);
    static_cast<void>(hash);
    return {};
  }
  // What the policy after this one may want to know of an item.
  virtual Standing standing(Location item, KeyHash hash) const { return frequency(item, hash); }
  // `items` is how many it has been told of and not seen die. Stops the process if an invariant does not hold.
  virtual void check_invariants(std::uint64_t items) const = 0;

 protected:
  PolicyHost& host_;
};

// The policy of that name, for one shard.
std::unique_ptr<EvictionPolicy> make_policy(PolicyKind kind, PolicyHost& host);
using PolicyFactory = std::unique_ptr<EvictionPolicy> (*)(PolicyKind kind, PolicyHost& host);

}  // namespace larder
