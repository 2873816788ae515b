// LCS: the longest common subsequence of two values. What takes more than a slice of work is parked and goes on slice
// by slice, so that the other clients of the thread have their turns.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands/arguments.h"
#include "commands/client_registry.h"
#include "commands/command.h"
#include "commands/lcs_walk.h"
#include "commands/session.h"
#include "commands/string_handlers.h"
#include "commands/value_access.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

struct Options {
  bool length_only = false;
  bool indexes = false;
  bool match_lengths = false;
  std::int64_t match_length_min = 0;
};

std::optional<Options> read_options(CommandContext& context) {
  Options options;
  for (std::size_t i = 3; i < context.argc(); ++i) {
    if (argument_is(context, i, "len")) {
      options.length_only = true;
    } else if (argument_is(context, i, "idx")) {
      options.indexes = true;
    } else if (argument_is(context, i, "withmatchlen")) {
      options.match_lengths = true;
    } else if (argument_is(context, i, "minmatchlen") && arguments_follow(context, i)) {
      const auto length = read_int(context, ++i);
      if (!length) return {};
      options.match_length_min = std::max<std::int64_t>(0, *length);
    } else {
      context.reply.error(errors::kSyntax);
      return {};
    }
  }
  if (!options.length_only || !options.indexes) return options;
  context.reply.error("ERR If you want both the length and indexes, please just use IDX.");
  return {};
}

using Matches = std::vector<LcsWalk::Match>;

void reply_matches(ReplyWriter& reply, const Matches& matches, const Options& options, std::uint32_t length) {
  const auto is_told = [&](const LcsWalk::Match& match) {
    return static_cast<std::int64_t>(match.length) >= options.match_length_min;
  };
  const auto range = [&](std::size_t begin, std::size_t bytes) {
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(begin));
    reply.integer(static_cast<std::int64_t>(begin + bytes - 1));
  };
  reply.map(2);
  reply.bulk("matches");
  reply.array(static_cast<std::size_t>(std::count_if(matches.begin(), matches.end(), is_told)));
  for (const LcsWalk::Match& match : matches) {
    if (!is_told(match)) continue;
    reply.array(options.match_lengths ? 3 : 2);
    range(match.a, match.length);
    range(match.b, match.length);
    if (options.match_lengths) reply.integer(static_cast<std::int64_t>(match.length));
  }
  reply.bulk("len");
  reply.integer(length);
}

std::string bytes_of(std::string_view a, const Matches& matches) {
  std::string bytes;
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) bytes += a.substr(match->a, match->length);
  return bytes;
}

// The values as they were when it began, however long it takes.
class SlicedLcs final : public ParkedRequest, public std::enable_shared_from_this<SlicedLcs> {
 public:
  SlicedLcs(const CommandContext& context, HeldValue first, HeldValue second, const Options& options)
      : port_(context.services.connections),
        connection_(context.session.record().info.ref),
        all_tables_bytes_(context.clients.lcs_bytes()),
        options_(options),
        first_(std::move(first)),
        second_(std::move(second)),
        walk_(first_.view(), second_.view(), !options.length_only) {}
  ~SlicedLcs() override { all_tables_bytes_.fetch_sub(taken_bytes_, std::memory_order_relaxed); }

  // Takes its table's part of what all tables may take. False: there is not so much left.
  bool take_memory() {
    taken_bytes_ = walk_.table_bytes();
    const std::size_t before = all_tables_bytes_.fetch_add(taken_bytes_, std::memory_order_relaxed);
    return before == 0 || before + taken_bytes_ <= limits::kLcsBytesMax;
  }
  // Writes the reply once the work is done. False: it is not.
  bool go_on(std::size_t cells_max, ReplyWriter& reply) {
    if (!walk_.step(cells_max)) return false;
    if (options_.length_only) {
      reply.integer(walk_.length());
    } else if (options_.indexes) {
      reply_matches(reply, walk_.matches(), options_, walk_.length());
    } else {
      reply.bulk(bytes_of(first_.view(), walk_.matches()));
    }
    return true;
  }
  void ask_for_a_turn() { Session::ask_again(port_, connection_, weak_from_this()); }

  // --- ParkedRequest ---
  bool look(ReplyWriter& reply) override {
    if (go_on(limits::kLcsSliceCells, reply)) return true;
    ask_for_a_turn();
    return false;
  }
  void time_out(ReplyWriter& reply) override { reply.error("ERR LCS took too long"); }
  bool is_at_work() const override { return true; }
  std::size_t bytes() const override { return sizeof *this + taken_bytes_; }

 private:
  ConnectionPort& port_;
  const ConnectionRef connection_;
  std::atomic<std::size_t>& all_tables_bytes_;
  std::size_t taken_bytes_ = 0;
  const Options options_;
  const HeldValue first_;
  const HeldValue second_;
  LcsWalk walk_;
};

// The product, or more than any limit.
std::size_t cells_of(std::string_view a, std::string_view b) {
  constexpr std::size_t kTooMany = std::numeric_limits<std::size_t>::max();
  std::size_t cells = 0;
  return __builtin_mul_overflow(a.size() + 1, b.size() + 1, &cells) ? kTooMany : cells;
}

}  // namespace

Outcome cmd_lcs(CommandContext& context) {
  const Key first_key = context.key(1);
  const Key second_key = context.key(2);
  HeldValue first = hold_value(context, first_key);
  HeldValue second = hold_value(context, second_key);
  count_lookup(context, first_key, first.found());
  count_lookup(context, second_key, second.found());
  const auto options = read_options(context);
  if (!options) return Outcome::kDone;
  const std::size_t cells = cells_of(first.view(), second.view());
  // As Redis, whose table has 4 bytes a cell.
  if (cells > limits::kValueBytesMax / sizeof(std::uint32_t)) {
    return fail(context, "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  const bool in_exec = context.session.in_exec();
  if (in_exec && cells > limits::kLcsTransactionCellsMax) {
    return fail(context, "ERR LCS of values as long as these is not executed inside a transaction");
  }
  const auto work = std::make_shared<SlicedLcs>(context, std::move(first), std::move(second), *options);
  if (!work->take_memory()) return fail(context, "ERR Insufficient memory for so many LCS at a time; try again later");
  const std::size_t cells_now = in_exec ? std::numeric_limits<std::size_t>::max() : limits::kLcsSliceCells;
  if (work->go_on(cells_now, context.reply)) return Outcome::kDone;
  context.session.park(std::chrono::milliseconds(limits::kPendingMsMax), work);
  work->ask_for_a_turn();
  return Outcome::kParked;
}

}  // namespace larder
