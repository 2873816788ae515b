// WHAT: what the items weighed that left a queue last: how many of them make up a given weight. So a bound on what
// ghosts weigh becomes one on their number, and no ghost has to carry a weight.
//
// STRUCTURE: a ring of slices (how many left, what they weighed), each a 32nd part of the window or one item; the
// oldest goes once the window is full without it.
//
//     oldest [ 12, 40 KB ][ 90, 40 KB ] ... [ 7, 9 KB ] newest: still filling
//
// INVARIANTS: items() and weight() are the sums over all slices.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace larder {

class WeightWindow {
 public:
  // One item of this weight has left; the window reaches back over `window_weight`. True: a slice is full, so that what
  // follows from the window is worth working out anew.
  bool add(std::uint64_t weight, std::uint64_t window_weight);
  // How many of the items that left last make up `weight`, where those that the window does not know, because it is
  // still filling, are taken to be of the mean weight `otherwise`.
  std::uint64_t items_in(std::uint64_t weight, double otherwise) const;

  std::uint64_t items() const { return total_.items; }
  std::uint64_t weight() const { return total_.weight; }
  // Stops the process if an invariant does not hold.
  void check_invariants() const;

 private:
  static constexpr std::uint64_t kSlicesPerWindow = 32;
  struct Slice {
    std::uint64_t items = 0;
    std::uint64_t weight = 0;
  };

  Slice& slice(std::size_t at) { return slices_[(first_ + at) % slices_.size()]; }
  const Slice& slice(std::size_t at) const { return slices_[(first_ + at) % slices_.size()]; }
  void drop_first();

  // Twice as many as a window needs: it may become larger.
  std::array<Slice, 2 * kSlicesPerWindow> slices_{};
  Slice total_;
  std::size_t first_ = 0;
  std::size_t used_ = 0;
};

}  // namespace larder
