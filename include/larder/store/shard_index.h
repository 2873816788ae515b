// WHAT: the index of a shard: chains of items in hash order, without the items' memory (the Shard owns that). Not
// thread-safe.
//
// STRUCTURE: linear hashing (Litwin, VLDB 1980), with the high bits of the position as bucket number so that the
// buckets are in hash order at every moment. A growing write splits one bucket, the one at split_:
//
//     coarse   [   gone   |   gone   |  bucket  |  bucket  ]      2^level_ buckets, those below split_ are in `fine`
//                                      ^ split_
//     fine     [ b  |  b  |  b  |  b  |  -  |  -  |  -  |  - ]    2^(level_ + 1) buckets
//
// Both tables are cut in segments of 512 buckets, allocated when split_ arrives and freed when it has passed, so memory
// grows by 4 KiB at a time. Shrinking is the same step backwards.
//
// INVARIANTS (check_invariants): an item is in the bucket whose range holds its position; a segment exists exactly
// where buckets live.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace larder {

struct Item;
struct Key;

class ShardIndex {
 public:
  // One chain, and the positions it holds: [begin, end). `end` 0 is the end of all positions.
  struct Bucket {
    Item** head;
    std::uint64_t begin;
    std::uint64_t end;
  };

  explicit ShardIndex(int shard_bits);

  // The link that leads to the item, or null. Valid until the next call that changes the index; to take the item out,
  // let the link lead to its successor.
  Item** find(const Key& key) const;
  // REQUIRES: `item` is in the index.
  Item** link_of(const Item& item) const;
  void insert(Item& item);
  Bucket bucket_at(std::uint64_t position) const;
  std::uint64_t position_of(const Item& item) const;

  std::size_t buckets() const { return (std::size_t{1} << level_) + split_; }
  // What the tables take as allocated.
  std::size_t bytes() const { return bytes_; }

  // Growing by one bucket: whether it is time to, what it takes at most while it happens, the step.
  bool wants_growth(std::size_t items) const { return items >= buckets() && level_ < level_max_; }
  std::size_t growth_bytes() const;
  // An upper bound of what the tables take more during `inserts` insertions into an index of `items`.
  std::size_t growth_bytes_max(std::size_t inserts, std::size_t items) const;
  void grow();
  // The same backwards.
  bool wants_shrinking(std::size_t items) const { return level_ + (split_ > 0) > kLevelMin && items < buckets() / 8; }
  std::size_t shrink_bytes() const;
  void shrink();

  // Stops the process if an invariant does not hold; returns the number of items. O(items).
  std::size_t check_invariants() const;

 private:
  using Table = std::vector<std::unique_ptr<Item*[]>>;

  static constexpr int kSegmentBits = 9;
  static constexpr std::size_t kSegmentBuckets = std::size_t{1} << kSegmentBits;
  static constexpr int kLevelMin = 4;

  static std::size_t segment_buckets(int level);
  static std::size_t segment_bytes(int level);
  static std::size_t directory_bytes(int level);
  static Item** slot(const Table& table, std::uint64_t bucket) {
    return &table[bucket >> kSegmentBits][bucket & (kSegmentBuckets - 1)];
  }
  Item** head(std::uint64_t position) const {
    const std::uint64_t fine = position >> (63 - level_);
    return (fine >> 1) < split_ ? slot(fine_, fine) : slot(coarse_, fine >> 1);
  }
  void add_directory(Table& table, int level);
  void drop_directory(Table& table, int level);
  void add_segment(Table& table, int level, std::uint64_t bucket);
  void drop_segment(Table& table, int level, std::uint64_t bucket);

  const int shard_bits_;
  // So that a bucket's range begins at a whole SCAN cursor.
  const int level_max_;
  int level_ = kLevelMin;
  std::uint64_t split_ = 0;
  Table coarse_;
  Table fine_;
  std::size_t bytes_ = 0;
};

}  // namespace larder
