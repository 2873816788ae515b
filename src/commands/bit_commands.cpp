// Values as rows of bits, bit 0 being the highest of the first byte: SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP. Long
// values are looked through outside the shard's lock, in their block, which nobody changes meanwhile.
#include <algorithm>
#include <functional>
#include <vector>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/made_value.h"
#include "commands/value_access.h"
#include "commands/value_patch.h"
#include "larder/base/bits.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

constexpr std::string_view kBadOffset = "ERR bit offset is not an integer or out of range";
constexpr std::string_view kBadBit = "ERR bit is not an integer or out of range";
constexpr std::int64_t kOffsetMax = static_cast<std::int64_t>(limits::kValueBytesMax) * 8 - 1;

std::optional<std::size_t> read_offset(CommandContext& context, std::size_t index) {
  const auto offset = read_int_within(context, index, {.min = 0, .max = kOffsetMax}, kBadOffset);
  if (!offset) return {};
  return static_cast<std::size_t>(*offset);
}

class SetBit final : public ValuePatcher {
 public:
  SetBit(CommandContext& context, std::size_t offset, bool bit)
      : ValuePatcher(context, EventName::kSetBit), offset_(offset), bit_(bit) {}

  bool old_bit() const { return old_bit_; }

 private:
  std::optional<ValuePatch> plan(std::string_view old) override {
    const std::size_t at = offset_ / 8;
    const auto mask = static_cast<unsigned char>(0x80U >> (offset_ % 8));
    const auto byte = static_cast<unsigned char>(at < old.size() ? old[at] : 0);
    old_bit_ = (byte & mask) != 0;
    if (at < old.size() && old_bit_ == bit_) return {};
    byte_ = static_cast<char>(bit_ ? byte | mask : byte & ~mask);
    return ValuePatch{at, {{&byte_, 1}, nullptr}};
  }

  const std::size_t offset_;
  const bool bit_;
  bool old_bit_ = false;
  char byte_ = 0;
};

Outcome cmd_setbit(CommandContext& context) {
  const auto offset = read_offset(context, 2);
  if (!offset) return Outcome::kDone;
  const auto bit = read_int_within(context, 3, {.min = 0, .max = 1}, kBadBit);
  if (!bit || !key_fits(context, 1)) return Outcome::kDone;
  SetBit set(context, *offset, *bit == 1);
  if (set.execute()) context.reply.integer(set.old_bit() ? 1 : 0);
  return Outcome::kDone;
}

Outcome cmd_getbit(CommandContext& context) {
  const auto offset = read_offset(context, 2);
  if (!offset) return Outcome::kDone;
  const Key key = context.key(1);
  bool found = false;
  bool bit = false;
  context.run(key, [&](Shard& shard, Op& op) {
    const auto item = shard.get(key, touch_of(context), op);
    found = item.has_value();
    bit = found && bit_at(item->value, *offset);
    return StatusCode::kOk;
  });
  count_lookup(context, key, found);
  context.reply.integer(bit ? 1 : 0);
  return Outcome::kDone;
}

// Which of a value's bits are meant: "[start [end [BYTE | BIT]]]" from argument `index` on. Nothing: the error was
// replied. An empty range has begin == end.
struct BitRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool end_given = false;
};
// Bits in what the range counts; nothing: it is neither BYTE nor BIT.
std::optional<std::size_t> range_unit(const CommandContext& context, std::size_t index) {
  if (index >= context.argc() || argument_is(context, index, "byte")) return 8;
  if (argument_is(context, index, "bit")) return 1;
  return {};
}

// Redis's two commands differ in whether they complain about a bad unit before they look at the end, and in what is
// left of a range before the beginning.
enum class RangeOf : std::uint8_t { kBitCount, kBitPos };

std::optional<BitRange> read_bit_range(CommandContext& context, std::size_t index, std::size_t value_bytes,
                                       RangeOf command) {
  std::optional<std::int64_t> first{0};
  std::optional<std::int64_t> last{-1};
  const std::size_t given = context.argc() - index;
  if (given > 0) first = read_int(context, index);
  if (!first) return {};
  const auto unit = range_unit(context, index + 2);
  if (unit || command == RangeOf::kBitCount) {
    if (given > 1) last = read_int(context, index + 1);
    if (!last) return {};
  }
  if (command == RangeOf::kBitCount && *first < 0 && *last < 0 && *first > *last) return BitRange{};
  if (!unit) {
    context.reply.error(errors::kSyntax);
    return {};
  }
  const IndexRange range = cut_range(*first, *last, value_bytes * 8 / *unit);
  return BitRange{range.begin * *unit, range.end * *unit, given > 1};
}

Outcome cmd_bitcount(CommandContext& context) {
  const Key key = context.key(1);
  const HeldValue value = hold_value(context, key);
  count_lookup(context, key, value.found());
  // As Redis 7.0, what follows is not looked at then.
  if (!value.found()) {
    context.reply.integer(0);
    return Outcome::kDone;
  }
  if (context.argc() == 3 || context.argc() > 5) return fail(context, errors::kSyntax);
  const auto range = read_bit_range(context, 2, value.view().size(), RangeOf::kBitCount);
  if (!range) return Outcome::kDone;
  context.reply.integer(static_cast<std::int64_t>(count_bits(value.view(), range->begin, range->end)));
  return Outcome::kDone;
}

Outcome cmd_bitpos(CommandContext& context) {
  const auto bit = read_int(context, 2);
  if (!bit) return Outcome::kDone;
  if (*bit != 0 && *bit != 1) return fail(context, "ERR The bit argument must be 1 or 0.");
  const Key key = context.key(1);
  const HeldValue value = hold_value(context, key);
  count_lookup(context, key, value.found());
  if (!value.found()) {
    context.reply.integer(*bit == 1 ? -1 : 0);
    return Outcome::kDone;
  }
  if (context.argc() > 6) return fail(context, errors::kSyntax);
  const auto range = read_bit_range(context, 3, value.view().size(), RangeOf::kBitPos);
  if (!range) return Outcome::kDone;
  std::int64_t position = -1;
  if (const auto found = find_bit(value.view(), range->begin, range->end, *bit == 1)) {
    position = static_cast<std::int64_t>(*found);
  } else if (*bit == 0 && !range->end_given && range->begin < range->end) {
    // Behind its end a value is zeroes for ever.
    position = static_cast<std::int64_t>(range->end);
  }
  context.reply.integer(position);
  return Outcome::kDone;
}

// --- BITOP ---

enum class BitOperation : std::uint8_t { kAnd, kOr, kXor, kNot };

std::optional<BitOperation> read_operation(const CommandContext& context) {
  if (argument_is(context, 1, "and")) return BitOperation::kAnd;
  if (argument_is(context, 1, "or")) return BitOperation::kOr;
  if (argument_is(context, 1, "xor")) return BitOperation::kXor;
  if (argument_is(context, 1, "not")) return BitOperation::kNot;
  return {};
}

template <class Combine>
void combine_bytes(char* into, std::string_view with, Combine&& combine) {
  for (std::size_t i = 0; i < with.size(); ++i) {
    into[i] = static_cast<char>(combine(static_cast<unsigned char>(into[i]), static_cast<unsigned char>(with[i])));
  }
}

// `into` has the first source, and zeroes behind it.
void combine(BitOperation operation, char* into, std::size_t bytes, std::string_view with) {
  switch (operation) {
    case BitOperation::kAnd:
      combine_bytes(into, with, std::bit_and<>());
      std::fill(into + with.size(), into + bytes, '\0');
      break;
    case BitOperation::kOr:
      combine_bytes(into, with, std::bit_or<>());
      break;
    case BitOperation::kXor:
      combine_bytes(into, with, std::bit_xor<>());
      break;
    case BitOperation::kNot:
      break;
  }
}

// The values are taken one by one, and combined and stored without holding anything: see protocol/DIFFERENCES.md.
// Of nothing nothing is made. False: there is no room for the result.
bool combine_all(BitOperation operation, const std::vector<HeldValue>& sources, const Key& target, MadeValue& result) {
  std::size_t bytes = 0;
  for (const HeldValue& source : sources) bytes = std::max(bytes, source.view().size());
  if (bytes == 0) return true;
  if (!result.allocate({.key_bytes = target.bytes.size(), .bytes = bytes, .beside_bytes = bytes})) return false;
  Blob& block = result.block();
  const std::string_view first = sources.front().view();
  block.write(0, first);
  block.write_zeroes(first.size(), bytes - first.size());
  for (std::size_t i = 1; i < sources.size(); ++i) combine(operation, block.data(), bytes, sources[i].view());
  if (operation == BitOperation::kNot) {
    std::transform(block.data(), block.data() + bytes, block.data(),
                   [](char byte) { return static_cast<char>(~byte); });
  }
  return true;
}

Outcome cmd_bitop(CommandContext& context) {
  const auto operation = read_operation(context);
  if (!operation) return fail(context, errors::kSyntax);
  if (*operation == BitOperation::kNot && context.argc() != 4) {
    return fail(context, "ERR BITOP NOT must be called with a single source key.");
  }
  if (!key_fits(context, 2)) return Outcome::kDone;
  std::vector<HeldValue> sources;
  sources.reserve(context.argc() - 3);
  for (std::size_t i = 3; i < context.argc(); ++i) {
    const Key key = context.key(i);
    sources.push_back(hold_value(context, key));
    count_lookup(context, key, sources.back().found());
  }
  const Key target = context.key(2);
  MadeValue result(context);
  if (!combine_all(*operation, sources, target, result)) {
    context.reply.error(StatusCode::kOutOfMemory);
    return Outcome::kDone;
  }
  sources.clear();
  const Value value = result ? result.value() : Value{};
  const bool in_its_block = value.bytes.size() >= limits::kBodyBytesMin;
  const auto store = [&](Shard& shard, Op& op) {
    if (!value.bytes.empty()) return shard.set(target, in_its_block ? value : Value{value.bytes}, {}, op);
    shard.erase(target, op);
    return StatusCode::kOk;
  };
  const StatusCode status = context.store().run(target, context.now_ms, store, result.room());
  if (status == StatusCode::kOk) {
    context.reply.integer(static_cast<std::int64_t>(value.bytes.size()));
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

constexpr KeySpec kFirst = {1, 1, 1};

constexpr CommandSpec kCommands[] = {
    {.name = "setbit",
     .function = cmd_setbit,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = kFirst,
     .group = "bitmap",
     .since = "2.2.0",
     .complexity = "O(1); O(N) where the value grows or is being read",
     .summary = "Sets or clears a bit of a value and answers what it was",
     .syntax = "key offset value",
     .acl_categories = "@write @bitmap @slow"},
    {.name = "getbit",
     .function = cmd_getbit,
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = kFirst,
     .group = "bitmap",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Answers a bit of a value",
     .syntax = "key offset",
     .acl_categories = "@read @bitmap @fast",
     .keyed = true},
    {.name = "bitcount",
     .function = cmd_bitcount,
     .arity = -2,
     .flags = kReadOnly,
     .keys = kFirst,
     .group = "bitmap",
     .since = "2.6.0",
     .complexity = "O(N), N being the length of the value",
     .summary = "Counts the bits of a value that are set",
     .syntax = "key [start end [BYTE | BIT]]",
     .acl_categories = "@read @bitmap @slow"},
    {.name = "bitpos",
     .function = cmd_bitpos,
     .arity = -3,
     .flags = kReadOnly,
     .keys = kFirst,
     .group = "bitmap",
     .since = "2.8.7",
     .complexity = "O(N), N being the length of the value",
     .summary = "Answers the position of the first bit of a value that is set, or is clear",
     .syntax = "key bit [start [end [BYTE | BIT]]]",
     .acl_categories = "@read @bitmap @slow"},
    {.name = "bitop",
     .function = cmd_bitop,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {2, -1, 1},
     .group = "bitmap",
     .since = "2.6.0",
     .complexity = "O(N), N being the length of all the values",
     .summary = "Combines values bit by bit and stores the result",
     .syntax = "(AND | OR | XOR | NOT) destkey key [key ...]",
     .acl_categories = "@write @bitmap @slow"},
};

}  // namespace

std::span<const CommandSpec> bit_commands() {
  return kCommands;
}

}  // namespace larder
