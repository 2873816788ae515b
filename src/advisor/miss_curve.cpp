#include "advisor/miss_curve.h"

#include <algorithm>
#include <cmath>

namespace larder {

std::size_t MissCurve::bucket_of(double distance) {
  const double octave = std::log2(std::max(1.0, distance)) * double{kPerOctave};
  return std::min(kPerOctave * kOctaves - 1, static_cast<std::size_t>(octave));
}

MissCurve::Position MissCurve::position_of(double distance) {
  const std::size_t bucket = bucket_of(distance);
  const double low = std::exp2(static_cast<double>(bucket) / double{kPerOctave});
  const double high = std::exp2(static_cast<double>(bucket + 1) / double{kPerOctave});
  return {bucket, std::clamp((distance - low) / (high - low), 0.0, 1.0)};
}

void MissCurve::add_reuse(double distance, double count) {
  counts_[bucket_of(distance)] += count;
  sampled_ += count;
}

void MissCurve::fade(double factor) {
  for (double& count : counts_) count *= factor;
  sampled_ *= factor;
  queries_ *= factor;
}

double MissCurve::hit_ratio(double size) const {
  if (queries_ <= 0) return 0;
  const Position position = position_of(size);
  double hits = queries_ - sampled_;
  for (std::size_t bucket = 0; bucket < position.bucket; ++bucket) hits += counts_[bucket];
  hits += counts_[position.bucket] * position.part;
  return std::clamp(hits / queries_, 0.0, 1.0);
}

}  // namespace larder
