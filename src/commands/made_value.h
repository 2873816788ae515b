// A value that a command makes of others that are there meanwhile (APPEND, SETRANGE, COPY, BITOP ...): its block, and
// the room for it, which is made before the block is. So what is worked on counts towards maxmemory as what is stored
// does. Lives for one request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "commands/command.h"

namespace larder {

class MadeValue {
 public:
  explicit MadeValue(const CommandContext& context);
  MadeValue(const MadeValue&) = delete;
  MadeValue& operator=(const MadeValue&) = delete;

  struct Size {
    std::size_t key_bytes = 0;  // of the key under which it will be stored
    std::size_t bytes = 0;
    std::uint8_t tags = 0;
    std::size_t beside_bytes = 0;  // of the values that it is made of
  };
  // A block for the caller to fill, in place of an earlier one. False: there is no room, or no memory. Not under a
  // shard's lock, but in a transaction.
  bool allocate(const Size& size);
  // The same under the lock of the shard that will store it, with what room the operation has. kNeedsRoom: it says how
  // much is missing.
  StatusCode allocate(const Size& size, Op& op);
  void drop() { block_ = {}; }

  explicit operator bool() const { return static_cast<bool>(block_); }
  Blob& block() const { return *block_.get(); }
  Value value() const { return {block_->view(), block_.get()}; }
  // For the call of the store that stores it; null: there is none.
  Reservation* room() const { return given_ != nullptr ? given_ : own_.get(); }

 private:
  static std::size_t room_bytes(const Size& size) {
    return Shard::item_bytes_max(size.key_bytes, size.bytes, size.tags);
  }

  const CommandContext& context_;
  Reservation* const given_;  // made for the request while it arrived, or null
  const std::size_t given_bytes_;
  std::unique_ptr<Reservation> own_;
  BlobRef block_;  // goes before the room for it
};

}  // namespace larder
