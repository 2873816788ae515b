#include "larder/policy/weight_window.h"

#include "larder/base/check.h"

namespace larder {

bool WeightWindow::add(std::uint64_t weight, std::uint64_t window_weight) {
  const std::uint64_t slice_weight = window_weight / kSlicesPerWindow;
  if (used_ == 0 || slice(used_ - 1).weight >= slice_weight) {
    if (used_ == slices_.size()) drop_first();
    slice(used_++) = {};
  }
  Slice& newest = slice(used_ - 1);
  ++newest.items;
  newest.weight += weight;
  ++total_.items;
  total_.weight += weight;
  while (used_ > 1 && total_.weight - slice(0).weight >= window_weight) drop_first();
  return newest.weight >= slice_weight;
}

void WeightWindow::drop_first() {
  total_.items -= slice(0).items;
  total_.weight -= slice(0).weight;
  first_ = (first_ + 1) % slices_.size();
  --used_;
}

std::uint64_t WeightWindow::items_in(std::uint64_t weight, double otherwise) const {
  if (total_.weight < weight) {
    return total_.items + static_cast<std::uint64_t>(static_cast<double>(weight - total_.weight) / otherwise);
  }
  const double part = total_.weight == 0 ? 0 : static_cast<double>(weight) / static_cast<double>(total_.weight);
  return static_cast<std::uint64_t>(static_cast<double>(total_.items) * part);
}

void WeightWindow::check_invariants() const {
  Slice sum;
  for (std::size_t at = 0; at < used_; ++at) {
    sum.items += slice(at).items;
    sum.weight += slice(at).weight;
  }
  LARDER_CHECK(sum.items == total_.items && sum.weight == total_.weight);
}

}  // namespace larder
