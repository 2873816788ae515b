#include "commands/value_condition.h"

#include <utility>

#include "commands/arguments.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

// As often somebody else may change the value meanwhile; after that it is compared under the lock all the same.
constexpr int kLooksMax = 4;

}  // namespace

std::optional<ValueConditionArgument> find_value_condition(const CommandContext& context, std::size_t& index) {
  using enum ValueCondition::Wanted;
  struct Word {
    std::string_view name;
    ValueCondition::Wanted wanted;
    bool by_digest;
  };
  constexpr Word kWords[] = {
      {"ifeq", kEqual, false}, {"ifne", kDifferent, false}, {"ifdeq", kEqual, true}, {"ifdne", kDifferent, true}};
  if (!arguments_follow(context, index)) return {};
  for (const Word& word : kWords) {
    if (argument_is(context, index, word.name)) return {{word.wanted, word.by_digest, context.arg(++index)}};
  }
  return {};
}

std::optional<ValueCondition> read_value_condition(CommandContext& context, const ValueConditionArgument& argument) {
  if (!argument.by_digest) return ValueCondition(argument.wanted, argument.text);
  const auto digest = parse_digest(argument.text);
  if (digest) return ValueCondition(argument.wanted, *digest);
  fail(context, "ERR must be exactly 16 hexadecimal characters");
  return {};
}

void ValueCondition::look(const CommandContext& context, const Key& key) {
  // Short values are compared at once. How long the one of a digest is turns out when the item is met.
  const bool asked_to = std::exchange(must_look_, false);
  if (digest_ ? !asked_to : value_.size() < limits::kBodyBytesMin) return;
  ++looks_;
  looked_at_ = hold_value(context, key);
  looked_at_is_equal_ = looked_at_.found() && may_equal(looked_at_.view().size()) && equals(looked_at_.view());
}

bool ValueCondition::is_met_by(const std::optional<ItemView>& item) {
  must_look_ = false;
  if (!item || !may_equal(item->value.size())) return is_met(false);
  if (item->blob == nullptr || item->value.size() < limits::kBodyBytesMin) return is_met(equals(item->value));
  if (looked_at_.is_value_of(item)) {
    // The store would take the reference for somebody who still reads what is about to be replaced.
    looked_at_ = {};
    return is_met(looked_at_is_equal_);
  }
  must_look_ = looks_ < kLooksMax;
  return !must_look_ && is_met(equals(item->value));
}

void ValueCondition::comes_again(const std::optional<ItemView>& item) {
  // Its answer is known: the body was called.
  if (!item || item->blob == nullptr || !may_equal(item->value.size())) return;
  looked_at_ = HeldValue(*item);
  looked_at_is_equal_ = wanted_ == Wanted::kEqual;
}

}  // namespace larder
