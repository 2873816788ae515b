#include "tools/sim/belady.h"

#include <algorithm>

#include "larder/base/check.h"

namespace larder::sim {

namespace {

class BeladyCache {
 public:
  BeladyCache(const Trace& trace, Capacity capacity)
      : trace_(trace), capacity_(capacity), cached_(trace.objects(), false) {}

  // The request of number `now` for the object, whose next one is `next`. Returns whether it is a hit.
  bool access(ObjectNumber object, RequestNumber now, RequestNumber next) {
    if (cached_[object]) {
      push(next, object, now);
      return true;
    }
    const std::uint64_t weight = weight_of(object);
    if (weight > capacity_.limit) return false;
    while (used_ + weight > capacity_.limit) evict();
    cached_[object] = true;
    used_ += weight;
    ++objects_;
    push(next, object, now);
    return false;
  }

 private:
  static constexpr std::size_t kSweepFrom = 1024;

  std::uint64_t weight_of(ObjectNumber object) const {
    return capacity_.unit == CapacityUnit::kItems ? 1 : trace_.size_bytes(object);
  }
  void push(RequestNumber next, ObjectNumber object, RequestNumber now) {
    heap_.push_back(std::uint64_t{next} << 32 | object);
    std::push_heap(heap_.begin(), heap_.end());
    if (heap_.size() < kSweepFrom + 2 * objects_) return;
    const auto is_past = [now](std::uint64_t entry) { return entry >> 32 <= now; };
    heap_.erase(std::remove_if(heap_.begin(), heap_.end(), is_past), heap_.end());
    std::make_heap(heap_.begin(), heap_.end());
  }
  // What is on top is of the future, because whatever is cached has an entry of the future.
  void evict() {
    LARDER_CHECK(!heap_.empty());
    std::pop_heap(heap_.begin(), heap_.end());
    const auto object = static_cast<ObjectNumber>(heap_.back());
    heap_.pop_back();
    LARDER_CHECK(cached_[object]);
    cached_[object] = false;
    used_ -= weight_of(object);
    --objects_;
  }

  const Trace& trace_;
  const Capacity capacity_;
  std::vector<bool> cached_;
  std::vector<std::uint64_t> heap_;  // next use in the high half, object in the low one
  std::uint64_t used_ = 0;
  std::size_t objects_ = 0;
};

}  // namespace

std::vector<RequestNumber> next_uses(const Trace& trace) {
  const std::vector<ObjectNumber>& requests = trace.requests();
  std::vector<RequestNumber> next(requests.size());
  std::vector<RequestNumber> next_of_object(trace.objects(), kNeverAgain);
  for (std::size_t i = requests.size(); i-- > 0;) {
    next[i] = next_of_object[requests[i]];
    next_of_object[requests[i]] = static_cast<RequestNumber>(i);
  }
  return next;
}

RunResult replay_belady(const Trace& trace, const std::vector<RequestNumber>& next, Capacity capacity,
                        RequestCount& progress) {
  BeladyCache cache(trace, capacity);
  RunResult result;
  RequestCount::Teller tell(progress);
  for (std::size_t i = 0; i < next.size(); ++i) {
    const ObjectNumber object = trace.requests()[i];
    result.count(cache.access(object, static_cast<RequestNumber>(i), next[i]), trace.size_bytes(object));
    tell();
  }
  return result;
}

}  // namespace larder::sim
