#include "commands/value_patch.h"

#include <algorithm>

#include "commands/arguments.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

// From this size on the value is made outside the lock, so often as somebody else may change it in between; after that
// under the lock all the same.
constexpr std::size_t kOutsideBytesMin = limits::kBodyBytesMin;
constexpr int kOutsideAttemptsMax = 4;

}  // namespace

bool ValuePatcher::execute() {
  StatusCode status = StatusCode::kOk;
  for (int attempt = 0; attempt <= kOutsideAttemptsMax; ++attempt) {
    const bool may_join_outside = attempt < kOutsideAttemptsMax;
    status = context_.store().run(
        key_, context_.now_ms, [&](Shard& shard, Op& op) { return apply(shard, op, may_join_outside); },
        joined_.room());
    if (!wants_joining_) break;
    if (!joined_.allocate(joined_size(old_.view().size()))) {
      status = StatusCode::kOutOfMemory;
      break;
    }
    join(old_.view());
  }
  if (too_long_) {
    context_.reply.error(errors::kValueTooLong);
    return false;
  }
  if (status == StatusCode::kOk) return true;
  context_.reply.error(status);
  return false;
}

StatusCode ValuePatcher::apply(Shard& shard, Op& op, bool may_join_outside) {
  wants_joining_ = false;
  const auto item = shard.get(key_, touch_of(context_), op);
  const std::string_view old = item ? item->value : std::string_view();
  const std::optional<ValuePatch> patch = plan(old);
  length_ = old.size();
  if (!patch) return StatusCode::kOk;
  patch_ = *patch;
  const std::string_view bytes = patch_.value.bytes;
  too_long_ = patch_.at > limits::kValueBytesMax || bytes.size() > limits::kValueBytesMax - patch_.at;
  if (too_long_) return StatusCode::kTooLarge;
  length_ = std::max(old.size(), patch_.at + bytes.size());
  if (length_ > context_.store().value_bytes_max()) return StatusCode::kTooLarge;
  if (old.empty() && patch_.at == 0) return store(shard, op, patch_.value);
  if (length_ == old.size() && shard.write_part(key_, patch_.at, bytes, op, name_)) return StatusCode::kOk;
  if (length_ < kOutsideBytesMin) {
    short_.assign(old);
    short_.resize(length_);
    short_.replace(patch_.at, bytes.size(), bytes);
    return store(shard, op, {short_});
  }
  if (joined_ && old_.is_value_of(item)) return store_joined(shard, op, item);
  if (may_join_outside) {
    old_ = item ? HeldValue(*item) : HeldValue();
    wants_joining_ = true;
    return StatusCode::kOk;
  }
  const StatusCode allocated = joined_.allocate(joined_size(old.size()), op);
  if (allocated != StatusCode::kOk) return allocated;
  join(old);
  return store(shard, op, joined_.value());
}

StatusCode ValuePatcher::store(Shard& shard, Op& op, Value value) {
  return shard.set(key_, value, {.keep_expiry = true, .keep_tags = true}, op, name_);
}

// Without the reference to the old block, which the store would take for one that somebody still reads and keep charged
// beside the new one.
StatusCode ValuePatcher::store_joined(Shard& shard, Op& op, const std::optional<ItemView>& item) {
  old_ = {};
  const StatusCode status = store(shard, op, joined_.value());
  // Nothing was changed then: the old value is where it was.
  if (status == StatusCode::kNeedsRoom && item) old_ = HeldValue(*item);
  return status;
}

void ValuePatcher::join(std::string_view old) {
  Blob& block = joined_.block();
  block.write(0, old);
  if (patch_.at > old.size()) block.write_zeroes(old.size(), patch_.at - old.size());
  block.write(patch_.at, patch_.value.bytes);
}

}  // namespace larder
