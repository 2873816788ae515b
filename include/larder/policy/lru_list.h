// WHAT: the order of exact LRU (least recently used): an intrusive doubly linked list, warm end first. Items embed an
// LruNode; the list owns nothing.
//
// STRUCTURE:   warmest <-> ... <-> coldest, in a ring through the list's own node:
//
//      head_ -next-> warmest -next-> ... -next-> coldest -next-> head_
//
// INVARIANTS: every linked node's neighbours point back at it; size() nodes are between head_ and head_.
// Source: Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems Journal 1970.
#pragma once

#include <cstddef>

#include "larder/base/check.h"

namespace larder {

struct LruNode {
  LruNode* prev = nullptr;
  LruNode* next = nullptr;
};

class LruList {
 public:
  LruList() { head_.prev = head_.next = &head_; }
  LruList(const LruList&) = delete;
  LruList& operator=(const LruList&) = delete;

  std::size_t size() const { return size_; }

  // REQUIRES: `node` is not linked.
  void push_warmest(LruNode& node) {
    link_after(head_, node);
    ++size_;
  }
  // REQUIRES: `node` is linked here.
  void erase(LruNode& node) {
    unlink(node);
    --size_;
  }
  // REQUIRES: `node` is linked here.
  void move_to_warmest(LruNode& node) {
    if (head_.next == &node) return;
    unlink(node);
    link_after(head_, node);
  }
  // `replacement` takes the place of `node` in the order. REQUIRES: `node` is linked here, `replacement` is not linked.
  void replace(LruNode& node, LruNode& replacement) {
    replacement = node;
    replacement.prev->next = &replacement;
    replacement.next->prev = &replacement;
    node = {};
  }
  // The next victim; null if the list is empty.
  LruNode* coldest() const { return size_ == 0 ? nullptr : head_.prev; }
  LruNode* warmest() const { return size_ == 0 ? nullptr : head_.next; }
  // The node one step warmer; null after the warmest.
  LruNode* warmer(const LruNode& node) const { return node.prev == &head_ ? nullptr : node.prev; }

  // Stops the process if an invariant does not hold. O(size).
  void check_invariants() const {
    std::size_t nodes = 0;
    for (const LruNode* node = &head_; node->next != &head_; node = node->next) {
      LARDER_CHECK(node->next->prev == node);
      LARDER_CHECK(++nodes <= size_);
    }
    LARDER_CHECK(head_.prev->next == &head_);
    LARDER_CHECK(nodes == size_);
  }

 private:
  static void link_after(LruNode& place, LruNode& node) {
    node.prev = &place;
    node.next = place.next;
    place.next->prev = &node;
    place.next = &node;
  }
  static void unlink(LruNode& node) {
    node.prev->next = node.next;
    node.next->prev = node.prev;
    node = {};
  }

  LruNode head_;
  std::size_t size_ = 0;
};

}  // namespace larder
