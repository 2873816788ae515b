// All clients, as other clients may see and touch them: CLIENT LIST, CLIENT KILL, INFO clients. Thread-safe. A
// ClientRecord is written by its own session and read by any; strings under its mutex, numbers atomic.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "commands/channels.h"
#include "commands/mailbox.h"
#include "larder/base/clock.h"
#include "larder/base/mutex.h"
#include "larder/protocol/request_handler.h"

namespace larder {

// What CLIENT TRACKING has set.
enum TrackingFlag : std::uint32_t {
  kTrackingOn = 1u << 0,
  kTrackingBroadcast = 1u << 1,
  kTrackingOptIn = 1u << 2,
  kTrackingOptOut = 1u << 3,
  kTrackingNoLoop = 1u << 4,
  kTrackingBrokenRedirect = 1u << 5,  // set by any thread
};

struct ClientRecord {
  explicit ClientRecord(ConnectionInfo connection, TimeMs now_ms)
      : info(std::move(connection)), connected_ms(now_ms), last_request_ms(now_ms) {}

  const ConnectionInfo info;
  const TimeMs connected_ms;
  std::atomic<TimeMs> last_request_ms;
  std::atomic<std::uint64_t> last_command{0};  // index in CommandTable + 1; 0: none yet
  std::atomic<std::uint16_t> database{0};
  std::atomic<std::uint8_t> resp_version{2};
  std::atomic<bool> no_evict{false};
  std::atomic<bool> no_touch{false};
  std::atomic<bool> parked{false};
  std::atomic<std::uint64_t> requests{0};
  std::array<std::atomic<std::uint32_t>, kChannelKinds> subscriptions{};

  std::atomic<std::uint32_t> tracking{0};           // of TrackingFlag
  std::atomic<std::uint64_t> tracking_redirect{0};  // a client's id; 0: none

  bool is_subscriber() const {
    return std::any_of(subscriptions.begin(), subscriptions.end(),
                       [](const auto& count) { return count.load(std::memory_order_relaxed) != 0; });
  }

  mutable Mutex mutex;
  std::string name GUARDED_BY(mutex);
  std::string library_name GUARDED_BY(mutex);
  std::string library_version GUARDED_BY(mutex);
  // Null: nobody has pushed to it yet.
  std::shared_ptr<Mailbox> mailbox GUARDED_BY(mutex);
  bool gone GUARDED_BY(mutex) = false;
};

class ClientRegistry {
 public:
  void add(std::shared_ptr<ClientRecord> record);
  void remove(std::uint64_t id);
  std::shared_ptr<ClientRecord> find(std::uint64_t id) const;
  // In the order of their ids. Nobody waits while `visit` runs: it works on a copy of the list.
  void for_each(const std::function<void(const ClientRecord&)>& visit) const;
  std::size_t size() const;

 private:
  mutable Mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<ClientRecord>> clients_ GUARDED_BY(mutex_);
};

}  // namespace larder
