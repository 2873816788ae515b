// APPEND. Short values are joined under the shard's lock. Joining megabytes there would stall the shard, so a long
// value is joined outside: look (and hold a reference), join, and store the result if the value is still the one that
// was looked at.
#include <string>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/string_handlers.h"
#include "commands/value_access.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

constexpr std::string_view kTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

// From this size on the joining is done outside the lock, so often as somebody else may change the value in between;
// after that under the lock all the same.
constexpr std::size_t kOutsideBytesMin = limits::kBodyBytesMin;
constexpr int kOutsideAttemptsMax = 4;

class Append {
 public:
  explicit Append(CommandContext& context) : context_(context), key_(context.key(1)), suffix_(context.value(2)) {}

  Outcome execute() {
    StatusCode status = StatusCode::kOk;
    for (int attempt = 0; attempt <= kOutsideAttemptsMax; ++attempt) {
      const bool may_join_outside = attempt < kOutsideAttemptsMax;
      status = context_.store().run(
          key_, context_.now_ms, [&](Shard& shard, Op& op) { return join_and_store(shard, op, may_join_outside); },
          context_.room);
      if (!wants_joining_) break;
      if (!join(joined_from())) return fail(context_, StatusCode::kOutOfMemory);
    }
    if (too_long_) return larder::fail(context_, kTooLong);
    if (status != StatusCode::kOk) return fail(context_, status);
    context_.reply.integer(static_cast<std::int64_t>(length_));
    return Outcome::kDone;
  }

 private:
  static Outcome fail(CommandContext& context, StatusCode status) {
    context.reply.error(status);
    return Outcome::kDone;
  }

  // The store body. Sets wants_joining_ if the value is to be joined outside first.
  StatusCode join_and_store(Shard& shard, Op& op, bool may_join_outside) {
    wants_joining_ = false;
    const auto item = shard.get(key_, touch_of(context_), op);
    const std::string_view old = item ? item->value : std::string_view();
    too_long_ = suffix_.bytes.size() > limits::kValueBytesMax - old.size();
    if (too_long_) return StatusCode::kTooLarge;
    length_ = old.size() + suffix_.bytes.size();
    if (old.empty()) return store(shard, op, suffix_);
    if (suffix_.bytes.empty()) return StatusCode::kOk;
    if (length_ < kOutsideBytesMin) {
      short_.assign(old);
      short_.append(suffix_.bytes);
      return store(shard, op, {short_});
    }
    if (joined_ && is_joined_from(*item)) return store_joined(shard, op);
    if (may_join_outside) {
      remember(*item);
      wants_joining_ = true;
      return StatusCode::kOk;
    }
    if (!join(old)) return StatusCode::kOutOfMemory;
    return store(shard, op, {joined_->view(), joined_.get()});
  }

  StatusCode store(Shard& shard, Op& op, Value value) {
    return shard.set(key_, value, {.keep_expiry = true}, op, EventKind::kChanged);
  }

  // Without the reference to the old block, which the store would take for one that somebody still reads and keep
  // charged beside the new one.
  StatusCode store_joined(Shard& shard, Op& op) {
    Blob* const old = old_blob_.get();
    old_blob_ = {};
    const StatusCode status = store(shard, op, {joined_->view(), joined_.get()});
    // Nothing was changed then: the old block is where it was.
    if (status == StatusCode::kNeedsRoom) old_blob_ = BlobRef::share(old);
    return status;
  }

  bool join(std::string_view old) {
    joined_ = Blob::allocate(old.size() + suffix_.bytes.size());
    if (!joined_) return false;
    joined_->write(0, old);
    joined_->write(old.size(), suffix_.bytes);
    return true;
  }

  // The value that was looked at: its block, which stays what it is while the reference is held, or a copy of a short
  // one.
  void remember(const ItemView& item) {
    old_blob_ = BlobRef::share(item.blob);
    old_short_.assign(old_blob_ ? std::string_view() : item.value);
  }
  std::string_view joined_from() const { return old_blob_ ? old_blob_->view() : std::string_view(old_short_); }
  bool is_joined_from(const ItemView& item) const {
    return old_blob_ ? item.blob == old_blob_.get() : item.blob == nullptr && item.value == old_short_;
  }

  CommandContext& context_;
  const Key key_;
  const Value suffix_;
  std::size_t length_ = 0;
  bool too_long_ = false;
  bool wants_joining_ = false;
  std::string short_;
  std::string old_short_;
  BlobRef old_blob_;
  BlobRef joined_;
};

}  // namespace

Outcome cmd_append(CommandContext& context) {
  if (!key_fits(context, 1)) return Outcome::kDone;
  return Append(context).execute();
}

}  // namespace larder
