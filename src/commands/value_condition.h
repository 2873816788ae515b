// Whether a value is the one that a client has seen, by its bytes or by its digest: SET ... IFEQ, DELEX, DELIFEQ. A
// long value is compared, or digested, outside the shard's lock: look (and hold a reference), compare, and go on if it
// is still the one that was looked at.
#pragma once

#include <optional>
#include <string_view>

#include "commands/command.h"
#include "commands/value_access.h"
#include "commands/value_digest.h"

namespace larder {

class ValueCondition {
 public:
  enum class Wanted : std::uint8_t { kEqual, kDifferent };

  // `value` must outlive it.
  ValueCondition(Wanted wanted, std::string_view value) : wanted_(wanted), value_(value) {}
  ValueCondition(Wanted wanted, ValueDigest digest) : wanted_(wanted), digest_(digest) {}

  // Outside of every lock, and again whenever must_look() says so.
  void look(const CommandContext& context, const Key& key);
  // Under the shard's lock. Whether the item meets the condition; one that is not there is different from every value.
  // With must_look(): that is not known; nothing may be done, and look() comes next.
  bool is_met_by(const std::optional<ItemView>& item);
  bool must_look() const { return must_look_; }
  // The body has changed nothing and will be called again.
  void comes_again(const std::optional<ItemView>& item);

 private:
  bool is_met(bool equal) const { return equal == (wanted_ == Wanted::kEqual); }
  // Values of different lengths are different.
  bool may_equal(std::size_t value_bytes) const { return digest_ || value_bytes == value_.size(); }
  bool equals(std::string_view value) const { return digest_ ? digest_of(value) == *digest_ : value == value_; }

  Wanted wanted_;
  std::string_view value_;
  std::optional<ValueDigest> digest_;  // set: this counts, not the value
  HeldValue looked_at_;
  bool looked_at_is_equal_ = false;
  int looks_ = 0;
  bool must_look_ = false;
};

// "IFEQ value", "IFNE value", "IFDEQ digest" or "IFDNE digest" as a client has written it, not looked at yet.
struct ValueConditionArgument {
  ValueCondition::Wanted wanted = ValueCondition::Wanted::kEqual;
  bool by_digest = false;
  std::string_view text;
};
// The one at `index`, which then goes to its value; nothing if there is none.
std::optional<ValueConditionArgument> find_value_condition(const CommandContext& context, std::size_t& index);
// Nothing: the error was written.
std::optional<ValueCondition> read_value_condition(CommandContext& context, const ValueConditionArgument& argument);

// CommandContext::run() with a body `body(shard, op)` that is called only where the item under the key meets the
// condition; without one always. kNotStored: it does not, and `otherwise(shard, op)` was called.
template <class Body, class Otherwise>
StatusCode run_if(CommandContext& context, const Key& key, std::optional<ValueCondition>& condition, Body&& body,
                  Otherwise&& otherwise) {
  if (!condition) return context.run(key, body);
  // It may hold the key's shard.
  context.kept.release();
  StatusCode status = StatusCode::kNotStored;
  do {
    condition->look(context, key);
    status = context.store().run(
        key, context.now_ms,
        [&](Shard& shard, Op& op) {
          if (!condition->is_met_by(shard.get(key, Touch::kNo, op))) {
            if (!condition->must_look()) otherwise(shard, op);
            return StatusCode::kNotStored;
          }
          const StatusCode done = body(shard, op);
          if (done == StatusCode::kNeedsRoom) condition->comes_again(shard.get(key, Touch::kNo, op));
          return done;
        },
        context.room);
  } while (condition->must_look());
  return status;
}

template <class Body>
StatusCode run_if(CommandContext& context, const Key& key, std::optional<ValueCondition>& condition, Body&& body) {
  return run_if(context, key, condition, body, [](Shard&, Op&) {});
}

}  // namespace larder
