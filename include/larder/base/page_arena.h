// WHAT: runs of whole pages for large values, from one range of address space: nothing is mapped or unmapped for a
// value, and what is freed really returns to the system. Thread-safe.
//
// STRUCTURE: address space is handed out in size classes, four to a doubling, and a freed piece waits in its class's
// list for the next of that class: address space is plenty, and only the pages that are written to are committed. A
// freed run keeps its pages for a second, because fresh pages cost several times what warm ones do. free() never gives
// pages back itself, since its caller may hold a shard: what waits beyond warm_bytes_max is given back by
// release_excess(), and by whoever allocates, before that commits as much anew.
//
// INVARIANTS (check_invariants): every piece ever cut is in use, warm or cold; warm ones hold what warm_bytes() says.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "larder/base/clock.h"
#include "larder/base/memory_range.h"
#include "larder/base/mutex.h"

namespace larder {

class PageArena {
 public:
  explicit PageArena(std::size_t range_bytes) : range_(range_bytes) {}
  ~PageArena();
  PageArena(const PageArena&) = delete;
  PageArena& operator=(const PageArena&) = delete;

  // The arena of this process, as malloc's heap is: blobs outlive stores and cross threads.
  static PageArena& of_process();

  // Uninitialised pages that hold `bytes` > 0; null if the address space is used up. `committed_bytes`: how many of
  // them, from the first on, are memory already.
  char* allocate(std::size_t bytes, std::size_t* committed_bytes = nullptr);
  // The pages of [at, at + bytes) in a run are about to be written to: see MemoryRange::commit(). REQUIRES: `at` begins
  // a page.
  void commit(char* at, std::size_t bytes);
  // A few instructions, whatever the size. `committed_bytes`: how many of them, from the first on, are memory, or were
  // written to. REQUIRES: from allocate(bytes).
  void free(char* run, std::size_t bytes, std::size_t committed_bytes);
  void free(char* run, std::size_t bytes) { free(run, bytes, bytes); }

  void set_warm_bytes_max(std::size_t bytes);
  // Whether more waits than may. A load.
  bool has_excess() const { return has_excess_.load(std::memory_order_relaxed); }
  // Gives up to `bytes_max` of what waits beyond warm_bytes_max back. 50 us a MiB.
  void release_excess(std::size_t bytes_max);
  // Gives the pages of runs that have been waiting since before the last call but one back. Called every second.
  void trim();
  // Gives the pages of all waiting runs back.
  void release_warm();
  std::size_t warm_bytes();
  // Stops the process if an invariant does not hold. O(pieces).
  void check_invariants();

 private:
  static constexpr unsigned kClasses = 80;  // 4 KiB .. 2^32 pages
  struct WarmRun {
    std::size_t offset;
    std::size_t bytes;  // whole pages that are committed
    std::uint64_t round;
    unsigned size_class;
  };
  struct SizeClass {
    std::deque<WarmRun> warm;      // the longest waiting first
    std::deque<std::size_t> cold;  // offsets
    std::size_t pieces = 0;
  };

  static unsigned class_of(std::size_t pages);
  static std::size_t class_pages(unsigned size_class);
  // `wanted`: whole pages.
  char* take_run(std::size_t wanted, std::size_t& committed);
  // One that was freed before that round, or, where too much waits, one of the largest. It is nobody's until it is put
  // back.
  std::optional<WarmRun> take_before(std::uint64_t round);
  std::optional<WarmRun> take_excess();
  WarmRun take_first(SizeClass& size_class) REQUIRES_LOCK(mutex_);
  // What is freed from now on is of the round returned.
  std::uint64_t begin_round();
  void release_before(std::uint64_t round);
  // Gives the last `bytes` of its pages back and puts it back where it belongs now.
  void release_tail(WarmRun run, std::size_t bytes);
  void change_warm_bytes(std::size_t more, std::size_t less) REQUIRES_LOCK(mutex_);

  const MemoryRange range_;
  std::atomic<bool> has_excess_{false};
  Mutex mutex_;
  std::array<SizeClass, kClasses> classes_ GUARDED_BY(mutex_);
  std::size_t cut_bytes_ GUARDED_BY(mutex_) = 0;  // of the range, from its beginning
  std::size_t warm_bytes_ GUARDED_BY(mutex_) = 0;
  std::size_t warm_bytes_max_ GUARDED_BY(mutex_) = 0;
  std::uint64_t round_ GUARDED_BY(mutex_) = 0;
};

}  // namespace larder
