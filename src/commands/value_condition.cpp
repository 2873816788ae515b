#include "commands/value_condition.h"

#include "commands/arguments.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

// As often somebody else may change the value meanwhile; after that it is compared under the lock all the same.
constexpr int kLooksMax = 4;

}  // namespace

std::optional<ValueCondition> read_value_condition(const CommandContext& context, std::size_t& index) {
  if (!arguments_follow(context, index)) return {};
  const bool equal = argument_is(context, index, "ifeq");
  if (!equal && !argument_is(context, index, "ifne")) return {};
  const auto wanted = equal ? ValueCondition::Wanted::kEqual : ValueCondition::Wanted::kDifferent;
  return ValueCondition(wanted, context.arg(++index));
}

void ValueCondition::look(const CommandContext& context, const Key& key) {
  must_look_ = false;
  // Values of different lengths are different, and short ones are compared at once.
  if (value_.size() < limits::kBodyBytesMin) return;
  ++looks_;
  looked_at_ = hold_value(context, key);
  looked_at_is_equal_ = looked_at_.found() && looked_at_.view() == value_;
}

bool ValueCondition::is_met_by(const std::optional<ItemView>& item) {
  must_look_ = false;
  if (!item || item->value.size() != value_.size()) return is_met(false);
  if (item->blob == nullptr || value_.size() < limits::kBodyBytesMin) return is_met(item->value == value_);
  if (looked_at_.is_value_of(item)) {
    // The store would take the reference for somebody who still reads what is about to be replaced.
    looked_at_ = {};
    return is_met(looked_at_is_equal_);
  }
  must_look_ = looks_ < kLooksMax;
  return !must_look_ && is_met(item->value == value_);
}

void ValueCondition::comes_again(const std::optional<ItemView>& item) {
  // Its answer is known.
  if (item && item->blob != nullptr && item->value.size() == value_.size()) looked_at_ = HeldValue(*item);
}

}  // namespace larder
