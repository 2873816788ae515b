// WHAT: learns from a sample of the store's traffic what caches of other sizes and policies would make of it: the
// hit-ratio curve of LRU, and one miniature cache a policy at today's size. Single-threaded; reads no clock.
//
// STRUCTURE: events go through one after the other.
//
//     event -> window (order of last use, weights) -> curve        sample: at most `window_keys_max` keys
//           -> miniature caches, one a policy                      a part of the same sample: `mini_items_max` each
//
// A look-up is a use. Where it hits the real cache and not a simulated one, that one's client would have loaded and
// stored the item, so it is stored; where it misses the real one, the write that follows stores it. That write is told
// from others by a note of the miss: whoever has the item would not have seen it. What is deleted or expires is gone
// everywhere.
//
// THE SAMPLE: fixed in size (SHARDS): when there are too many keys the threshold falls, and what is above it is
// forgotten. It never rises but by begin(), which starts anew and counts nothing until the window has seen as much as
// it has to: a first use is then no sign of a new key.
//
// INVARIANTS: no key is above its threshold; the miniature caches' is not above the window's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "advisor/mini_cache.h"
#include "advisor/miss_curve.h"
#include "advisor/reuse_window.h"
#include "larder/base/key_sample.h"
#include "larder/store/access_tap.h"

namespace larder {

class TrafficModel {
 public:
  // The largest size on the curve, in today's.
  static constexpr double kFactorMax = 8;

  struct Bounds {
    std::size_t window_keys_max = 0;
    std::size_t mini_items_max = 0;
  };
  struct Cache {
    // For items, in the unit of their weight, and what the policy keeps beside them.
    std::uint64_t capacity = 1;
    bool counts_items = false;
    PolicyKind policy = PolicyKind::kAllKeysLru;
    bool operator==(const Cache&) const = default;
  };

  // Which policies are compared with one: those over the same items. noeviction is compared with those over all.
  static std::vector<PolicyKind> rivals_of(PolicyKind policy);

  void set_bounds(const Bounds& bounds) { bounds_ = bounds; }
  // Another unit or another kind of policies begins anew.
  void set_cache(const Cache& cache, TimeMs now_ms);
  const Cache& cache() const { return cache_; }

  // Begins with this sample. `is_cold`: the real cache is empty as well, so that everything counts from the first use
  // on. The counts stay.
  void begin(SampleThreshold threshold, bool is_cold, TimeMs now_ms);
  void apply(const AccessEvent& event, TimeMs now_ms);
  // So many look-ups there were, sampled or not, and so many of those in the sample were not told.
  void count_queries(double queries, double lost_sampled);
  // Takes as much less than now. 0 < part < 1.
  void lower_threshold(double part);
  // Of all counts.
  void fade(double factor);
  void forget_counts();

  SampleThreshold threshold() const { return window_threshold_; }
  // Whether uses are counted: see THE SAMPLE.
  bool is_counting() const { return counting_; }

  double queries() const { return curve_.queries(); }
  // Of LRU, in a cache for items of this weight.
  double hit_ratio(double capacity) const { return curve_.hit_ratio(capacity); }
  struct PolicyFigures {
    PolicyKind policy = PolicyKind::kAllKeysLru;
    double hit_ratio = 0;
    MiniCache::Residence evicted;
  };
  std::vector<PolicyFigures> policies() const;
  // What the miniature caches have counted since the last call, as they are: of look-ups of their sample.
  struct MiniCounts {
    struct Hits {
      PolicyKind policy = PolicyKind::kAllKeysLru;
      double hits = 0;
    };
    double lookups = 0;
    std::vector<Hits> policies;
    std::size_t items = 0;  // in the largest of them now
  };
  MiniCounts take_mini_counts();
  // Keys in the sample, and whether that is far fewer than there may be.
  std::size_t keys() const { return window_.size(); }
  bool has_room_for_more() const;
  std::size_t bytes() const;
  // Stops the process if an invariant does not hold.
  void check_invariants() const;

 private:
  // Misses whose write has not come yet; the latest of those that fall together.
  class RefillNotes {
   public:
    void note(KeyHash hash) { notes_[place(hash)] = hash; }
    // True, once, after note().
    bool take(KeyHash hash) {
      KeyHash& note = notes_[place(hash)];
      if (note != hash) return false;
      note = 0;
      return true;
    }

   private:
    static constexpr std::size_t kNotes = 1024;
    static std::size_t place(KeyHash hash) { return static_cast<std::size_t>(hash >> 32) % kNotes; }
    std::array<KeyHash, kNotes> notes_{};
  };
  struct Simulation {
    explicit Simulation(const MiniCache::Options& options) : cache(options) {}
    MiniCache cache;
    double hits = 0;
    std::uint64_t new_hits = 0;  // not taken yet
  };

  void look_up(const AccessEvent& event, TimeMs now_ms);
  void look_up_in_minis(KeyHash hash, bool hit, bool expired, const std::optional<ReuseWindow::Reuse>& known,
                        TimeMs now_ms);
  void write(const AccessEvent& event, TimeMs now_ms);
  void keep_bounds();
  void set_window_threshold(SampleThreshold threshold);
  void set_mini_threshold(SampleThreshold threshold);
  void make_simulations();
  void set_capacities();

  Bounds bounds_;
  Cache cache_;
  SampleThreshold window_threshold_ = 0;
  SampleThreshold mini_threshold_ = 0;
  bool counting_ = false;
  TimeMs began_ms_ = 0;
  ReuseWindow window_;
  MissCurve curve_;
  std::vector<std::unique_ptr<Simulation>> simulations_;
  double mini_sampled_ = 0;  // look-ups that the miniature caches' counts stand for
  std::uint64_t new_mini_lookups_ = 0;
  RefillNotes refills_;
};

}  // namespace larder
