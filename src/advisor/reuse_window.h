// WHAT: the keys of a sample in the order of their last use, each with its item's size. Says of a use how much else was
// used since the use before (the reuse distance): an LRU cache hits from that size on. So items weigh what they do
// under LRU, whatever policy runs. Single-threaded.
//
// STRUCTURE: every use takes the next place on a line; a Fenwick tree over the places sums the weights of what lies
// behind a place, in O(log n). When the line is full the gaps that earlier uses have left are closed, so its length
// stays twice that of the keys.
//
//     line     [ . a . . c b . d e | free ... ]      oldest use first; `.`: a key that was used again since
//     tree     sums of the weights over the line
//     table    hash -> entry {hash, size, place, expiry}
//
// INVARIANTS: an entry's place holds its number; the tree's sums are those of the entries' weights; so with the sizes.
// Sources: Mattson et al. 1970 (stack distances); Bennett and Kruskal, "LRU stack processing", IBM J. Res. Dev. 1975.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "advisor/item_weigher.h"
#include "advisor/number_table.h"
#include "larder/base/clock.h"
#include "larder/base/item.h"
#include "larder/base/key_sample.h"

namespace larder {

class ReuseWindow {
 public:
  using Weight = std::uint32_t;

  ReuseWindow();

  // Whether every item weighs 1. REQUIRES: there is none.
  void count_items(bool counts_items);

  // The weight of what was used after the key's last use, and its own. The key becomes the last used. Nothing, and
  // nothing changes, if the key is not known.
  struct Reuse {
    std::uint64_t others = 0;
    Weight own = 0;
    ItemSize size;
    TimeMs expire_at_ms = kNoExpiry;
  };
  std::optional<Reuse> use(KeyHash hash);
  // The key is there with this size from now on, as the last used.
  void put(KeyHash hash, ItemSize size, TimeMs expire_at_ms);
  // False: it was not known.
  bool erase(KeyHash hash);
  // Forgets the keys used longest ago until what is left weighs no more. True: there were some.
  bool trim(std::uint64_t weight_max);
  // Forgets the keys outside of a smaller sample.
  void keep_sampled(SampleThreshold threshold);
  // A threshold that leaves about so many keys. REQUIRES: keys < size().
  SampleThreshold threshold_for(std::size_t keys) const;
  void clear();

  std::size_t size() const { return table_.size(); }
  std::uint64_t weight() const { return weight_; }
  // Of an item of which nothing is known: what they have in the mean, a block if most have. One byte while there is
  // none.
  ItemSize usual_size() const;
  std::size_t bytes() const;
  // Stops the process if an invariant does not hold.
  void check_invariants() const;

 private:
  using Number = std::uint32_t;
  static constexpr Number kNone = NumberTable::kNone;
  static constexpr std::size_t kLineMin = 64;

  struct Entry {
    KeyHash hash = 0;
    TimeMs expire_at_ms = kNoExpiry;
    ItemSize size;  // 0 bytes: no key's
    std::uint32_t place = 0;
  };
  auto hash_of() const {
    return [this](Number number) { return entries_[number].hash; };
  }
  Number find(KeyHash hash) const { return table_.find(hash, hash_of()); }
  // At the end of the line.
  void take_place(Number number);
  void leave_place(Number number);
  void forget(Number number);
  void count_size(ItemSize size, std::int64_t times);
  Weight weight_of(Number number) const { return weigher_(entries_[number].size); }
  void close_gaps();
  void add(std::uint32_t place, std::uint64_t weight);
  // Of all places up to this one.
  std::uint64_t sum_to(std::uint32_t place) const;

  ItemWeigher weigher_{.form = ItemForm::kListItem};
  std::vector<Entry> entries_;
  std::vector<Number> free_;
  NumberTable table_;
  std::vector<Number> line_;
  std::vector<std::uint64_t> tree_;  // one-based: tree_[i] is for place i - 1
  std::uint32_t end_ = 0;            // the next free place
  std::uint32_t first_ = 0;          // nothing lies before it
  std::uint64_t weight_ = 0;
  std::uint64_t plain_bytes_ = 0;  // of the items' sizes
  std::uint64_t blobs_ = 0;
};

}  // namespace larder
