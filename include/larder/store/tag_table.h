// WHAT: which tags were deleted, and when: the one thing that every item with tags is judged by. Deleting a tag writes
// one entry, whatever items have it; an item remembers the clock that was when it was stored (or when its lease was
// granted), and is dead once one of its tags was deleted later.
//
// STRUCTURE: buckets of a cache line, four entries each; an entry is a tag's hash and the clock at its deletion. A tag
// may be in either of two buckets. Where all eight places are taken the oldest entry makes room, and the floor rises to
// its clock: of tags that are not in the table it is only known that they were not deleted after the floor, so items
// that are older than it and have such tags are dead too. That is never wrong, only a miss more.
//
//     clock     milliseconds since the epoch << 20, or the clock before + 1: whichever is more
//     buckets   [ hash clock | hash clock | hash clock | hash clock ] [ ... ]     pages are taken as they are written
//     floor     the latest clock of all entries that were dropped
//
// INVARIANTS: the clock and the clocks in one place only grow. So a reader needs no lock: an entry that is exchanged
// while it looks is seen with a later clock, or not seen, and then the floor is, which was raised before.
//
// Thread-safe. Whoever deletes tags holds no shard's lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "larder/base/clock.h"
#include "larder/base/item.h"
#include "larder/base/memory_range.h"
#include "larder/base/mutex.h"
#include "larder/store/budget.h"

namespace larder {

struct TagStats {
  std::uint64_t known = 0;    // tags in the table
  std::uint64_t places = 0;   // it has for them
  std::uint64_t bytes = 0;    // it takes of maxmemory
  std::uint64_t deleted = 0;  // tags, since start
  std::uint64_t dropped = 0;  // entries, since start
  TimeMs floor_ms = 0;        // when the latest of those tags was deleted; 0: there are none
};

class TagTable {
 public:
  // The part of a limit of so many bytes (0: none) that such a table may take.
  static std::size_t bytes_for(std::uint64_t maxmemory_bytes);
  // `bytes_max`: as bytes_for() says. `budget` must outlive it.
  TagTable(std::size_t bytes_max, Budget& budget);
  ~TagTable();
  TagTable(const TagTable&) = delete;
  TagTable& operator=(const TagTable&) = delete;

  // Of the latest deletion.
  TagClock clock() const { return clock_.load(std::memory_order_acquire); }
  static TimeMs time_of(TagClock clock) { return static_cast<TimeMs>(clock >> kTicksBits); }

  // Items that were stored before with this tag are dead from now on. O(1).
  TagClock remove(TagHash tag, TimeMs now_ms);
  // Whether one of the tags was deleted after `since`, as far as is known.
  bool any_removed_since(TagClock since, const TagView& tags) const {
    return since < clock() && look_for_removed(since, tags);
  }
  // Somebody wants to know soon which items have died.
  void set_watched(bool on) { watched_.store(on, std::memory_order_relaxed); }
  bool watched() const { return watched_.load(std::memory_order_relaxed); }
  // Nothing: never, or not after the floor.
  std::optional<TimeMs> removed_at_ms(TagHash tag) const;

  TagStats stats() const;

 private:
  static constexpr int kTicksBits = 20;  // a million deletions a millisecond
  static constexpr std::size_t kEntriesPerBucket = 4;
  struct Entry {
    TagHash tag = 0;
    TagClock clock = 0;  // 0: a free place
  };
  struct Bucket {
    Entry entries[kEntriesPerBucket];
  };
  static_assert(sizeof(Bucket) == 64, "a cache line");

  bool look_for_removed(TagClock since, const TagView& tags) const;
  // 0: it is not in the table.
  TagClock find(TagHash tag) const;
  // The tag's own place, a free one, or the oldest entry's.
  Entry& place_for(TagHash tag) const REQUIRES_LOCK(writing_);
  Bucket& first_of(TagHash tag) const;
  Bucket& second_of(TagHash tag) const;
  void take_page(const Entry& entry) REQUIRES_LOCK(writing_);

  Budget& budget_;
  const MemoryRange range_;
  const std::uint64_t bucket_mask_;

  std::atomic<TagClock> clock_{0};
  std::atomic<TagClock> floor_{0};
  std::atomic<std::uint64_t> known_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> deleted_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> watched_{false};

  Mutex writing_;
  std::vector<bool> pages_ GUARDED_BY(writing_);  // that were written to
};

}  // namespace larder
