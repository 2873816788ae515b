// All clients, as other clients may see and touch them: CLIENT LIST, CLIENT KILL, CLIENT PAUSE, MONITOR, INFO clients.
// Thread-safe. A ClientRecord is written by its own session and read by any; strings under its mutex, numbers atomic.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "commands/attention.h"
#include "commands/channels.h"
#include "commands/client_pause.h"
#include "commands/mailbox.h"
#include "commands/monitors.h"
#include "commands/transaction_memory.h"
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
  std::atomic<bool> held{false};      // parked by CLIENT PAUSE, or about to be
  std::atomic<bool> monitors{false};  // MONITOR
  // The ticket of a wait that CLIENT UNBLOCK may end; whoever sets it to 0 answers it.
  std::atomic<std::uint64_t> unblock_ticket{0};
  std::atomic<std::int32_t> queued_commands{-1};  // between MULTI and EXEC; otherwise -1
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> transaction_bytes{0};  // what it has queued and watches takes
  std::atomic<std::uint64_t> held_body_bytes{0};    // large arguments of a request that CLIENT PAUSE holds
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

// "127.0.0.1:50612", or "unix:" and the socket's path, as SLOWLOG and MONITOR show it.
std::string shown_address(const ConnectionInfo& info);

class ClientRegistry {
 public:
  void add(std::shared_ptr<ClientRecord> record);
  void remove(std::uint64_t id);
  std::shared_ptr<ClientRecord> find(std::uint64_t id) const;
  // In the order of their ids. Nobody waits while `visit` runs: it works on a copy of the list.
  void for_each(const std::function<void(const ClientRecord&)>& visit) const;
  std::size_t size() const;
  TransactionMemory& transaction_memory() { return transaction_memory_; }
  // What the tables of the LCS that are being worked on take.
  std::atomic<std::size_t>& lcs_bytes() { return lcs_bytes_; }

  const AttentionFlags& attention() const { return attention_; }
  ClientPause& pause() { return pause_; }
  Monitors& monitors() { return monitors_; }

 private:
  AttentionFlags attention_;
  ClientPause pause_{attention_};
  Monitors monitors_{attention_};
  mutable Mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<ClientRecord>> clients_ GUARDED_BY(mutex_);
  TransactionMemory transaction_memory_;
  std::atomic<std::size_t> lcs_bytes_{0};
};

}  // namespace larder
