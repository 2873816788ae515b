// Learns from a sample of the traffic what more or less memory, or another eviction policy, would bring: takes the
// events out of the store's tap, feeds them to a model, and publishes a report each second. If it is told to, it
// changes the store's policy for one that has been better for long enough. What it costs is bounded: the sample's size
// by memory (a hundredth of maxmemory, or kBytesMin), its share of the keys by kEventsPerSecondMax.
//
// step() is the work of one thread, which calls it every kStepMs or so; everything else may be called by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "larder/advisor/report.h"
#include "larder/base/clock.h"
#include "larder/base/mutex.h"
#include "larder/stats/statistics.h"
#include "larder/store/access_tap.h"
#include "larder/store/sharded_store.h"

namespace larder {

class PolicyChooser;
class TrafficModel;

class Advisor {
 public:
  static constexpr std::int64_t kStepMs = 50;
  // Each costs half a microsecond of the advisor's thread: 1 % of a core.
  static constexpr std::uint64_t kEventsPerSecondMax = 20'000;
  // What it may take whatever maxmemory is, and at the most.
  static constexpr std::uint64_t kBytesMin = 2 << 20;
  static constexpr std::uint64_t kBytesMax = 16 << 20;

  // The store must have been given the tap. All must outlive it.
  Advisor(ShardedStore& store, const Statistics& statistics, AccessTap& tap);
  ~Advisor();

  // On from the beginning, and after: off forgets everything, but is ignored while the policy is chosen here. Takes
  // effect with the next step.
  void set_enabled(bool on) { enabled_.store(on, std::memory_order_relaxed); }
  bool enabled() const { return enabled_.load(std::memory_order_relaxed) || chooses(); }
  // The store's policy; nothing: step() chooses, from what it is now or from the first candidate.
  void set_policy(std::optional<PolicyKind> policy);
  // What the store begins with where the policy is chosen here.
  static PolicyKind first_policy();
  bool chooses() const { return chooses_.load(std::memory_order_relaxed); }
  // Hears of each change, in the thread of step(). To be set before the first.
  void on_change(std::function<void(const AdvisorReport::Change&)> told) { on_change_ = std::move(told); }
  // The figures begin anew; what is known of the keys stays. With the next step.
  void restart_counts() { restarts_.fetch_add(1, std::memory_order_relaxed); }

  void step(TimeMs now_ms, std::int64_t monotonic_ns);

  AdvisorReport report() const;

 private:
  // What came since, taken or not.
  struct Load {
    std::uint64_t offered_before = 0;
    std::int64_t began_ns = 0;
  };

  struct Limits {
    std::uint64_t bytes = 0;
    std::uint64_t items = 0;
    bool operator==(const Limits&) const = default;
  };

  void turn_on(TimeMs now_ms, std::int64_t monotonic_ns);
  void turn_off();
  void watch_load(std::int64_t monotonic_ns);
  SampleThreshold first_threshold() const;
  void count_queries();
  void take_events(TimeMs now_ms);
  void restrain(const Load& now, std::uint64_t dropped);
  void choose(TimeMs now_ms);
  void end_second(TimeMs now_ms, std::int64_t monotonic_ns);
  void look_at_store(TimeMs now_ms);
  static double item_share(const StoreStats& stats);
  void raise_share(TimeMs now_ms);
  // What items, and what the policy keeps beside them, may weigh together at so many times today's limit.
  double capacity_at(double factor) const;
  void publish(TimeMs now_ms);
  void set_report(AdvisorReport report);
  void add_estimates(AdvisorReport& report) const;
  std::uint64_t working_set() const;

  ShardedStore& store_;
  const Statistics& statistics_;
  AccessTap& tap_;
  std::function<void(const AdvisorReport::Change&)> on_change_;
  std::atomic<bool> enabled_{true};
  Mutex choice_mutex_;  // held while the policy is set
  std::atomic<bool> chooses_{false};
  std::atomic<std::uint64_t> restarts_{0};

  // step()'s own.
  std::unique_ptr<TrafficModel> model_;  // null while it is off
  std::unique_ptr<PolicyChooser> chooser_;
  Load second_;
  Load while_;  // for which the threshold has been watched
  Load step_;
  std::uint64_t dropped_seen_ = 0;
  bool settles_ = false;  // the threshold was lowered in the last step: what came since says little of it
  // Uses of keys, of the last second or so.
  struct {
    std::uint64_t before = 0;
    std::int64_t since_ns = 0;
    double per_s = 0;
  } watched_;
  std::uint64_t events_per_s_ = 0;
  std::uint64_t restarts_seen_ = 0;
  std::uint64_t queries_seen_ = 0;
  std::uint64_t lost_seen_ = 0;
  std::int64_t fade_ns_ = 0;
  int quiet_seconds_ = 0;
  double item_share_ = 1;  // of what is used beyond an empty store's, the part that has a weight
  std::uint64_t empty_bytes_ = 0;
  Limits limits_;
  std::uint64_t limit_ = 0;
  bool counts_items_ = false;
  std::uint64_t changes_ = 0;
  std::optional<AdvisorReport::Change> last_change_;

  mutable Mutex mutex_;
  AdvisorReport report_ GUARDED_BY(mutex_);
};

}  // namespace larder
