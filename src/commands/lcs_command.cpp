// LCS: the longest common subsequence of two values, by dynamic programming. Which of several it is, and how its parts
// are told, is Redis's: the walk begins at the ends and prefers to shorten the second value.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "commands/arguments.h"
#include "commands/command.h"
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

// The table of lengths, of which two rows are needed at a time, and one bit a cell to find the way back: whether the
// prefix of `a` without its last byte has a longer subsequence in common than that of `b` has.
class Table {
 public:
  Table(std::string_view a, std::string_view b) : columns_(b.size()), shorten_a_(a.size() * b.size()) {
    std::vector<std::uint32_t> above(b.size() + 1);
    std::vector<std::uint32_t> row(b.size() + 1);
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) {
        if (a[i] == b[j]) {
          row[j + 1] = above[j] + 1;
        } else {
          row[j + 1] = std::max(above[j + 1], row[j]);
          if (above[j + 1] > row[j]) shorten_a_[i * columns_ + j] = true;
        }
      }
      std::swap(above, row);
    }
    length_ = above[b.size()];
  }

  std::uint32_t length() const { return length_; }
  bool shorten_a(std::size_t i, std::size_t j) const { return shorten_a_[i * columns_ + j]; }

 private:
  const std::size_t columns_;
  std::vector<bool> shorten_a_;
  std::uint32_t length_ = 0;
};

// Bytes that both values have in a row, [a, a + length) and [b, b + length).
struct Match {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t length = 0;
};

// From the last to the first.
std::vector<Match> matches_of(std::string_view a, std::string_view b, const Table& table) {
  std::vector<Match> matches;
  bool goes_on = false;
  for (std::size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      if (!goes_on) matches.push_back({i, j, 0});
      goes_on = true;
      matches.back().a = --i;
      matches.back().b = --j;
      ++matches.back().length;
    } else {
      goes_on = false;
      table.shorten_a(i - 1, j - 1) ? --i : --j;
    }
  }
  return matches;
}

void reply_matches(ReplyWriter& reply, const std::vector<Match>& matches, const Options& options,
                   std::uint32_t length) {
  const auto is_told = [&](const Match& match) {
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
  for (const Match& match : matches) {
    if (!is_told(match)) continue;
    reply.array(options.match_lengths ? 3 : 2);
    range(match.a, match.length);
    range(match.b, match.length);
    if (options.match_lengths) reply.integer(static_cast<std::int64_t>(match.length));
  }
  reply.bulk("len");
  reply.integer(length);
}

std::string bytes_of(std::string_view a, const std::vector<Match>& matches) {
  std::string bytes;
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) bytes += a.substr(match->a, match->length);
  return bytes;
}

}  // namespace

Outcome cmd_lcs(CommandContext& context) {
  const Key first_key = context.key(1);
  const Key second_key = context.key(2);
  const HeldValue first = hold_value(context, first_key);
  const HeldValue second = hold_value(context, second_key);
  count_lookup(context, first_key, first.found());
  count_lookup(context, second_key, second.found());
  const auto options = read_options(context);
  if (!options) return Outcome::kDone;
  const std::string_view a = first.view();
  const std::string_view b = second.view();
  // As Redis, whose table has 4 bytes a cell.
  if ((a.size() + 1) * (b.size() + 1) > limits::kValueBytesMax / sizeof(std::uint32_t)) {
    return fail(context, "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  const Table table(a, b);
  if (options->length_only) {
    context.reply.integer(table.length());
    return Outcome::kDone;
  }
  const std::vector<Match> matches = matches_of(a, b, table);
  if (options->indexes) {
    reply_matches(context.reply, matches, *options, table.length());
  } else {
    context.reply.bulk(bytes_of(a, matches));
  }
  return Outcome::kDone;
}

}  // namespace larder
