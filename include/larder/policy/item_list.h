// WHAT: a doubly linked list of items through their ListNodes, by location. Owns nothing. A policy may keep several; an
// item is in at most one of them, and which one is the policy's to remember (in the policy bits).
//
//      head() -next-> ... -next-> tail()        prev of the head and next of the tail are kNowhere
//
// INVARIANTS: linked neighbours point at each other; size() items are between head and tail.
#pragma once

#include <cstdint>

#include "larder/base/check.h"
#include "larder/policy/eviction_policy.h"

namespace larder {

class ItemList {
 public:
  Location head() const { return head_; }
  Location tail() const { return tail_; }
  std::uint64_t size() const { return size_; }

  // REQUIRES: `item` is in no list.
  void push_head(const PolicyHost& host, Location item) {
    join(host, item, head_);
    join(host, kNowhere, item);
    ++size_;
  }
  // REQUIRES: `item` is in no list.
  void push_tail(const PolicyHost& host, Location item) {
    join(host, tail_, item);
    join(host, item, kNowhere);
    ++size_;
  }
  // REQUIRES: `item` is in this list.
  void erase(const PolicyHost& host, Location item) {
    const ListNode node = host.item(item).node();
    join(host, node.prev, node.next);
    --size_;
  }
  // REQUIRES: `item` is in this list.
  void move_to_head(const PolicyHost& host, Location item) {
    if (item == head_) return;
    erase(host, item);
    push_head(host, item);
  }
  // `to` is a copy of `from`, its node included, and takes its place. REQUIRES: `from` is in this list.
  void replace(const PolicyHost& host, Location from, Location to) {
    const ListNode node = host.item(from).node();
    join(host, node.prev, to);
    join(host, to, node.next);
  }
  // Stops the process if an invariant does not hold. O(size).
  void check_invariants(const PolicyHost& host) const {
    std::uint64_t items = 0;
    Location before = kNowhere;
    for (Location item = head_; item != kNowhere; item = host.item(item).node().next) {
      LARDER_CHECK(host.item(item).has_node() && host.item(item).node().prev == before);
      LARDER_CHECK(++items <= size_);
      before = item;
    }
    LARDER_CHECK(before == tail_ && items == size_);
  }

 private:
  // Makes the two neighbours; kNowhere stands for the end of the list.
  void join(const PolicyHost& host, Location left, Location right) {
    if (left == kNowhere) {
      head_ = right;
    } else {
      host.item(left).set_next(right);
    }
    if (right == kNowhere) {
      tail_ = left;
    } else {
      host.item(right).set_prev(left);
    }
  }

  Location head_ = kNowhere;
  Location tail_ = kNowhere;
  std::uint64_t size_ = 0;
};

}  // namespace larder
