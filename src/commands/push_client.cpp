#include "commands/push_client.h"

#include <algorithm>
#include <utility>

#include "larder/base/limits.h"

namespace larder {

std::shared_ptr<Mailbox> mailbox_of(ClientRecord& record, PushServices& services) {
  const LockGuard guard(record.mutex);
  if (record.mailbox == nullptr) {
    record.mailbox =
        std::make_shared<Mailbox>(record.info.ref, services.output_limits, services.queued_bytes, services.discarded);
    if (record.gone) record.mailbox->close();
  }
  return record.mailbox;
}

void close_mailbox(ClientRecord& record) {
  const LockGuard guard(record.mutex);
  record.gone = true;
  if (record.mailbox != nullptr) record.mailbox->close();
}

PushClient::PushClient(PushServices& services, ClientRecord& record)
    : services_(services), record_(record), mailbox_(mailbox_of(record, services)) {}

PushClient::~PushClient() {
  unsubscribe_all();
  stop_tracking();
}

// --- Subscriptions ---

bool PushClient::subscribe(ChannelKind kind, std::string_view name) {
  Names& names = set_of(kind);
  if (names.contains(name)) return true;
  if (subscriptions_ >= limits::kSubscriptionsMax) return false;
  names.emplace(name);
  ++subscriptions_;
  note_count(kind);
  services_.channels.subscribe(kind, name, mailbox_);
  return true;
}

void PushClient::unsubscribe(ChannelKind kind, std::string_view name) {
  Names& names = set_of(kind);
  const auto found = names.find(name);
  if (found == names.end()) return;
  services_.channels.unsubscribe(kind, name, *mailbox_);
  names.erase(found);
  --subscriptions_;
  note_count(kind);
}

void PushClient::unsubscribe_all() {
  for (std::size_t i = 0; i < kChannelKinds; ++i) {
    const auto kind = static_cast<ChannelKind>(i);
    for (const std::string& name : set_of(kind)) services_.channels.unsubscribe(kind, name, *mailbox_);
    Names().swap(set_of(kind));
    note_count(kind);
  }
  subscriptions_ = 0;
}

std::vector<std::string> PushClient::names(ChannelKind kind) const {
  return {set_of(kind).begin(), set_of(kind).end()};
}

void PushClient::note_count(ChannelKind kind) {
  record_.subscriptions[static_cast<std::size_t>(kind)].store(static_cast<std::uint32_t>(count(kind)),
                                                              std::memory_order_relaxed);
}

// --- Tracking ---

void PushClient::start_tracking(std::shared_ptr<ClientRecord> record, Tracking::Mode mode) {
  if (tracker_ == nullptr) tracker_ = std::make_shared<Tracker>(record_.info.ref.id);
  services_.tracking.start(tracker_, std::move(record), mailbox_, std::move(mode));
}

void PushClient::stop_tracking() {
  if (tracker_ == nullptr) return;
  services_.tracking.stop(tracker_);
  tracker_.reset();
  caching_said_ = false;
}

bool PushClient::notes_reads() const {
  if (tracker_ == nullptr || tracker_->has(kTrackingBroadcast)) return false;
  if (tracker_->has(kTrackingOptIn)) return caching_said_;
  return !tracker_->has(kTrackingOptOut) || !caching_said_;
}

// --- Pushes ---

void PushClient::deliver(ReplyBuffer& out, RespVersion version, std::size_t bytes_max) {
  for (const PushRef& push : mailbox_->fetch(bytes_max)) append(*push, out, version);
}

void PushClient::append(const Push& push, ReplyBuffer& out, RespVersion version) {
  const std::size_t before_bytes = out.size();
  push.append_to(out, version, is_subscriber());
  pushed_bytes_ += out.size() - before_bytes;
}

bool PushClient::within_limits(std::size_t waiting_bytes, std::int64_t now_ms) {
  if (mailbox_->overflowed()) return false;
  const OutputLimits& limits = services_.output_limits;
  const OutputClass its_class = is_subscriber() ? OutputClass::kPubSub : OutputClass::kNormal;
  pushed_bytes_ = std::min(pushed_bytes_, waiting_bytes);
  const std::size_t queued_bytes = mailbox_->queued_bytes();
  // A client that only asks may have large replies waiting, but no more pushes than a subscriber.
  if (limits.is_beyond_hard(its_class, waiting_bytes + queued_bytes)) return false;
  if (limits.is_beyond_hard(OutputClass::kPubSub, pushed_bytes_ + queued_bytes)) return false;

  const OutputLimit limit = limits.of(its_class);
  if (limit.soft_bytes == 0 || waiting_bytes + queued_bytes < limit.soft_bytes) {
    above_soft_since_ms_ = 0;
    return true;
  }
  if (above_soft_since_ms_ == 0) above_soft_since_ms_ = now_ms;
  return (now_ms - above_soft_since_ms_) / 1000 <= limit.soft_s;
}

}  // namespace larder
