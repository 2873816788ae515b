#include "larder/stats/time_series.h"

namespace larder {

void TimeSeries::push(const Sample& sample) {
  if (ring_.size() < kSamples) {
    ring_.push_back(sample);
    return;
  }
  ring_[next_] = sample;
  next_ = (next_ + 1) % kSamples;
}

void TimeSeries::add(const Sample& sample) {
  LockGuard lock(mutex_);
  if (!ring_.empty() && sample.monotonic_ns <= at_age(0).monotonic_ns) return;
  push(sample);
}

void TimeSeries::restart(const Sample& first) {
  LockGuard lock(mutex_);
  ring_.clear();
  next_ = 0;
  push(first);
}

const Sample& TimeSeries::at_age(std::size_t age) const {
  return ring_[(next_ + ring_.size() - 1 - age) % ring_.size()];
}

std::optional<Sample> TimeSeries::latest() const {
  LockGuard lock(mutex_);
  if (ring_.empty()) return std::nullopt;
  return at_age(0);
}

std::optional<SampleWindow> TimeSeries::last(double window_s) const {
  LockGuard lock(mutex_);
  if (ring_.empty()) return std::nullopt;
  const auto window_ns = static_cast<std::int64_t>((window_s - kPeriodS / 2) * 1e9);
  const std::int64_t wanted_ns = at_age(0).monotonic_ns - window_ns;
  std::size_t age = 0;
  while (age + 1 < ring_.size() && at_age(age).monotonic_ns > wanted_ns) ++age;
  return SampleWindow{.from = at_age(age), .to = at_age(0)};
}

std::vector<Sample> TimeSeries::all() const {
  LockGuard lock(mutex_);
  std::vector<Sample> samples;
  samples.reserve(ring_.size());
  for (std::size_t age = ring_.size(); age > 0; --age) samples.push_back(at_age(age - 1));
  return samples;
}

}  // namespace larder
