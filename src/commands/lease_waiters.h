// Who waits inside the server for a lease to end: by key, the parked requests that look again when it has. Whoever
// waits is registered before it looks, so that no end is missed: an end that the look did not see comes after it, and
// finds it here. Ends by time are nobody's doing: each request has a timer for them.
//
// Thread-safe. Its lock is taken with no shard's lock held.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "commands/parked_request.h"
#include "larder/base/hash.h"
#include "larder/base/mutex.h"
#include "larder/protocol/request_handler.h"
#include "larder/store/events.h"

namespace larder {

class LeaseWaiters final : public LeaseListener {
 public:
  explicit LeaseWaiters(ConnectionPort& connections) : connections_(connections) {}

  // Until the lease of the key ends, or remove(). False: as many wait for it as may.
  bool add(KeyHash key, ConnectionRef to, const std::shared_ptr<ParkedRequest>& request);
  // If it is there still.
  void remove(KeyHash key, const ParkedRequest* request);

  // --- LeaseListener ---
  void on_lease_ended(KeyHash key) override;

 private:
  struct Waiter {
    ConnectionRef to;
    const ParkedRequest* id;
    std::weak_ptr<ParkedRequest> request;
  };
  using Waiters = std::vector<Waiter>;

  ConnectionPort& connections_;
  std::atomic<std::size_t> keys_{0};  // of waiters_
  Mutex mutex_;
  std::unordered_map<KeyHash, Waiters> waiters_ GUARDED_BY(mutex_);
};

}  // namespace larder
