#include "commands/caching_options.h"

#include <algorithm>
#include <span>
#include <string>

#include "commands/arguments.h"
#include "commands/expiry_options.h"
#include "commands/session.h"
#include "larder/base/text.h"

namespace larder {

namespace {

constexpr std::array<std::string_view, 5> kWords = {"SOFTEX", "SOFTPX", "NEGATIVE", "TAGS", "LEASE"};

}  // namespace

bool CachingOptions::begins_at(const CommandContext& context, std::size_t index) {
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return argument_is(context, index, word); });
}

bool CachingOptions::read(CommandContext& context, std::size_t& index) {
  if (argument_is(context, index, "NEGATIVE")) {
    negative_ = true;
    return true;
  }
  const std::size_t word = index;
  bool again = false;
  if (!arguments_follow(context, word)) {
    fail(context, errors::kSyntax);
    return false;
  }
  if (argument_is(context, word, "TAGS")) return read_tags(context, index);
  const std::string_view argument = context.arg(++index);
  if (argument_is(context, word, "LEASE")) {
    again = lease_ != kNoLease;
    const auto token = parse_int64(argument);
    if (!token || *token <= 0) {
      fail(context, "ERR invalid lease token: it is what FETCH answered");
      return false;
    }
    lease_ = static_cast<LeaseToken>(*token);
  } else {
    again = soft_was_given_;
    soft_was_given_ = true;
    soft_is_in_seconds_ = argument_is(context, word, "SOFTEX");
    soft_time_ = argument;
  }
  if (again) fail(context, errors::kSyntax);
  return !again;
}

bool CachingOptions::read_tags(CommandContext& context, std::size_t& index) {
  const auto count = read_int_within(context, ++index, {.min = 0, .max = static_cast<std::int64_t>(tags_.size())},
                                     "ERR the number of tags must be between 0 and " + std::to_string(tags_.size()));
  if (!count) return false;
  const auto tags = static_cast<std::size_t>(*count);
  if (tags_were_given_ || (tags != 0 && !arguments_follow(context, index, tags))) {
    fail(context, errors::kSyntax);
    return false;
  }
  tags_were_given_ = true;
  for (tag_count_ = 0; tag_count_ < tags; ++tag_count_) {
    tags_[tag_count_] = context.store().tag(context.session.database(), context.arg(++index));
  }
  return true;
}

bool CachingOptions::apply(CommandContext& context, bool gets, SetOptions& options) {
  // Its reply would not tell whether the lease was good.
  if (gets && lease_ != kNoLease) {
    fail(context, errors::kSyntax);
    return false;
  }
  if (negative_ && !context.arg(2).empty()) {
    fail(context, "ERR a negative item has an empty value");
    return false;
  }
  if (soft_was_given_) {
    const TimeUnit unit = soft_is_in_seconds_ ? TimeUnit::kSeconds : TimeUnit::kMilliseconds;
    const auto stale_at_ms = read_expiry(context, {soft_time_, unit, TimeBase::kNow}, ExpirySign::kPositive);
    if (!stale_at_ms) return false;
    extras_.stale_at_ms = *stale_at_ms;
  }
  extras_.negative = negative_;
  extras_.tags = TagView(std::span(tags_).first(tag_count_));
  options.extras = &extras_;
  options.lease = lease_;
  return true;
}

bool read_caching_option(CommandContext& context, std::size_t& index, std::unique_ptr<CachingOptions>& options) {
  if (options == nullptr) options = std::make_unique<CachingOptions>();
  return options->read(context, index);
}

}  // namespace larder
