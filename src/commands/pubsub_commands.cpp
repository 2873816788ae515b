// Messages to whoever listens: SUBSCRIBE PSUBSCRIBE SSUBSCRIBE and what undoes them, PUBLISH SPUBLISH, PUBSUB.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/session.h"
#include "larder/base/limits.h"
#include "larder/base/text.h"

namespace larder {

namespace {

struct Verbs {
  std::string_view subscribe;
  std::string_view unsubscribe;
};

constexpr Verbs verbs_of(ChannelKind kind) {
  switch (kind) {
    case ChannelKind::kChannel:
      return {"subscribe", "unsubscribe"};
    case ChannelKind::kPattern:
      return {"psubscribe", "punsubscribe"};
    case ChannelKind::kShardChannel:
      break;
  }
  return {"ssubscribe", "sunsubscribe"};
}

bool name_fits(CommandContext& context, std::size_t index) {
  if (context.arg(index).size() <= limits::kChannelBytesMax) return true;
  fail(context, "ERR channel name is too long (at most " + std::to_string(limits::kChannelBytesMax) + " bytes)");
  return false;
}

// What confirms a change of subscriptions is a push too.
void confirm(CommandContext& context, PushClient& client, ChannelKind kind, std::string_view verb,
             std::optional<std::string_view> name) {
  const std::size_t count = kind == ChannelKind::kShardChannel
                                ? client.count(kind)
                                : client.count(ChannelKind::kChannel) + client.count(ChannelKind::kPattern);
  context.reply.push(3);
  context.reply.bulk(verb);
  if (name) {
    context.reply.bulk(*name);
  } else {
    context.reply.null();
  }
  context.reply.integer(static_cast<std::int64_t>(count));
  context.session.keep_pushed(context.reply.buffer());
}

Outcome subscribe(CommandContext& context, ChannelKind kind) {
  for (std::size_t i = 1; i < context.argc(); ++i) {
    if (!name_fits(context, i)) return Outcome::kDone;
  }
  PushClient& client = context.session.push_client();
  for (std::size_t i = 1; i < context.argc(); ++i) {
    if (!client.subscribe(kind, context.arg(i))) {
      return fail(context, "ERR too many subscriptions (at most " + std::to_string(limits::kSubscriptionsMax) + ")");
    }
    confirm(context, client, kind, verbs_of(kind).subscribe, context.arg(i));
  }
  return Outcome::kDone;
}

// What came before is told before it is said that no more comes.
Outcome unsubscribe(CommandContext& context, ChannelKind kind) {
  PushClient& client = context.session.push_client();
  const std::string_view verb = verbs_of(kind).unsubscribe;
  const auto leave = [&](std::string_view name) {
    client.unsubscribe(kind, name);
    client.deliver(context.reply.buffer(), context.session.version(), PushClient::kAll);
    confirm(context, client, kind, verb, name);
  };
  if (context.argc() > 1) {
    for (std::size_t i = 1; i < context.argc(); ++i) leave(context.arg(i));
    return Outcome::kDone;
  }
  const std::vector<std::string> names = client.names(kind);
  if (names.empty()) confirm(context, client, kind, verb, {});
  for (const std::string& name : names) leave(name);
  return Outcome::kDone;
}

Outcome cmd_subscribe(CommandContext& context) {
  return subscribe(context, ChannelKind::kChannel);
}
Outcome cmd_psubscribe(CommandContext& context) {
  return subscribe(context, ChannelKind::kPattern);
}
Outcome cmd_ssubscribe(CommandContext& context) {
  return subscribe(context, ChannelKind::kShardChannel);
}
Outcome cmd_unsubscribe(CommandContext& context) {
  return unsubscribe(context, ChannelKind::kChannel);
}
Outcome cmd_punsubscribe(CommandContext& context) {
  return unsubscribe(context, ChannelKind::kPattern);
}
Outcome cmd_sunsubscribe(CommandContext& context) {
  return unsubscribe(context, ChannelKind::kShardChannel);
}

// --- PUBLISH ---

using Publish = std::size_t (Channels::*)(const Channels::Message&, Wakeups&, const Mailbox*, std::vector<PushRef>*);

// A publisher that is among the subscribers has the message before the reply.
Outcome publish(CommandContext& context, Publish publish_in) {
  if (!name_fits(context, 1)) return Outcome::kDone;
  PushServices& pushes = context.session.pushes();
  const Channels::Message message{context.arg(1), context.arg(2), context.request.blob(2)};
  Wakeups wakeups;
  std::vector<PushRef> own;
  // Inside EXEC it comes behind all its replies.
  const bool at_once = context.session.is_subscriber() && !context.session.in_exec();
  const Mailbox* const own_mailbox = at_once ? &context.session.push_client().mailbox() : nullptr;
  const std::size_t receivers = (pushes.channels.*publish_in)(message, wakeups, own_mailbox, &own);
  wakeups.send(pushes.port);
  if (!own.empty()) {
    PushClient& client = context.session.push_client();
    for (const PushRef& push : own) client.append(*push, context.reply.buffer(), context.session.version());
    context.session.keep_pushed(context.reply.buffer());
  }
  context.reply.integer(static_cast<std::int64_t>(receivers));
  return Outcome::kDone;
}

Outcome cmd_publish(CommandContext& context) {
  return publish(context, &Channels::publish);
}
Outcome cmd_spublish(CommandContext& context) {
  return publish(context, &Channels::publish_to_shard);
}

// --- PUBSUB ---

Outcome reply_names(CommandContext& context, ChannelKind kind) {
  if (context.argc() > 3) {
    return fail(context, errors::subcommand_syntax(context));
  }
  std::vector<std::string> names;
  context.session.pushes().channels.for_each_name(kind, [&](std::string_view name) {
    if (context.argc() == 2 || glob_match(context.arg(2), name)) names.emplace_back(name);
  });
  context.reply.array(names.size());
  for (const std::string& name : names) context.reply.bulk(name);
  return Outcome::kDone;
}

Outcome reply_subscribers(CommandContext& context, ChannelKind kind) {
  context.reply.array(2 * (context.argc() - 2));
  for (std::size_t i = 2; i < context.argc(); ++i) {
    context.reply.bulk(context.arg(i));
    context.reply.integer(
        static_cast<std::int64_t>(context.session.pushes().channels.subscribers(kind, context.arg(i))));
  }
  return Outcome::kDone;
}

Outcome cmd_pubsub_channels(CommandContext& context) {
  return reply_names(context, ChannelKind::kChannel);
}
Outcome cmd_pubsub_shardchannels(CommandContext& context) {
  return reply_names(context, ChannelKind::kShardChannel);
}
Outcome cmd_pubsub_numsub(CommandContext& context) {
  return reply_subscribers(context, ChannelKind::kChannel);
}
Outcome cmd_pubsub_shardnumsub(CommandContext& context) {
  return reply_subscribers(context, ChannelKind::kShardChannel);
}

Outcome cmd_pubsub_numpat(CommandContext& context) {
  context.reply.integer(static_cast<std::int64_t>(context.session.pushes().channels.count(ChannelKind::kPattern)));
  return Outcome::kDone;
}

constexpr std::string_view kHelp[] = {
    "CHANNELS [<pattern>]",
    "    Name the channels that somebody is subscribed to, or those of them that match.",
    "NUMPAT",
    "    Answer how many patterns somebody is subscribed to.",
    "NUMSUB [<channel> ...]",
    "    Answer for each channel how many are subscribed to it, patterns aside.",
    "SHARDCHANNELS [<pattern>]",
    "    Name the shard channels that somebody is subscribed to, or those of them that match.",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Answer for each shard channel how many are subscribed to it.",
};

Outcome cmd_pubsub_help(CommandContext& context) {
  return reply_help(context, kHelp);
}

constexpr std::uint32_t kAsking = kPubSub | kLoading | kStale;
constexpr std::uint32_t kSubscribing = kAsking | kNoScript;
constexpr std::string_view kAcl = "@pubsub @slow";

constexpr CommandSpec kSubcommands[] = {
    {.name = "channels",
     .function = cmd_pubsub_channels,
     .arity = -2,
     .flags = kAsking,
     .group = "pubsub",
     .since = "2.8.0",
     .complexity = "O(N), N being the number of channels",
     .summary = "Names the channels that somebody is subscribed to",
     .syntax = "[pattern]",
     .acl_categories = kAcl},
    {.name = "help",
     .function = cmd_pubsub_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "pubsub",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Tells what the subcommands do",
     .syntax = "",
     .acl_categories = "@slow"},
    {.name = "numpat",
     .function = cmd_pubsub_numpat,
     .arity = 2,
     .flags = kAsking,
     .group = "pubsub",
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = "Answers how many patterns somebody is subscribed to",
     .syntax = "",
     .acl_categories = kAcl},
    {.name = "numsub",
     .function = cmd_pubsub_numsub,
     .arity = -2,
     .flags = kAsking,
     .group = "pubsub",
     .since = "2.8.0",
     .complexity = "O(N), N being the number of channels named",
     .summary = "Answers how many are subscribed to each of the channels",
     .syntax = "[channel ...]",
     .acl_categories = kAcl},
    {.name = "shardchannels",
     .function = cmd_pubsub_shardchannels,
     .arity = -2,
     .flags = kAsking,
     .group = "pubsub",
     .since = "7.0.0",
     .complexity = "O(N), N being the number of shard channels",
     .summary = "Names the shard channels that somebody is subscribed to",
     .syntax = "[pattern]",
     .acl_categories = kAcl},
    {.name = "shardnumsub",
     .function = cmd_pubsub_shardnumsub,
     .arity = -2,
     .flags = kAsking,
     .group = "pubsub",
     .since = "7.0.0",
     .complexity = "O(N), N being the number of shard channels named",
     .summary = "Answers how many are subscribed to each of the shard channels",
     .syntax = "[shardchannel ...]",
     .acl_categories = kAcl},
};

constexpr CommandSpec kCommands[] = {
    {.name = "publish",
     .function = cmd_publish,
     .arity = 3,
     .flags = kAsking | kFast,
     .group = "pubsub",
     .since = "2.0.0",
     .complexity = "O(N+M), N being the channel's subscribers and M the number of all patterns",
     .summary = "Sends a message to all who are subscribed to the channel and answers how many they are",
     .syntax = "channel message",
     .acl_categories = "@pubsub @fast"},
    {.name = "spublish",
     .function = cmd_spublish,
     .arity = 3,
     .flags = kAsking | kFast,
     .group = "pubsub",
     .since = "7.0.0",
     .complexity = "O(N), N being the channel's subscribers",
     .summary = "Sends a message to all who are subscribed to the shard channel and answers how many they are",
     .syntax = "shardchannel message",
     .acl_categories = "@pubsub @fast"},
    {.name = "subscribe",
     .function = cmd_subscribe,
     .arity = -2,
     .flags = kSubscribing,
     .group = "pubsub",
     .since = "2.0.0",
     .complexity = "O(N), N being the number of channels",
     .summary = "Has the messages of the channels sent to the connection",
     .syntax = "channel [channel ...]",
     .acl_categories = kAcl,
     .while_subscribed = true},
    {.name = "psubscribe",
     .function = cmd_psubscribe,
     .arity = -2,
     .flags = kSubscribing,
     .group = "pubsub",
     .since = "2.0.0",
     .complexity = "O(N), N being the number of patterns",
     .summary = "Has the messages of all channels that match a pattern sent to the connection",
     .syntax = "pattern [pattern ...]",
     .acl_categories = kAcl,
     .while_subscribed = true},
    {.name = "ssubscribe",
     .function = cmd_ssubscribe,
     .arity = -2,
     .flags = kSubscribing,
     .group = "pubsub",
     .since = "7.0.0",
     .complexity = "O(N), N being the number of shard channels",
     .summary = "Has the messages of the shard channels sent to the connection",
     .syntax = "shardchannel [shardchannel ...]",
     .acl_categories = kAcl,
     .while_subscribed = true},
    {.name = "unsubscribe",
     .function = cmd_unsubscribe,
     .arity = -1,
     .flags = kSubscribing,
     .group = "pubsub",
     .since = "2.0.0",
     .complexity = "O(N), N being the subscribers of the channels",
     .summary = "Ends the subscriptions to the channels, or to all of them",
     .syntax = "[channel ...]",
     .acl_categories = kAcl,
     .while_subscribed = true},
    {.name = "punsubscribe",
     .function = cmd_punsubscribe,
     .arity = -1,
     .flags = kSubscribing,
     .group = "pubsub",
     .since = "2.0.0",
     .complexity = "O(N), N being the subscribers of the patterns",
     .summary = "Ends the subscriptions to the patterns, or to all of them",
     .syntax = "[pattern ...]",
     .acl_categories = kAcl,
     .while_subscribed = true},
    {.name = "sunsubscribe",
     .function = cmd_sunsubscribe,
     .arity = -1,
     .flags = kSubscribing,
     .group = "pubsub",
     .since = "7.0.0",
     .complexity = "O(N), N being the subscribers of the shard channels",
     .summary = "Ends the subscriptions to the shard channels, or to all of them",
     .syntax = "[shardchannel ...]",
     .acl_categories = kAcl,
     .while_subscribed = true},
    {.name = "pubsub",
     .arity = -2,
     .group = "pubsub",
     .since = "2.8.0",
     .complexity = "As the subcommand's",
     .summary = "Looks at who is subscribed to what",
     .syntax = "",
     .acl_categories = "@slow",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const CommandSpec> pubsub_commands() {
  return kCommands;
}

}  // namespace larder
