// What a cache's clients need beside GET and SET: FETCH, TAGDEL, TAGINFO. SET's part is in caching_options.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/arguments.h"
#include "commands/session.h"
#include "commands/value_access.h"
#include "commands/waiting_fetch.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

// --- FETCH ---

struct FetchArguments {
  std::int64_t lease_ms = 0;
  std::int64_t wait_ms = 0;
};

std::optional<FetchArguments> read_fetch_arguments(CommandContext& context) {
  FetchArguments arguments;
  bool leases = false;
  bool waits = false;
  for (std::size_t i = 2; i < context.argc(); ++i) {
    const bool is_lease = argument_is(context, i, "lease");
    bool& given = is_lease ? leases : waits;
    if ((!is_lease && !argument_is(context, i, "wait")) || given || !arguments_follow(context, i)) {
      fail(context, errors::kSyntax);
      return {};
    }
    given = true;
    const IntRange range =
        is_lease ? IntRange{.min = 1, .max = limits::kLeaseMsMax} : IntRange{.min = 0, .max = limits::kPendingMsMax};
    const auto time_ms =
        read_int_within(context, ++i, range,
                        std::string("ERR ") + (is_lease ? "LEASE" : "WAIT") + " must be between " +
                            std::to_string(range.min) + " and " + std::to_string(range.max) + " milliseconds");
    if (!time_ms) return {};
    (is_lease ? arguments.lease_ms : arguments.wait_ms) = *time_ms;
  }
  return arguments;
}

// Somebody else is loading it: the client waits here.
Outcome wait_for_it(CommandContext& context, const FetchOptions& options, std::int64_t wait_ms) {
  // What follows takes other locks than the shard's.
  context.kept.release();
  const auto waiting = std::make_shared<WaitingFetch>(context, options, context.services.clock.now_ms() + wait_ms);
  if (waiting->look(context.reply)) return Outcome::kDone;
  context.session.park(std::chrono::milliseconds(wait_ms), waiting);
  return Outcome::kParked;
}

Outcome cmd_fetch(CommandContext& context) {
  const auto arguments = read_fetch_arguments(context);
  if (!arguments || (arguments->lease_ms != 0 && !key_fits(context, 1))) return Outcome::kDone;
  const Key key = context.key(1);
  const FetchOptions options{.lease_ms = arguments->lease_ms, .touch = touch_of(context)};
  bool found = false;
  bool waits = false;
  bool won = false;
  context.run(key, [&](Shard& shard, Op& op) {
    const Fetched fetched = shard.fetch(key, options, op);
    found = fetched.item.has_value();
    won = fetched.lease != kNoLease;
    waits = fetched.is_awaited() && arguments->wait_ms != 0 && !context.session.in_exec();
    if (!waits) reply_fetched(context.reply, fetched, op.now_ms);
    return StatusCode::kOk;
  });
  if (waits) return wait_for_it(context, options, arguments->wait_ms);
  count_lookup(context, key, found);
  // What it stores then is what loading has brought.
  if (won) context.session.refill_timer().on_miss(key.hash, context.now_ns);
  return Outcome::kDone;
}

// --- Tags ---

Outcome cmd_tagdel(CommandContext& context) {
  std::vector<std::string_view> names;
  names.reserve(context.argc() - 1);
  for (std::size_t i = 1; i < context.argc(); ++i) names.push_back(context.arg(i));
  context.store().delete_tags(context.session.database(), names, context.now_ms);
  context.reply.ok();
  return Outcome::kDone;
}

Outcome reply_tag(CommandContext& context, std::string_view name) {
  constexpr std::int64_t kNeverDeleted = -1;
  const auto removed_at_ms =
      context.store().tags().removed_at_ms(context.store().tag(context.session.database(), name));
  context.reply.integer(removed_at_ms.value_or(kNeverDeleted));
  return Outcome::kDone;
}

Outcome cmd_taginfo(CommandContext& context) {
  if (context.argc() > 2) return fail_wrong_arguments(context);
  if (context.argc() == 2) return reply_tag(context, context.arg(1));
  const TagStats tags = context.store().tags().stats();
  const std::pair<std::string_view, std::uint64_t> figures[] = {
      {"deleted", tags.deleted}, {"known", tags.known},     {"places", tags.places},
      {"bytes", tags.bytes},     {"dropped", tags.dropped}, {"floor", static_cast<std::uint64_t>(tags.floor_ms)},
  };
  context.reply.map(std::size(figures));
  for (const auto& [name, value] : figures) {
    context.reply.bulk(name);
    context.reply.integer(static_cast<std::int64_t>(value));
  }
  return Outcome::kDone;
}

constexpr CommandSpec kCommands[] = {
    {.name = "fetch",
     .function = cmd_fetch,
     .arity = -2,
     .flags = kReadOnly | kFast | kBlocking,
     .keys = {1, 1, 1},
     .group = "string",
     .since = "0.1.0",
     .complexity = "O(1)",
     .summary = "Answers a value with its state, and who is to refresh it",
     .syntax = "key [LEASE milliseconds] [WAIT milliseconds]",
     .acl_categories = "@read @string @fast @blocking",
     .keyed = true},
    {.name = "tagdel",
     .function = cmd_tagdel,
     .arity = -2,
     .flags = kWrite | kFast,
     .group = "generic",
     .since = "0.1.0",
     .complexity = "O(N), N being the number of tags, whatever has them",
     .summary = "Invalidates everything that was stored with one of the tags",
     .syntax = "tag [tag ...]",
     .acl_categories = "@keyspace @write @fast"},
    {.name = "taginfo",
     .function = cmd_taginfo,
     .arity = -1,
     .flags = kReadOnly | kFast,
     .group = "generic",
     .since = "0.1.0",
     .complexity = "O(1)",
     .summary = "Answers when a tag was deleted, or what is known of all deleted tags",
     .syntax = "[tag]",
     .acl_categories = "@keyspace @read @fast"},
};

}  // namespace

std::span<const CommandSpec> caching_commands() {
  return kCommands;
}

}  // namespace larder
