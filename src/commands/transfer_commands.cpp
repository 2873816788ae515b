// A value's way to another key: RENAME, RENAMENX, COPY. A large value goes on in its block when it is renamed, and is
// copied outside the locks when it is copied: look (and hold a reference), copy, and store if it is still the one that
// was looked at.
#include <array>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/made_value.h"
#include "commands/session.h"
#include "commands/value_access.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

// As often the source may change while it is copied; after that what was copied is stored all the same.
constexpr int kCopyAttemptsMax = 4;

enum class Transfer : std::uint8_t { kDone, kNoSource, kTargetExists };

// --- RENAME ---

// What of a renamed item goes on.
struct Taken {
  BlobRef block;
  std::string short_value;
  TimeMs expire_at_ms = kNoExpiry;
  KeptExtras extras;

  Value value() const { return block ? Value{block->view(), block.get()} : Value{short_value, nullptr}; }
};

// The store body. REQUIRES: the keys differ, and both are locked.
StatusCode move_item(ShardedStore::MultiAccess& access, const Key& from, const Key& to, bool replace,
                     Transfer& outcome) {
  const auto [source, op] = access(from);
  const auto item = source.get(from, Touch::kNo, op);
  outcome = Transfer::kNoSource;
  if (!item) return StatusCode::kOk;
  outcome = Transfer::kTargetExists;
  if (!replace && access(to).first.contains(to, op.now_ms)) return StatusCode::kOk;
  outcome = Transfer::kDone;
  Taken taken;
  taken.expire_at_ms = item->expire_at_ms;
  if (item->blob == nullptr) taken.short_value.assign(item->value);
  taken.extras = source.extras(from);
  if (!source.take_out(from, taken.block, op)) {
    outcome = Transfer::kNoSource;  // a tag of it was deleted just now
    return StatusCode::kOk;
  }
  const ItemExtras extras = taken.extras.view();
  const SetOptions options{.expire_at_ms = taken.expire_at_ms, .extras = &extras};
  const StatusCode status = access(to).first.set(to, taken.value(), options, op, EventName::kRenameTo);
  // Then it stays where it was.
  if (status != StatusCode::kOk) source.set(from, taken.value(), options, op);
  return status;
}

// Nothing: the error was replied.
std::optional<Transfer> rename(CommandContext& context, bool replace) {
  const Key from = context.key(1);
  const Key to = context.store().key(from.database, context.arg(2));
  Transfer outcome = Transfer::kNoSource;
  if (from.bytes == to.bytes) {
    const bool exists = hold_value(context, from).found();
    return exists ? (replace ? Transfer::kDone : Transfer::kTargetExists) : Transfer::kNoSource;
  }
  if (!key_fits(context, 2)) return {};
  // The old record makes room for the new one, but for what the names differ in.
  const RoomNeeded room{Shard::item_bytes_max(to.bytes.size(), 0), 0};
  const std::array keys = {from, to};
  const StatusCode status = context.store().run_multi(
      keys, room, context.now_ms,
      [&](ShardedStore::MultiAccess& access) { return move_item(access, from, to, replace, outcome); });
  if (status == StatusCode::kOk) return outcome;
  context.reply.error(status);
  return {};
}

Outcome cmd_rename(CommandContext& context) {
  const auto outcome = rename(context, true);
  if (!outcome) return Outcome::kDone;
  if (*outcome == Transfer::kNoSource) return fail(context, errors::kNoSuchKey);
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_renamenx(CommandContext& context) {
  const auto outcome = rename(context, false);
  if (!outcome) return Outcome::kDone;
  if (*outcome == Transfer::kNoSource) return fail(context, errors::kNoSuchKey);
  context.reply.integer(*outcome == Transfer::kDone ? 1 : 0);
  return Outcome::kDone;
}

// --- COPY ---

// A block of its own for what is in one.
struct Copied {
  explicit Copied(const CommandContext& command_context) : context(command_context), made(command_context) {}

  bool make(const Key& from, const Key& to) {
    context.store().run(from, context.now_ms, [&](Shard& shard, Op& op) {
      const auto item = shard.get(from, touch_of(context), op);
      held = item ? HeldValue(*item) : HeldValue();
      extras = item ? shard.extras(from) : KeptExtras();
      return StatusCode::kOk;
    });
    made.drop();
    const std::string_view bytes = held.view();
    if (bytes.size() < limits::kBodyBytesMin) return true;
    if (!made.allocate(
            {.key_bytes = to.bytes.size(), .bytes = bytes.size(), .tags = tags(), .beside_bytes = bytes.size()})) {
      return false;
    }
    made.block().write(0, bytes);
    return true;
  }
  Value value() const { return made ? made.value() : Value{held.view()}; }
  std::size_t room_bytes(const Key& to) const {
    return Shard::item_bytes_max(to.bytes.size(), held.view().size(), tags());
  }
  std::uint8_t tags() const { return static_cast<std::uint8_t>(extras.tags.size()); }

  const CommandContext& context;
  HeldValue held;
  KeptExtras extras;
  MadeValue made;
};

StatusCode store_copy(ShardedStore::MultiAccess& access, const Key& from, const Key& to, const Copied& copied,
                      bool replace, bool must_be_same, Transfer& outcome) {
  const auto [source, op] = access(from);
  if (must_be_same && !copied.held.is_value_of(source.get(from, Touch::kNo, op))) return StatusCode::kNotStored;
  Shard& target = access(to).first;
  outcome = Transfer::kTargetExists;
  if (!replace && target.contains(to, op.now_ms)) return StatusCode::kOk;
  outcome = Transfer::kDone;
  const ItemExtras extras = copied.extras.view();
  return target.set(to, copied.value(), {.expire_at_ms = copied.held.expire_at_ms(), .extras = &extras}, op,
                    EventName::kCopyTo);
}

struct CopyOptions {
  Database database = 0;
  bool replace = false;
};

std::optional<CopyOptions> read_copy_options(CommandContext& context) {
  CopyOptions options{.database = context.session.database()};
  for (std::size_t i = 3; i < context.argc(); ++i) {
    if (argument_is(context, i, "replace")) {
      options.replace = true;
    } else if (argument_is(context, i, "db") && arguments_follow(context, i)) {
      const auto number = read_int(context, ++i);
      if (!number) return {};
      if (*number < 0 || *number >= context.store().databases()) {
        context.reply.error("ERR DB index is out of range");
        return {};
      }
      options.database = static_cast<Database>(*number);
    } else {
      context.reply.error(errors::kSyntax);
      return {};
    }
  }
  return options;
}

Outcome cmd_copy(CommandContext& context) {
  const auto options = read_copy_options(context);
  if (!options) return Outcome::kDone;
  const Key from = context.key(1);
  const Key to = context.store().key(options->database, context.arg(2));
  if (from.bytes == to.bytes && from.database == to.database) {
    return fail(context, "ERR source and destination objects are the same");
  }
  if (!key_fits(context, 2)) return Outcome::kDone;
  const std::array keys = {from, to};
  Copied copied(context);
  Transfer outcome = Transfer::kNoSource;
  StatusCode status = StatusCode::kNotStored;
  for (int attempt = 0; status == StatusCode::kNotStored && attempt <= kCopyAttemptsMax; ++attempt) {
    if (!copied.make(from, to)) {
      status = StatusCode::kOutOfMemory;
      break;
    }
    if (attempt == 0) count_lookup(context, from, copied.held.found());
    outcome = Transfer::kNoSource;
    if (!copied.held.found()) break;
    // For two items: run_multi() takes off the source, which is one of the keys.
    const RoomNeeded room{copied.room_bytes(to), 2};
    const bool must_be_same = attempt < kCopyAttemptsMax;
    status = context.store().run_multi(
        keys, room, context.now_ms,
        [&](ShardedStore::MultiAccess& access) {
          return store_copy(access, from, to, copied, options->replace, must_be_same, outcome);
        },
        copied.made.room());
  }
  if (status == StatusCode::kOk || status == StatusCode::kNotStored) {
    context.reply.integer(status == StatusCode::kOk && outcome == Transfer::kDone ? 1 : 0);
  } else {
    context.reply.error(status);
  }
  return Outcome::kDone;
}

constexpr CommandSpec kCommands[] = {
    {.name = "rename",
     .function = cmd_rename,
     .arity = 3,
     .flags = kWrite,
     .keys = {1, 2, 1},
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives a value another key, in place of what that has",
     .syntax = "key newkey",
     .acl_categories = "@keyspace @write @slow"},
    {.name = "renamenx",
     .function = cmd_renamenx,
     .arity = 3,
     .flags = kWrite | kFast,
     .keys = {1, 2, 1},
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives a value another key, unless that exists",
     .syntax = "key newkey",
     .acl_categories = "@keyspace @write @fast"},
    {.name = "copy",
     .function = cmd_copy,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {1, 2, 1},
     .group = "generic",
     .since = "6.2.0",
     .complexity = "O(N), N being the length of the value",
     .summary = "Stores a value under another key as well",
     .syntax = "source destination [DB destination-db] [REPLACE]",
     .acl_categories = "@keyspace @write @slow"},
};

}  // namespace

std::span<const CommandSpec> transfer_commands() {
  return kCommands;
}

}  // namespace larder
