// Parts of a value: APPEND, GETRANGE, SUBSTR, SETRANGE.
#include <algorithm>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/string_handlers.h"
#include "commands/value_access.h"
#include "commands/value_patch.h"

namespace larder {

namespace {

class Append final : public ValuePatcher {
 public:
  explicit Append(CommandContext& context) : ValuePatcher(context, EventName::kAppend), suffix_(context.value(2)) {}

 private:
  // Appending nothing is a change too, as far as anybody is told.
  std::optional<ValuePatch> plan(std::string_view old) override { return ValuePatch{old.size(), suffix_}; }

  const Value suffix_;
};

class SetRange final : public ValuePatcher {
 public:
  SetRange(CommandContext& context, std::size_t at)
      : ValuePatcher(context, EventName::kSetRange), at_(at), part_(context.value(3)) {}

 private:
  // Nothing to write makes no key.
  std::optional<ValuePatch> plan(std::string_view /*old*/) override {
    if (part_.bytes.empty()) return {};
    return ValuePatch{at_, part_};
  }

  const std::size_t at_;
  const Value part_;
};

Outcome patch(CommandContext& context, ValuePatcher&& patcher) {
  if (patcher.execute()) context.reply.integer(static_cast<std::int64_t>(patcher.length()));
  return Outcome::kDone;
}

}  // namespace

Outcome cmd_append(CommandContext& context) {
  if (!key_fits(context, 1)) return Outcome::kDone;
  return patch(context, Append(context));
}

Outcome cmd_setrange(CommandContext& context) {
  const auto at = read_int(context, 2);
  if (!at) return Outcome::kDone;
  if (*at < 0) return fail(context, "ERR offset is out of range");
  if (!key_fits(context, 1)) return Outcome::kDone;
  return patch(context, SetRange(context, static_cast<std::size_t>(*at)));
}

Outcome cmd_getrange(CommandContext& context) {
  const auto first = read_int(context, 2);
  if (!first) return Outcome::kDone;
  const auto last = read_int(context, 3);
  if (!last) return Outcome::kDone;
  const Key key = context.key(1);
  bool found = false;
  RepeatableReply reply(context.reply);
  context.run(key, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, touch_of(context), op);
    found = item.has_value();
    const std::string_view value = found ? item->value : std::string_view();
    const IndexRange range = index_range(*first, *last, value.size());
    const std::string_view part = value.substr(range.begin, range.end - range.begin);
    if (found && item->blob != nullptr) {
      reply.restart().bulk(BlobRef::share(item->blob), part);
    } else {
      reply.restart().bulk(part);
    }
    return StatusCode::kOk;
  });
  count_lookup(context, key, found);
  return Outcome::kDone;
}

}  // namespace larder
