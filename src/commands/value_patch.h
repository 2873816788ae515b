// Writing some bytes into a value: what APPEND, SETRANGE and SETBIT have in common. Where the length stays, the bytes
// are written in place; a short value is made anew under the shard's lock. Copying megabytes there would stall the
// shard, so a long value is made outside: look (and hold a reference), copy, and store the result if the value is
// still the one that was looked at.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "commands/command.h"
#include "commands/made_value.h"
#include "commands/value_access.h"

namespace larder {

// Zeroes fill what is between the value's end and `at`.
struct ValuePatch {
  std::size_t at = 0;
  Value value;
};

// Lives for one request.
class ValuePatcher {
 public:
  // `name` is the event's.
  ValuePatcher(CommandContext& context, EventName name)
      : context_(context), key_(context.key(1)), name_(name), joined_(context) {}
  virtual ~ValuePatcher() = default;
  ValuePatcher(const ValuePatcher&) = delete;
  ValuePatcher& operator=(const ValuePatcher&) = delete;

  // False: the error was replied, and nothing has changed.
  bool execute();
  // Of the value afterwards.
  std::size_t length() const { return length_; }

 protected:
  // What is to be written into the value that is there (empty: there may be none); nothing: it stays as it is. The same
  // answer for the same value: it may be asked again. Called under the shard's lock.
  virtual std::optional<ValuePatch> plan(std::string_view old) = 0;

 private:
  // The store body. Sets wants_joining_ if the value is to be made outside first.
  StatusCode apply(Shard& shard, Op& op, bool may_join_outside);
  StatusCode store(Shard& shard, Op& op, Value value);
  StatusCode store_joined(Shard& shard, Op& op, const std::optional<ItemView>& item);
  MadeValue::Size joined_size(std::size_t old_bytes) const {
    return {.key_bytes = key_.bytes.size(), .bytes = length_, .beside_bytes = old_bytes};
  }
  // REQUIRES: joined_ was allocated.
  void join(std::string_view old);

  CommandContext& context_;
  const Key key_;
  const EventName name_;
  ValuePatch patch_;
  std::size_t length_ = 0;
  bool too_long_ = false;
  bool wants_joining_ = false;
  std::string short_;
  HeldValue old_;  // what was looked at; its block stays what it is while it is held
  MadeValue joined_;
};

}  // namespace larder
