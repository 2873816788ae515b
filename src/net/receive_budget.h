// Memory that all unfinished requests together may hold. A connection reserves the next piece of a large body before
// it is read, and what it buffers beyond a small allowance; what does not fit waits, unread, in order of arrival.
//
// PROGRESS. If every request that holds memory were waiting for more, none would ever finish. So when nobody who holds
// memory is receiving, one request is let past the limit, and stays the only one until it is done. Therefore any single
// request may proceed, and the limit is exceeded by one request at most. What a pause of the clients has put to rest is
// not receiving: it does not hold up those that the pause lets pass.
//
// Thread-safe. A Share is owned by one connection, which reserves and gives back on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "larder/base/mutex.h"
#include "larder/stats/counter.h"

namespace larder::net {

class ReceiveBudget {
 public:
  class Share {
   public:
    // `granted` is called under the budget's lock, by whichever thread made room: it may only post.
    explicit Share(std::function<void()> granted) : granted_(std::move(granted)) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    friend class ReceiveBudget;
    // All guarded by the budget's mutex, granted_ constant.
    std::function<void()> granted_;
    std::uint64_t held_ = 0;
    std::uint64_t wanted_ = 0;  // not 0: waiting
    bool at_rest_ = false;
  };

  // The limit is read at each use, so that it may change at any time. `held` mirrors the sum for the figures.
  ReceiveBudget(const std::atomic<std::uint64_t>& bytes_max, SharedCounter& held)
      : bytes_max_(bytes_max), total_(held) {}

  // True: granted at once. False: the share waits, and is told by its callback once the bytes are its own.
  // REQUIRES: the share is not waiting; bytes > 0.
  bool reserve(Share& share, std::uint64_t bytes);
  // Granted at once, beyond the limit if need be: of what is there already. REQUIRES: as for reserve().
  void take(Share& share, std::uint64_t bytes);
  // Gives back a part. REQUIRES: the share holds as much and is not waiting.
  void give_back(Share& share, std::uint64_t bytes);
  // Whether what the share holds belongs to a request that is whole, and is not executed for a while. release() ends
  // it. REQUIRES: the share is not waiting; it holds something, if it is to be at rest.
  void set_at_rest(Share& share, bool at_rest);
  // Gives back everything, waiting or held. The share may be destroyed or used anew afterwards.
  void release(Share& share);
  // Looks again after the limit was raised.
  void recheck();

 private:
  bool fits(std::uint64_t bytes) const REQUIRES_LOCK(mutex_);
  // The waiting share that may proceed now, or null.
  Share* next() REQUIRES_LOCK(mutex_);
  void grant(Share& share, std::uint64_t bytes) REQUIRES_LOCK(mutex_);
  void take_back(Share& share, std::uint64_t bytes) REQUIRES_LOCK(mutex_);
  void stop_waiting(Share& share) REQUIRES_LOCK(mutex_);
  void note_rest(Share& share, bool at_rest) REQUIRES_LOCK(mutex_);
  // Serves the queue; a share granted is told, but for `quiet`.
  void serve(const Share* quiet) REQUIRES_LOCK(mutex_);

  const std::atomic<std::uint64_t>& bytes_max_;
  SharedCounter& total_;
  Mutex mutex_;
  std::deque<Share*> waiting_ GUARDED_BY(mutex_);
  std::uint64_t used_ GUARDED_BY(mutex_) = 0;
  std::size_t holders_ GUARDED_BY(mutex_) = 0;
  std::size_t holders_waiting_ GUARDED_BY(mutex_) = 0;
  std::size_t holders_at_rest_ GUARDED_BY(mutex_) = 0;
  Share* privileged_ GUARDED_BY(mutex_) = nullptr;  // may exceed the limit; null: nobody
};

}  // namespace larder::net
