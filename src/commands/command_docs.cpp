#include "commands/command_docs.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "commands/command_syntax.h"
#include "larder/base/check.h"
#include "larder/base/text.h"

namespace larder {

namespace {

struct FlagName {
  CommandFlag flag;
  std::string_view name;
};

constexpr std::array<FlagName, 17> kFlagNames = {{{kWrite, "write"},
                                                  {kReadOnly, "readonly"},
                                                  {kDenyOom, "denyoom"},
                                                  {kAdmin, "admin"},
                                                  {kPubSub, "pubsub"},
                                                  {kNoScript, "noscript"},
                                                  {kBlocking, "blocking"},
                                                  {kLoading, "loading"},
                                                  {kStale, "stale"},
                                                  {kSkipMonitor, "skip_monitor"},
                                                  {kSkipSlowlog, "skip_slowlog"},
                                                  {kFast, "fast"},
                                                  {kNoAuth, "no_auth"},
                                                  {kMayReplicate, "may_replicate"},
                                                  {kNoMulti, "no_multi"},
                                                  {kMovableKeys, "movablekeys"},
                                                  {kAllowBusy, "allow_busy"}}};

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return words;
    const std::string_view word = text.substr(0, text.find(' '));
    words.push_back(word);
    text.remove_prefix(word.size());
  }
}

// The elements as a set of simple strings.
void reply_words(ReplyWriter& reply, std::span<const std::string_view> words) {
  reply.set(words.size());
  for (const std::string_view word : words) reply.simple(word);
}

void reply_flags(ReplyWriter& reply, std::uint32_t flags) {
  std::vector<std::string_view> names;
  for (const FlagName& row : kFlagNames) {
    if ((flags & row.flag) != 0) names.push_back(row.name);
  }
  reply_words(reply, names);
}

// What the command does to its keys, in the words of Redis's key specifications.
void reply_key_access(ReplyWriter& reply, std::uint32_t flags) {
  constexpr std::array<std::string_view, 1> kWatches = {"RO"};
  constexpr std::array<std::string_view, 2> kReads = {"RO", "access"};
  constexpr std::array<std::string_view, 3> kWrites = {"RW", "access", "update"};
  if ((flags & kWrite) != 0) {
    reply_words(reply, kWrites);
  } else if ((flags & kReadOnly) != 0) {
    reply_words(reply, kReads);
  } else {
    reply_words(reply, kWatches);
  }
}

void reply_number(ReplyWriter& reply, std::string_view name, std::int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}

void reply_key_specs(ReplyWriter& reply, const CommandSpec& spec) {
  const KeySpec& keys = spec.keys;
  reply.set(keys.first == 0 ? 0 : 1);
  if (keys.first == 0) return;
  reply.map(3);
  reply.bulk("flags");
  reply_key_access(reply, spec.flags);
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("index");
  reply.bulk("spec");
  reply.map(1);
  reply_number(reply, "index", keys.number_at == 0 ? keys.first : keys.number_at);
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  reply.bulk(keys.number_at == 0 ? "range" : "keynum");
  reply.bulk("spec");
  reply.map(3);
  if (keys.number_at == 0) {
    // Counted from the first key, unless from the end.
    reply_number(reply, "lastkey", keys.last < 0 ? keys.last : keys.last - keys.first);
    reply_number(reply, "keystep", keys.step);
    reply_number(reply, "limit", 0);
  } else {
    reply_number(reply, "keynumidx", 0);
    reply_number(reply, "firstkey", keys.first - keys.number_at);
    reply_number(reply, "keystep", keys.step);
  }
}

std::vector<FoundCommand> subcommands_of(const CommandSpec& spec) {
  std::vector<FoundCommand> found;
  for (const CommandSpec& subcommand : spec.subcommands) {
    found.push_back(CommandTable::instance().find_subcommand(spec, subcommand.name));
  }
  return found;
}

void reply_field(ReplyWriter& reply, std::string_view name, std::string_view value) {
  reply.bulk(name);
  reply.bulk(value);
}

void reply_arguments(ReplyWriter& reply, const std::vector<ArgumentNode>& arguments);

void reply_argument(ReplyWriter& reply, const ArgumentNode& argument) {
  const bool has_children = !argument.children.empty();
  const bool has_flags = argument.optional || argument.multiple;
  const bool is_key = argument.type == ArgumentType::kKey;
  reply.map(2 + std::size_t{!has_children} + std::size_t{is_key} + std::size_t{!argument.token.empty()} +
            std::size_t{has_flags} + std::size_t{has_children});
  reply_field(reply, "name", argument.name);
  reply_field(reply, "type", argument_type_name(argument.type));
  // Redis 7.2's field, which its clients' hints are made of.
  if (!has_children) reply_field(reply, "display_text", argument.name);
  if (is_key) {
    // All keys of a row are in its one key specification.
    reply.bulk("key_spec_index");
    reply.integer(0);
  }
  if (!argument.token.empty()) reply_field(reply, "token", argument.token);
  if (has_flags) {
    std::vector<std::string_view> flags;
    if (argument.optional) flags.push_back("optional");
    if (argument.multiple) flags.push_back("multiple");
    reply.bulk("flags");
    reply_words(reply, flags);
  }
  if (has_children) {
    reply.bulk("arguments");
    reply_arguments(reply, argument.children);
  }
}

void reply_arguments(ReplyWriter& reply, const std::vector<ArgumentNode>& arguments) {
  reply.array(arguments.size());
  for (const ArgumentNode& argument : arguments) reply_argument(reply, argument);
}

}  // namespace

void reply_command_info(ReplyWriter& reply, const FoundCommand& command) {
  const CommandSpec& spec = *command.spec;
  reply.array(10);
  reply.bulk(CommandTable::full_name(command));
  reply.integer(spec.arity);
  reply_flags(reply, spec.flags);
  const bool in_a_range = spec.keys.number_at == 0;
  reply.integer(in_a_range ? spec.keys.first : 0);
  reply.integer(in_a_range ? spec.keys.last : 0);
  reply.integer(in_a_range ? spec.keys.step : 0);
  reply_words(reply, split_words(spec.acl_categories));
  reply.set(0);  // tips are for proxies of clusters
  reply_key_specs(reply, spec);
  reply.set(spec.subcommands.size());
  for (const FoundCommand& subcommand : subcommands_of(spec)) reply_command_info(reply, subcommand);
}

void reply_command_docs(ReplyWriter& reply, const FoundCommand& command) {
  const CommandSpec& spec = *command.spec;
  const auto arguments = parse_syntax(spec.syntax);
  LARDER_CHECK(arguments.is_ok());  // every row's is parsed by a test
  const bool has_arguments = !arguments.value().empty();
  reply.map(4 + std::size_t{has_arguments} + std::size_t{!spec.subcommands.empty()});
  reply_field(reply, "summary", spec.summary);
  reply_field(reply, "since", spec.since);
  reply_field(reply, "group", spec.group);
  reply_field(reply, "complexity", spec.complexity);
  if (has_arguments) {
    reply.bulk("arguments");
    reply_arguments(reply, arguments.value());
  }
  if (spec.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(spec.subcommands.size());
  for (const FoundCommand& subcommand : subcommands_of(spec)) {
    reply.bulk(CommandTable::full_name(subcommand));
    reply_command_docs(reply, subcommand);
  }
}

bool has_acl_category(const CommandSpec& spec, std::string_view category) {
  const auto words = split_words(spec.acl_categories);
  return std::any_of(words.begin(), words.end(), [category](std::string_view word) {
    return word.starts_with('@') && equals_ignore_case(word.substr(1), category);
  });
}

std::optional<Positions> key_positions(const KeySpec& keys, std::span<const std::string_view> arguments) {
  std::vector<std::size_t> positions;
  if (keys.first == 0) return positions;
  const auto argc = static_cast<std::int64_t>(arguments.size());
  std::int64_t last = keys.last < 0 ? argc + keys.last : keys.last;
  if (keys.number_at != 0) {
    const auto number = parse_int64(arguments[static_cast<std::size_t>(keys.number_at)]);
    if (!number || *number < 1 || *number > argc) return {};
    last = keys.first + (*number - 1) * keys.step;
    if (last >= argc) return {};
  }
  for (std::int64_t at = keys.first; at <= last; at += keys.step) positions.push_back(static_cast<std::size_t>(at));
  return positions;
}

}  // namespace larder
