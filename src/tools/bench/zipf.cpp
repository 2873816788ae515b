#include "tools/bench/zipf.h"

#include <algorithm>
#include <cmath>

#include "larder/base/check.h"

namespace larder::bench {

namespace {

// Nearer to 1 than this the general formula of the area loses its digits, and the logarithm is right in all of them.
constexpr double kAsGoodAsOne = 1e-9;

bool is_one(double theta) {
  return std::abs(1 - theta) < kAsGoodAsOne;
}

}  // namespace

Zipf::Zipf(std::uint64_t ranks, double theta)
    : ranks_(static_cast<double>(ranks)),
      theta_(theta),
      area_first_(area(1.5) - 1),
      area_last_(area(ranks_ + 0.5)),
      always_(2 - area_inverse(area(2.5) - density(2))) {
  LARDER_CHECK(ranks > 0 && theta >= 0);
}

double Zipf::area(double x) const {
  const double log_x = std::log(x);
  return is_one(theta_) ? log_x : std::expm1((1 - theta_) * log_x) / (1 - theta_);
}

double Zipf::area_inverse(double area) const {
  return is_one(theta_) ? std::exp(area) : std::exp(std::log1p(area * (1 - theta_)) / (1 - theta_));
}

double Zipf::density(double x) const {
  return std::exp(-theta_ * std::log(x));
}

std::uint64_t Zipf::draw(SplitMix64& random) const {
  while (true) {
    const double unit = static_cast<double>(random.next() >> 11) * 0x1.0p-53;
    const double point = area_last_ + unit * (area_first_ - area_last_);
    const double x = area_inverse(point);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, ranks_);
    if (rank - x <= always_ || point >= area(rank + 0.5) - density(rank)) return static_cast<std::uint64_t>(rank) - 1;
  }
}

}  // namespace larder::bench
