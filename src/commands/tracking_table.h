// WHAT: which clients have read which keys, so that they can be told when one changes: the table behind CLIENT
// TRACKING's default mode. Keys are names alone: one that changes in any database is told, as in Redis. Thread-safe.
//
// STRUCTURE: parts by the key's hash with a lock each; in a part a hash table from the name to its holders, the first
// of which is kept in place. Bounded: with a key too many some other key is dropped, and its holders are told as if it
// had changed.
//
// ORDER: a key is entered before it is read, and looked for here after it was changed. So a client that has read a
// value, and was entered for it, is told of every later change, and the telling never overtakes the reply of the read.
// Whoever takes an entry out tells its holders under the part's lock: a thread that looks for it and finds it gone may
// answer its own client, since the holders have been told.
//
// LOCKS: one part at a time; under it what `tell` locks, a tracker and its mailbox.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "commands/seeded_hash.h"
#include "larder/base/mutex.h"

namespace larder {

struct Tracker;

class TrackingTable {
 public:
  using Holder = std::shared_ptr<Tracker>;
  // Called under a lock of the table for each holder of what is taken out.
  using Tell = std::function<void(std::string_view key, Tracker& holder)>;

  void enter(std::string_view key, const Holder& holder);
  // Takes the key out. `spared` (may be null) stays with it, and is not told.
  void take(std::string_view key, const Tracker* spared, const Tell& tell);
  bool has_excess() const { return keys() > keys_max_.load(std::memory_order_relaxed); }
  // Takes out what is above the limit.
  void take_excess(const Tell& tell);
  // A place in a walk over all keys; as it is made: the beginning.
  struct Cursor {
    std::size_t part = 0;
    std::size_t bucket = 0;
    std::size_t buckets = 0;  // of the part as the walk has found it
  };
  // Goes on with the walk, about `work_max` keys far. Every key that stays from the first step to the last is visited,
  // some more than once. `visit` is called under a lock of the table. False: that was the end.
  bool walk(Cursor& cursor, std::size_t work_max, const std::function<void(const std::string&)>& visit);
  // All keys; free_some() frees them.
  void drop_all();
  // Frees about `work_max` of what was dropped. False: nothing is left.
  bool free_some(std::size_t work_max);

  void set_keys_max(std::size_t keys) { keys_max_.store(keys, std::memory_order_relaxed); }
  // Whoever sees 0 may answer as if he had looked: all that was taken out has been told.
  std::size_t keys() const { return keys_.load(std::memory_order_acquire); }
  // Keys counted once for each of their holders.
  std::size_t items() const { return items_.load(std::memory_order_relaxed); }
  // About what the table takes.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    Holder first;
    std::unique_ptr<std::vector<Holder>> others;

    std::size_t size() const { return (first ? 1 : 0) + (others ? others->size() : 0); }
  };
  using Keys = std::unordered_map<std::string, Entry, SeededHash, std::equal_to<>>;
  struct alignas(64) Part {
    Mutex mutex;
    Keys keys GUARDED_BY(mutex);
    std::size_t items GUARDED_BY(mutex) = 0;
    // Where the choice of a key to drop begins; any bucket will do.
    std::size_t next_bucket GUARDED_BY(mutex) = 0;
  };
  static constexpr std::size_t kParts = 64;

  Part& part_of(std::string_view key) { return parts_[hash_(key) / (std::size_t{1} << 32) % kParts]; }
  void count(Part& part, std::string_view key, std::ptrdiff_t keys, std::ptrdiff_t items) REQUIRES_LOCK(part.mutex);
  static std::ptrdiff_t bytes_of(std::string_view key, std::ptrdiff_t keys, std::ptrdiff_t items);
  // Takes some key of the part out. False: there is none.
  bool take_any(Part& part, const Tell& tell);
  // Null: it is none of them.
  static Holder find_holder(const Entry& entry, const Tracker* tracker);
  static void tell_all(std::string_view key, const Entry& entry, const Tracker* spared, const Tell& tell);

  SeededHash hash_;
  std::array<Part, kParts> parts_;
  std::atomic<std::size_t> keys_max_{1'000'000};
  std::atomic<std::size_t> keys_{0};
  std::atomic<std::size_t> items_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::uint32_t> next_part_{0};
  Mutex dropped_mutex_;
  std::vector<Keys> dropped_ GUARDED_BY(dropped_mutex_);
};

}  // namespace larder
