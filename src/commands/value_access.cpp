#include "commands/value_access.h"

#include "commands/arguments.h"
#include "commands/session.h"
#include "larder/base/limits.h"
#include "larder/base/text.h"

namespace larder {

namespace {

// Redis keeps strings up to this length in one block with their object.
constexpr std::size_t kEmbeddedBytesMax = 44;
// As far as it looks for a number.
constexpr std::size_t kIntegerBytesMax = 20;

}  // namespace

Touch touch_of(const CommandContext& context) {
  return context.session.no_touch() ? Touch::kNo : Touch::kYes;
}

bool key_fits(CommandContext& context, std::size_t index) {
  if (context.arg(index).size() <= limits::kKeyBytesMax) return true;
  fail(context, "ERR key is too long (at most " + std::to_string(limits::kKeyBytesMax) + " bytes)");
  return false;
}

void count_lookup(CommandContext& context, const Key& key, bool found) {
  context.store().note_lookup(key.hash, found);
  if (found) return context.count_hit();
  context.count_miss();
  KeyNotifier& notifier = context.session.pushes().notifier;
  if (!notifier.wants_misses()) [[likely]]
    return;
  if (context.session.in_exec()) return context.session.transaction().note_miss(key);
  context.kept.release();
  notifier.on_misses({&key, 1});
}

void count_read(CommandContext& context, const Key& key, bool found) {
  count_lookup(context, key, found);
  if (!found) context.session.refill_timer().on_miss(key.hash, context.now_ns);
}

void note_refill(CommandContext& context, const Key& key) {
  const auto took_ns = context.session.refill_timer().on_set(key.hash, context.now_ns);
  if (!took_ns) return;
  context.statistics.load_us.add(static_cast<std::uint64_t>(*took_ns / 1000));
  context.statistics.loads.add();
  context.statistics.load_times.record_ns(*took_ns);
}

std::string_view encoding_of(std::string_view value) {
  if (value.size() <= kIntegerBytesMax && parse_int64(value)) return "int";
  return value.size() <= kEmbeddedBytesMax ? "embstr" : "raw";
}

HeldValue::HeldValue(const ItemView& item) : found_(true), expire_at_ms_(item.expire_at_ms) {
  if (item.blob != nullptr) {
    block_ = BlobRef::share(item.blob);
  } else {
    short_.assign(item.value);
  }
}

bool HeldValue::is_value_of(const std::optional<ItemView>& item) const {
  if (found_ != item.has_value()) return false;
  if (!found_) return true;
  if (block_ || item->blob != nullptr) return block_.get() == item->blob;
  return short_ == item->value;
}

HeldValue hold_value(const CommandContext& context, const Key& key) {
  HeldValue value;
  context.store().run(key, context.now_ms, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, touch_of(context), op);
    value = item ? HeldValue(*item) : HeldValue();
    return StatusCode::kOk;
  });
  return value;
}

void reply_value(ReplyWriter& reply, const ItemView& item) {
  if (item.blob != nullptr) {
    reply.bulk(BlobRef::share(item.blob), item.value);
  } else {
    reply.bulk(item.value);
  }
}

}  // namespace larder
