// Whether a value is the one that a client has seen: SET ... IFEQ, DELEX, DELIFEQ. A value that is in a block of its
// own is compared outside the shard's lock: look (and hold a reference), compare, and go on if it is still the one that
// was looked at.
#pragma once

#include <optional>
#include <string_view>

#include "commands/command.h"
#include "commands/value_access.h"

namespace larder {

class ValueCondition {
 public:
  enum class Wanted : std::uint8_t { kEqual, kDifferent };

  // `value` must outlive it.
  ValueCondition(Wanted wanted, std::string_view value) : wanted_(wanted), value_(value) {}

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

  Wanted wanted_;
  std::string_view value_;
  HeldValue looked_at_;
  bool looked_at_is_equal_ = false;
  int looks_ = 0;
  bool must_look_ = false;
};

// "IFEQ value" or "IFNE value" at `index`, which then goes to the value; nothing if it is neither.
std::optional<ValueCondition> read_value_condition(const CommandContext& context, std::size_t& index);

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
