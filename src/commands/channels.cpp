#include "commands/channels.h"

#include <algorithm>
#include <utility>

#include "larder/base/check.h"
#include "larder/base/text.h"

namespace larder {

namespace {

// A subscription in the table and in its session's set, the name's bytes aside.
constexpr std::size_t kSubscriptionBytes = 192;

std::uint64_t subscription_bytes(std::string_view name) {
  return kSubscriptionBytes + 2 * name.size();
}

}  // namespace

// Makes the push for the first who gets it, and hands it out.
class Channels::Maker {
 public:
  Maker(const Message& message, Wakeups& wakeups, const Mailbox* own_mailbox, std::vector<PushRef>* own)
      : message_(message), wakeups_(wakeups), own_mailbox_(own_mailbox), own_(own) {}

  // `pattern` is told in front of the channel; empty words: none.
  void put_for_all(const std::vector<Subscriber>& subscribers, std::string_view word, const std::string* pattern) {
    const PushRef push = make(word, pattern);
    for (const Subscriber& subscriber : subscribers) {
      if (subscriber.get() == own_mailbox_) {
        own_->push_back(push);
      } else {
        subscriber->put(push, wakeups_);
      }
    }
  }

 private:
  PushRef make(std::string_view word, const std::string* pattern) const {
    ReplyBuffer text;
    ReplyWriter writer(text, RespVersion::k2);
    writer.push(pattern == nullptr ? 3 : 4);
    writer.bulk(word);
    if (pattern != nullptr) writer.bulk(*pattern);
    writer.bulk(message_.channel);
    auto push = std::make_shared<Push>();
    if (message_.block != nullptr && message_.bytes.size() >= ReplyWriter::kReferenceBytesMin) {
      push->resp2 = text.flatten() + "$" + std::to_string(message_.bytes.size()) + "\r\n";
      push->payload = BlobRef::share(message_.block);
    } else {
      writer.bulk(message_.bytes);
      push->resp2 = text.flatten();
    }
    return push;
  }

  const Message& message_;
  Wakeups& wakeups_;
  const Mailbox* const own_mailbox_;
  std::vector<PushRef>* const own_;
};

void Channels::subscribe(ChannelKind kind, std::string_view name, Subscriber subscriber) {
  Part& part = part_of(kind, name);
  const LockGuard guard(part.mutex);
  auto found = part.names.find(name);
  if (found == part.names.end()) {
    found = part.names.emplace(std::string(name), std::vector<Subscriber>()).first;
    counts_[index(kind)].fetch_add(1, std::memory_order_relaxed);
  }
  found->second.push_back(std::move(subscriber));
  bytes_.add(subscription_bytes(name));
}

void Channels::unsubscribe(ChannelKind kind, std::string_view name, const Mailbox& subscriber) {
  Part& part = part_of(kind, name);
  const LockGuard guard(part.mutex);
  const auto found = part.names.find(name);
  LARDER_CHECK(found != part.names.end());
  std::vector<Subscriber>& subscribers = found->second;
  const auto place = std::find_if(subscribers.begin(), subscribers.end(),
                                  [&](const Subscriber& other) { return other.get() == &subscriber; });
  LARDER_CHECK(place != subscribers.end());
  *place = std::move(subscribers.back());
  subscribers.pop_back();
  bytes_.subtract(subscription_bytes(name));
  if (!subscribers.empty()) return;
  part.names.erase(found);
  counts_[index(kind)].fetch_sub(1, std::memory_order_relaxed);
}

std::size_t Channels::put_for_name(ChannelKind kind, const Message& message, Maker& maker) {
  if (count(kind) == 0) return 0;
  const Part& part = part_of(kind, message.channel);
  const LockGuard guard(part.mutex);
  const auto found = part.names.find(message.channel);
  if (found == part.names.end()) return 0;
  maker.put_for_all(found->second, kind == ChannelKind::kChannel ? "message" : "smessage", nullptr);
  return found->second.size();
}

std::size_t Channels::publish(const Message& message, Wakeups& wakeups, const Mailbox* own_mailbox,
                              std::vector<PushRef>* own) {
  Maker maker(message, wakeups, own_mailbox, own);
  std::size_t receivers = put_for_name(ChannelKind::kChannel, message, maker);
  if (count(ChannelKind::kPattern) == 0) return receivers;
  const Part& part = parts_[index(ChannelKind::kPattern)][0];
  const LockGuard guard(part.mutex);
  for (const auto& [pattern, subscribers] : part.names) {
    if (!glob_match(pattern, message.channel)) continue;
    maker.put_for_all(subscribers, "pmessage", &pattern);
    receivers += subscribers.size();
  }
  return receivers;
}

std::size_t Channels::publish_to_shard(const Message& message, Wakeups& wakeups, const Mailbox* own_mailbox,
                                       std::vector<PushRef>* own) {
  Maker maker(message, wakeups, own_mailbox, own);
  return put_for_name(ChannelKind::kShardChannel, message, maker);
}

void Channels::for_each_name(ChannelKind kind, const std::function<void(std::string_view)>& visit) const {
  for (std::size_t i = 0; i < part_count(kind); ++i) {
    const Part& part = parts_[index(kind)][i];
    const LockGuard guard(part.mutex);
    for (const auto& [name, subscribers] : part.names) visit(name);
  }
}

std::size_t Channels::subscribers(ChannelKind kind, std::string_view name) const {
  const Part& part = part_of(kind, name);
  const LockGuard guard(part.mutex);
  const auto found = part.names.find(name);
  return found == part.names.end() ? 0 : found->second.size();
}

}  // namespace larder
