// Who is subscribed to what: channels, patterns of channels, shard channels. Publishing puts the message into the
// subscribers' mailboxes under the lock of the channel, so that one publisher's messages arrive in order, and that
// nothing arrives after an unsubscription is through. Thread-safe; knows no connection.
//
// LOCKS: a lock for each sixteenth of the channels and one for all patterns, never two at a time; mailboxes are locked
// under them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "commands/mailbox.h"
#include "commands/seeded_hash.h"
#include "larder/base/blob.h"
#include "larder/base/mutex.h"
#include "larder/stats/counter.h"

namespace larder {

// Shard channels are a namespace of their own; patterns match channels.
enum class ChannelKind : std::uint8_t { kChannel, kPattern, kShardChannel };
inline constexpr std::size_t kChannelKinds = 3;

class Channels {
 public:
  using Subscriber = std::shared_ptr<Mailbox>;

  // REQUIRES: it is not subscribed to it yet.
  void subscribe(ChannelKind kind, std::string_view name, Subscriber subscriber);
  // When this returns nothing more is put for it.
  void unsubscribe(ChannelKind kind, std::string_view name, const Mailbox& subscriber);

  struct Message {
    std::string_view channel;
    std::string_view bytes;
    Blob* block = nullptr;  // set: the bytes are all of it, and it is shared instead of copied
  };
  // Puts the message for each subscriber; `own_mailbox` (may be null) is passed by, and gets its part in `own`. Returns
  // how often it was put.
  std::size_t publish(const Message& message, Wakeups& wakeups, const Mailbox* own_mailbox = nullptr,
                      std::vector<PushRef>* own = nullptr);
  std::size_t publish_to_shard(const Message& message, Wakeups& wakeups, const Mailbox* own_mailbox = nullptr,
                               std::vector<PushRef>* own = nullptr);

  // Names with subscribers.
  std::size_t count(ChannelKind kind) const { return counts_[index(kind)].load(std::memory_order_relaxed); }
  // Whether any message could have a receiver: for whoever would have to make one first.
  bool anybody_listens() const { return count(ChannelKind::kChannel) != 0 || count(ChannelKind::kPattern) != 0; }
  void for_each_name(ChannelKind kind, const std::function<void(std::string_view)>& visit) const;
  std::size_t subscribers(ChannelKind kind, std::string_view name) const;
  // What all subscriptions take, about.
  std::uint64_t bytes() const { return bytes_.get(); }

 private:
  struct alignas(64) Part {
    mutable Mutex mutex;
    std::unordered_map<std::string, std::vector<Subscriber>, SeededHash, std::equal_to<>> names GUARDED_BY(mutex);
  };
  // The makings of a push, which is made when somebody is found to get it.
  class Maker;

  static constexpr std::size_t kParts = 16;
  static constexpr std::size_t index(ChannelKind kind) { return static_cast<std::size_t>(kind); }
  // Patterns are all in one part: a message has to be held against each.
  std::size_t part_count(ChannelKind kind) const { return kind == ChannelKind::kPattern ? 1 : kParts; }
  Part& part_of(ChannelKind kind, std::string_view name) {
    return parts_[index(kind)][kind == ChannelKind::kPattern ? 0 : hash_(name) % kParts];
  }
  const Part& part_of(ChannelKind kind, std::string_view name) const {
    return const_cast<Channels*>(this)->part_of(kind, name);
  }
  std::size_t put_for_name(ChannelKind kind, const Message& message, Maker& maker);

  SeededHash hash_;
  std::array<std::array<Part, kParts>, kChannelKinds> parts_;
  std::array<std::atomic<std::size_t>, kChannelKinds> counts_{};
  SharedCounter bytes_;
};

}  // namespace larder
