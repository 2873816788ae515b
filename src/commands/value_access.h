// What the commands on keys and values share around their calls of the store: how a read counts, how a value is
// replied, how a refill is timed, and replies that are written inside a store body.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "commands/command.h"

namespace larder {

// Whether this session's accesses warm what they touch (CLIENT NO-TOUCH).
Touch touch_of(const CommandContext& context);

// Whether the argument can be stored as a key; the error reply is written if not. Commands that only look keys up need
// not ask: too long a key is a key that does not exist.
bool key_fits(CommandContext& context, std::size_t index);

// A look-up as keyspace_hits and keyspace_misses count it; misses are told to whoever is notified of them, by EXEC when
// its locks are released. `key` is one of the request's arguments. Not under a shard's lock, but for the one that the
// context keeps.
void count_lookup(CommandContext& context, const Key& key, bool found);
// The same for a GET-like command, whose misses start the refill timer.
void count_read(CommandContext& context, const Key& key, bool found);
// A SET-like command succeeded: it may have ended a refill.
void note_refill(CommandContext& context, const Key& key);

// The value as a bulk string, large ones by reference.
void reply_value(ReplyWriter& reply, const ItemView& item);

// What PTTL and its relatives answer where there is no time to tell.
inline constexpr std::int64_t kNoSuchKeyTtl = -2;
inline constexpr std::int64_t kNeverExpiresTtl = -1;
// The milliseconds that the item has left, or kNeverExpiresTtl.
inline std::int64_t remaining_ms(const ItemView& item, TimeMs now_ms) {
  return item.expire_at_ms == kNoExpiry ? kNeverExpiresTtl : item.expire_at_ms - now_ms;
}

// How Redis would keep a value that was SET: "int", "embstr" or "raw".
std::string_view encoding_of(std::string_view value);

// A value kept beyond the shard's lock: one in a block of its own by a reference, others as a copy.
class HeldValue {
 public:
  HeldValue() = default;
  explicit HeldValue(const ItemView& item);

  bool found() const { return found_; }
  std::string_view view() const { return block_ ? block_->view() : std::string_view(short_); }
  TimeMs expire_at_ms() const { return expire_at_ms_; }
  // Whether the item has the same value still. Not every new one is told apart: one with the same bytes is not.
  bool is_value_of(const std::optional<ItemView>& item) const;

 private:
  bool found_ = false;
  TimeMs expire_at_ms_ = kNoExpiry;
  std::string short_;
  BlobRef block_;
};
// The value under the key, not found if there is none.
HeldValue hold_value(const CommandContext& context, const Key& key);

// A reply written by a store body, which the store may run again: each run begins with restart(), so that only the last
// run's reply stays.
class RepeatableReply {
 public:
  explicit RepeatableReply(ReplyWriter& reply) : reply_(reply), mark_(reply.buffer().mark()) {}

  ReplyWriter& restart() {
    reply_.buffer().truncate(mark_);
    return reply_;
  }
  // Drops what the body wrote and answers the failure instead.
  Outcome fail(StatusCode code) {
    restart().error(code);
    return Outcome::kDone;
  }

 private:
  ReplyWriter& reply_;
  const ReplyBuffer::Mark mark_;
};

}  // namespace larder
