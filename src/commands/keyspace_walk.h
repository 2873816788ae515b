// What walks over the keyspace share: cursors as clients write them, steps from one to the next, keys carried out from
// under a shard's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command.h"

namespace larder {

// A walk that goes on by itself looks at so many items before it does something with what it found.
inline constexpr std::size_t kWalkSliceItems = 512;

// Keys copied, one behind the other.
class KeyList {
 public:
  void add(std::string_view key) {
    bytes_.append(key);
    ends_.push_back(bytes_.size());
  }
  std::size_t size() const { return ends_.size(); }
  // Valid until the next change.
  std::string_view operator[](std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }
  void clear() {
    bytes_.clear();
    ends_.clear();
  }
  // As an array.
  void reply(ReplyWriter& reply) const {
    reply.array(size());
    for (std::size_t i = 0; i < size(); ++i) reply.bulk((*this)[i]);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

// A decimal that may carry a sign and leading zeros; an empty text counts as 0. A negative one is beyond every end.
// Nothing: the error was written.
std::optional<std::uint64_t> read_cursor(CommandContext& context, std::size_t index);

// ShardedStore::scan() for a cursor that a client has sent: no walk ever gives out one beyond the last hash, so such a
// one names the end.
template <class Visit>
std::uint64_t walk_keyspace(CommandContext& context, std::uint64_t cursor, std::size_t count, Visit&& visit) {
  if (cursor >> kScanCursorBits != 0) return 0;
  return context.store().scan(cursor, count, context.now_ms, visit);
}

}  // namespace larder
