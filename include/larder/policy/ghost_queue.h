// WHAT: remembers the keys that were evicted last, by hash and without their items: a queue of ghosts in two bytes
// each. It forgets in about the order in which it was told, and may take a stranger for a ghost (once in 2,000 asked).
//
// STRUCTURE: rows of up to 31 fingerprints, one cache line each. A hash chooses its row and gives a fingerprint; each
// row is a queue, and when it is as long as it may be the oldest makes room.
//
//     row 0   [ oldest f f f f f newest . . ]       rows x slots a row is the number of ghosts
//     row 1   [ oldest f f newest . . . . . ]
//
// A row gets its share of all evictions, a few more or fewer, so the age at which a ghost is forgotten is that of one
// long queue, blurred by a fifth. How long rows may be follows the number that is wanted. When that becomes very
// different there is a new table; the one before is asked as well, until the new one has been told as many as it holds.
//
// INVARIANTS: no fingerprint is in a row twice; no row has more than kGhostsPerRowMax.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "larder/base/hash.h"

namespace larder {

class GhostQueue {
 public:
  // Room for about so many ghosts; 0 frees everything. Touches no memory that it will not use: a large table comes
  // zeroed from the system.
  void resize(std::uint64_t ghosts);
  std::uint64_t capacity() const { return newest_.row_count() * slots_; }

  void insert(KeyHash hash);
  bool contains(KeyHash hash) const { return newest_.contains(hash) || before_.contains(hash); }
  // True: it was there.
  bool erase(KeyHash hash);

  std::size_t bytes() const { return newest_.bytes() + before_.bytes(); }
  // Its rows alone.
  std::size_t bytes_in_use() const { return (newest_.row_count() + before_.row_count()) * sizeof(Row); }
  // Stops the process if an invariant does not hold.
  void check_invariants() const;

 private:
  using Fingerprint = std::uint16_t;
  // With their number, a cache line.
  static constexpr std::uint32_t kGhostsPerRowMax = 31;
  // For each row of a new table; and with fewer or more than the others there is a new one.
  static constexpr std::uint32_t kGhostsPerRowAtFirst = 27;
  static constexpr std::uint32_t kGhostsPerRowLow = 14;
  static constexpr std::uint32_t kGhostsPerRowHigh = 38;

  struct alignas(64) Row {
    std::array<Fingerprint, kGhostsPerRowMax> ghosts;
    std::uint16_t used;
  };
  static_assert(sizeof(Row) == 64, "a row is a cache line");

  class Table {
   public:
    // Empty, whatever it was. Without memory it has no rows: then there are no ghosts, and everything else goes on.
    void allocate(std::uint64_t rows);
    std::uint64_t row_count() const { return row_count_; }
    std::size_t bytes() const;
    void insert(KeyHash hash, std::uint32_t slots);
    bool contains(KeyHash hash) const;
    bool erase(KeyHash hash);
    void check_invariants() const;

   private:
    struct Place {
      std::size_t row;
      Fingerprint fingerprint;
    };
    // REQUIRES: there are rows.
    Place place_of(KeyHash hash) const;
    // Where in the row it is; the row's `used` if nowhere.
    static std::uint16_t find(const Row& row, Fingerprint fingerprint);
    static void remove(Row& row, std::uint16_t at, std::uint16_t count);

    struct Free {
      void operator()(void* memory) const { std::free(memory); }
    };
    std::unique_ptr<void, Free> memory_;
    Row* rows_ = nullptr;  // in memory_, aligned
    std::size_t row_count_ = 0;
  };

  Table newest_;
  Table before_;
  std::uint32_t slots_ = 0;           // how long the rows of the newest may be
  std::uint64_t told_to_newest_ = 0;  // counted while there is one before
};

}  // namespace larder
