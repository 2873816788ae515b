// Ranks 0, 1, ... drawn in proportion to (rank + 1)^-theta, in constant time and memory for any number of them:
// rejection-inversion (W. Hoermann, G. Derflinger: Rejection-inversion to generate variates from monotone discrete
// distributions, 1996). Some 40 ns a draw, so draws are made ahead of a load (key_stream). Immutable; any thread.
#pragma once

#include <cstdint>

#include "larder/base/hash.h"

namespace larder::bench {

class Zipf {
 public:
  // REQUIRES: ranks > 0, theta >= 0.
  Zipf(std::uint64_t ranks, double theta);
  std::uint64_t draw(SplitMix64& random) const;

 private:
  // The integral of x^-theta, from 1 to x; its inverse; x^-theta itself.
  double area(double x) const;
  double area_inverse(double area) const;
  double density(double x) const;

  const double ranks_;
  const double theta_;
  const double area_first_;  // where the area of the first rank begins
  const double area_last_;
  const double always_;  // so near below a rank, its point is under the curve
};

}  // namespace larder::bench
