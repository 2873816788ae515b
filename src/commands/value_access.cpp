#include "commands/value_access.h"

#include "commands/arguments.h"
#include "commands/session.h"
#include "larder/base/limits.h"

namespace larder {

Touch touch_of(const CommandContext& context) {
  return context.session.no_touch() ? Touch::kNo : Touch::kYes;
}

bool key_fits(CommandContext& context, std::size_t index) {
  if (context.arg(index).size() <= limits::kKeyBytesMax) return true;
  fail(context, "ERR key is too long (at most " + std::to_string(limits::kKeyBytesMax) + " bytes)");
  return false;
}

void count_lookup(CommandContext& context, bool found) {
  if (found) {
    context.count_hit();
  } else {
    context.count_miss();
  }
}

void count_read(CommandContext& context, const Key& key, bool found) {
  count_lookup(context, found);
  if (!found) context.session.refill_timer().on_miss(key.hash, context.now_ns);
}

void note_refill(CommandContext& context, const Key& key) {
  const auto took_ns = context.session.refill_timer().on_set(key.hash, context.now_ns);
  if (!took_ns) return;
  context.statistics.load_us.add(static_cast<std::uint64_t>(*took_ns / 1000));
  context.statistics.loads.add();
}

void reply_value(ReplyWriter& reply, const ItemView& item) {
  if (item.blob != nullptr) {
    reply.bulk(BlobRef::share(item.blob), item.value);
  } else {
    reply.bulk(item.value);
  }
}

}  // namespace larder
