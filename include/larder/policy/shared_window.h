// WHAT: the window's share that the W-TinyLFU policies of all shards of a cache have in common. It is found from the
// requests of all of them: one shard alone sees too few to tell a gain from chance, and each would go its own way.
//
// STRUCTURE: each policy counts in a part of its own and tells the climber of 256 requests at a time, for which a lock
// is taken. With one shard the climber hears of each request, as late.
//
// INVARIANTS: the items are the sum of what the parts have told last. Once the last part has gone it begins anew;
// policies that follow others while those are still there (FLUSHALL) go on with their share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "larder/base/mutex.h"
#include "larder/policy/window_climber.h"

namespace larder {

class alignas(64) SharedWindow {
 public:
  // One policy's. Not thread-safe; the window is.
  class Part {
   public:
    // Null: a window of its own. Otherwise it must outlive the part.
    explicit Part(SharedWindow* shared)
        : own_(shared == nullptr ? std::make_unique<SharedWindow>() : nullptr),
          window_(shared == nullptr ? *own_ : *shared) {
      window_.join();
    }
    ~Part() { window_.leave(told_items_); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    double share() const { return window_.share(); }
    // One request; `items` are what this policy holds.
    void count(bool hit, std::uint64_t items) {
      hits_ += hit ? 1 : 0;
      if (++requests_ == kRequestsTold) tell(items);
    }
    void check_invariants() const { window_.check_invariants(); }

   private:
    void tell(std::uint64_t items);

    const std::unique_ptr<SharedWindow> own_;
    SharedWindow& window_;
    std::uint64_t told_items_ = 0;
    std::uint64_t hits_ = 0;
    std::uint64_t requests_ = 0;
  };

  // Of all items, in [0, 1].
  double share() const { return share_.load(std::memory_order_relaxed); }
  // What all parts hold, as far as they have told.
  std::uint64_t items() const;
  void check_invariants() const;

 private:
  static constexpr std::uint64_t kRequestsTold = 256;

  void join();
  void leave(std::uint64_t told_items);

  std::atomic<double> share_{WindowClimber().share()};
  mutable SpinMutex mutex_;
  WindowClimber climber_ GUARDED_BY(mutex_);
  std::uint64_t items_ GUARDED_BY(mutex_) = 0;
  std::uint64_t parts_ GUARDED_BY(mutex_) = 0;
};

}  // namespace larder
