// WHAT: hits noted now and applied together later, in the order in which they came, so that the neighbours of several
// items are fetched from memory at once instead of one after the other. The order of a list stays exact as long as its
// policy applies the ring before it looks at, adds to or takes from the list.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "larder/policy/eviction_policy.h"

namespace larder {

class HitRing {
 public:
  bool empty() const { return noted_ == 0; }

  // True: the ring is full now and must be applied.
  bool note(Location item) {
    items_[noted_++] = item;
    return noted_ == kCapacity;
  }
  // The hit noted last, if any: a list that only asks for the order need not be told of the same item again.
  bool was_last(Location item) const { return noted_ != 0 && items_[noted_ - 1] == item; }
  // How often the item is in it.
  std::size_t count(Location item) const {
    return static_cast<std::size_t>(std::count(items_.begin(), items_.begin() + noted_, item));
  }

  // Calls `apply(item)` for every noted hit, in order. REQUIRES: each item is where it was when it was noted.
  template <class Apply>
  void apply(const PolicyHost& host, Apply&& apply) {
    // What is far away in memory is asked for some hits ahead: first the item, then its neighbours.
    for (std::size_t i = 0; i < noted_ && i < 2 * kAhead; ++i) host.prefetch(items_[i]);
    for (std::size_t i = 0; i < noted_ && i < kAhead; ++i) prefetch_neighbours(host, items_[i]);
    for (std::size_t i = 0; i < noted_; ++i) {
      if (i + 2 * kAhead < noted_) host.prefetch(items_[i + 2 * kAhead]);
      if (i + kAhead < noted_) prefetch_neighbours(host, items_[i + kAhead]);
      apply(items_[i]);
    }
    noted_ = 0;
  }

 private:
  static constexpr std::size_t kCapacity = 64;
  static constexpr std::size_t kAhead = 8;

  static void prefetch_neighbours(const PolicyHost& host, Location item) {
    const ListNode node = host.item(item).node();
    if (node.prev != kNowhere) host.prefetch(node.prev);
    if (node.next != kNowhere) host.prefetch(node.next);
  }

  std::size_t noted_ = 0;
  std::array<Location, kCapacity> items_{};
};

}  // namespace larder
