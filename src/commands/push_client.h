// The part of a session that others push to: its subscriptions, its mailbox, and how much of what it was sent may wait.
// Made when a client first needs one. Used by the session's io thread alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "commands/channels.h"
#include "commands/client_registry.h"
#include "commands/push_services.h"
#include "commands/seeded_hash.h"
#include "larder/protocol/reply_writer.h"

namespace larder {

// The client's mailbox, made if it has none yet; that of a client that is gone is closed. Any thread.
std::shared_ptr<Mailbox> mailbox_of(ClientRecord& record, PushServices& services);
// The client's session ends. Its own thread.
void close_mailbox(ClientRecord& record);

class PushClient {
 public:
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  PushClient(PushServices& services, ClientRecord& record);
  // Leaves every channel.
  ~PushClient();
  PushClient(const PushClient&) = delete;
  PushClient& operator=(const PushClient&) = delete;

  // --- Subscriptions ---
  // False: it has as many as it may have. One that is there already is fine.
  bool subscribe(ChannelKind kind, std::string_view name);
  // Nothing of it comes after this but what already waits in the mailbox.
  void unsubscribe(ChannelKind kind, std::string_view name);
  void unsubscribe_all();
  std::vector<std::string> names(ChannelKind kind) const;
  std::size_t count(ChannelKind kind) const { return set_of(kind).size(); }
  // Subscribed to anything: in RESP2 it may then do little else.
  bool is_subscriber() const { return subscriptions_ != 0; }

  // --- Tracking ---
  // Begins to track, or goes on in other modes.
  void start_tracking(std::shared_ptr<ClientRecord> record, Tracking::Mode mode);
  void add_prefix(std::string_view prefix) { services_.tracking.add_prefix(tracker_, prefix); }
  void stop_tracking();
  std::vector<std::string> prefixes() const { return tracker_ ? tracker_->prefixes : std::vector<std::string>(); }
  // CLIENT CACHING was said for the next command.
  void set_caching_said(bool said) { caching_said_ = said; }
  bool caching_said() const { return caching_said_; }
  // Whether the keys that the next command reads are to be noted.
  bool notes_reads() const;
  void note_read(std::string_view key) { services_.tracking.note_read(tracker_, key); }

  // --- Pushes ---
  const Mailbox& mailbox() const { return *mailbox_; }
  // Appends what waits in the mailbox, about `bytes_max` of it. Returns whether there is more.
  void deliver(ReplyBuffer& out, RespVersion version, std::size_t bytes_max);
  // Of a client that tracks, before its next requests are executed: whoever has seen the answer to a write, and asks
  // after that, finds what the write has made stale told in front of the reply, whenever the wake-up comes.
  void deliver_invalidations(ReplyBuffer& out, RespVersion version) {
    if (tracker_ != nullptr && mailbox_->queued_bytes() != 0) deliver(out, version, kAll);
  }
  // Woken, but it delivers only once what waits has been taken.
  void hold_back() { held_back_ = true; }
  bool take_held_back() { return std::exchange(held_back_, false); }
  // Whoever was woken has delivered: whether it has to go on.
  bool stays_awake() { return mailbox_->stays_awake(); }
  void append(const Push& push, ReplyBuffer& out, RespVersion version);
  // Pushes pass where replies are switched off: what was appended so far stays when the reply is dropped.
  void keep(const ReplyBuffer& out) { kept_ = out.mark(); }
  std::optional<ReplyBuffer::Mark> take_kept() { return std::exchange(kept_, std::nullopt); }

  // See RequestSession::output_within_limits().
  bool within_limits(std::size_t waiting_bytes, std::int64_t now_ms);

 private:
  using Names = std::unordered_set<std::string, SeededHash, std::equal_to<>>;

  Names& set_of(ChannelKind kind) { return names_[static_cast<std::size_t>(kind)]; }
  const Names& set_of(ChannelKind kind) const { return names_[static_cast<std::size_t>(kind)]; }
  void note_count(ChannelKind kind);

  PushServices& services_;
  ClientRecord& record_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::array<Names, kChannelKinds> names_;
  std::size_t subscriptions_ = 0;
  std::shared_ptr<Tracker> tracker_;  // null: it does not track
  bool caching_said_ = false;
  bool held_back_ = false;
  std::optional<ReplyBuffer::Mark> kept_;
  std::size_t pushed_bytes_ = 0;          // of the output that waits, at most so much was pushed
  std::int64_t above_soft_since_ms_ = 0;  // 0: it is not
};

}  // namespace larder
