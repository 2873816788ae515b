// WHAT: finds the window's share of a W-TinyLFU cache by climbing towards the better hit ratio.
//
// STRUCTURE: requests are counted in samples. A sample is compared with the one before once they differ by more than
// chance would make them. If the hit ratio rose, the share goes on by a step in the direction of the last; if it fell,
// the other way. If nothing can be told after a long sample, it goes towards the small window: without a reason for
// more, the window keeps items that were used once from those that were used often. At either end it turns round. Steps
// shrink, until a change by more than a twentieth says that the workload is another one. While the cache fills nothing
// is concluded.
//
// INVARIANTS: kShareMin <= share() <= kShareMax; the step is not larger than kStepFirst.
// Source: Einziger, Eytan, Friedman, Manes, "Adaptive software cache management", Middleware 2018. That climbs after
// every sample of ten requests an item; on Zipf traffic chance alone then led it 2 to 4 points astray at small sizes.
#pragma once

#include <cstdint>

namespace larder {

class WindowClimber {
 public:
  double share() const { return share_; }
  // So many requests; `items` are what the cache holds.
  void count(std::uint64_t hits, std::uint64_t requests, std::uint64_t items) {
    hits_ += hits;
    requests_ += requests;
    look(items);
  }
  // Stops the process if an invariant does not hold.
  void check_invariants() const;

 private:
  // Requests of a sample, for each item and at the least.
  static constexpr std::uint64_t kRequestsPerItem = 1;
  static constexpr std::uint64_t kRequestsMin = 8192;
  // How many times that a sample may go on without a result.
  static constexpr std::uint64_t kSamplesWithoutResult = 4;
  // In standard deviations of what chance does.
  static constexpr double kSignificance = 3;
  static constexpr double kShareMin = 0.01;
  static constexpr double kShareMax = 0.8;
  static constexpr double kStepFirst = 0.12;
  static constexpr double kStepDecay = 0.98;
  static constexpr double kStepDecayByChance = 0.9;
  static constexpr double kRestartChange = 0.05;
  // The cache is full once its items change by less than this part in a sample.
  static constexpr double kSteadyChange = 0.02;

  struct Sample {
    double requests = 0;
    double hit_ratio = 0;
    double items = 0;
  };

  void look(std::uint64_t items);
  bool differs_by_chance(const Sample& sample) const;
  void step(const Sample& sample, bool by_chance);

  double share_ = kShareMin;
  double step_ = kStepFirst;  // below zero: downwards
  Sample last_;
  std::uint64_t hits_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace larder
