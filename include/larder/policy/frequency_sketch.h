// WHAT: estimates how often a key was used lately, in 16 bytes an item or less: a count-min sketch with aging. It
// never says less than the truth (up to 15, aging aside), seldom more.
//
// STRUCTURE: blocks of one cache line with 128 counters of four bits. A hash chooses its block and, in it, one counter
// in each of four rows (two words a row); the estimate is the least of the four. After every sample (ten uses for each
// item) all counters are halved; nobody walks over them: a block carries the number of the age it was written in, and
// is halved when it is met.
//
//     block   [ row 0: 2 x 16 counters | row 1 | row 2 | row 3, its last counter is the block's age ]
//
// The number of blocks follows the number of items, one block at a time (linear hashing): block n starts as a copy of
// the block whose keys it shares, and is merged with it where items have become fewer, so that no estimate becomes too
// low.
//
// INVARIANTS: at least one block; uses counted in this age are fewer than a sample.
// Sources: Cormode and Muthukrishnan, "An improved data stream summary: the count-min sketch", J. Algorithms 2005;
// Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM TOS 2017; Litwin, "Linear
// hashing", VLDB 1980.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "larder/base/hash.h"
#include "larder/base/prefetch.h"
#include "larder/policy/chunked_array.h"

namespace larder {

class FrequencySketch {
 public:
  static constexpr std::uint32_t kCountMax = 15;
  static constexpr std::uint64_t kUnbounded = ~std::uint64_t{0};

  FrequencySketch() { blocks_.push_back({}); }

  // The size follows the items that the cache holds now, at most a block a call upwards, but for what it would take
  // beyond `bytes_max`: the less it has, the more often its estimates are too high.
  void fit(std::uint64_t items, std::uint64_t bytes_max = kUnbounded);
  // One more use; `items` as above set the size of a sample.
  void add(KeyHash hash, std::uint64_t items);
  std::uint32_t estimate(KeyHash hash) const;
  void prefetch(KeyHash hash) const { larder::prefetch(&blocks_[block_of(mix_bits(hash))]); }

  std::size_t bytes() const { return blocks_.bytes(); }
  // Its blocks alone.
  std::size_t bytes_in_use() const { return blocks_.size() * sizeof(Block); }
  std::uint64_t ages() const { return age_; }
  // Stops the process if an invariant does not hold.
  void check_invariants() const;

 private:
  static constexpr std::size_t kRows = 4;
  static constexpr std::uint64_t kItemsPerBlock = 4;
  static constexpr std::uint64_t kUsesPerItem = 10;
  static constexpr std::uint64_t kAgesMask = 15;
  struct alignas(64) Block {
    std::array<std::uint64_t, 2 * kRows> words{};
  };
  struct Counter {
    std::size_t word;
    int shift;
  };

  std::size_t block_of(std::uint64_t mixed) const;
  static Counter counter_of(std::uint64_t mixed, std::size_t row);
  // How many halvings a block has missed.
  int missed_ages(const Block& block) const;
  void bring_up_to_date(Block& block);
  void grow();
  bool is_too_large(std::uint64_t blocks_wanted) const;
  void shrink();

  ChunkedArray<Block> blocks_;
  std::uint64_t age_ = 0;
  std::uint64_t uses_ = 0;  // in this age
};

}  // namespace larder
