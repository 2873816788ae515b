// WHAT: about when the head of a queue joined it, without a time in any item: the queue's length says how many joins
// ago that was, and some joins are remembered with their time. Erased items make the head seem younger than it is.
//
// STRUCTURE: a ring of 64 marks (number of the join, its time); a mark is set every 32nd part of the queue's length.
//
// INVARIANTS: marks are in the order of both their numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "larder/base/clock.h"

namespace larder {

class QueueClock {
 public:
  // An item has joined; the queue's length is `items` now.
  void join(std::uint64_t items, TimeMs now_ms) {
    ++joins_;
    if (used_ != 0 && joins_ < mark(used_ - 1).join + items / kMarksPerLength) return;
    if (used_ == marks_.size()) drop_first();
    ++used_;
    mark(used_ - 1) = {joins_, now_ms};
    while (used_ > 1 && mark(1).join + items <= joins_) drop_first();
  }
  // REQUIRES: something has joined.
  TimeMs head_joined_ms() const { return mark(0).time_ms; }
  bool empty() const { return used_ == 0; }

 private:
  static constexpr std::uint64_t kMarksPerLength = 32;
  struct Mark {
    std::uint64_t join = 0;
    TimeMs time_ms = 0;
  };

  Mark& mark(std::size_t at) { return marks_[(first_ + at) % marks_.size()]; }
  const Mark& mark(std::size_t at) const { return marks_[(first_ + at) % marks_.size()]; }
  void drop_first() {
    first_ = (first_ + 1) % marks_.size();
    --used_;
  }

  std::array<Mark, 64> marks_{};
  std::size_t first_ = 0;
  std::size_t used_ = 0;
  std::uint64_t joins_ = 0;
};

}  // namespace larder
