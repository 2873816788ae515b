// CLIENT TRACKING, CACHING, TRACKINGINFO, GETREDIR: clients that keep what they have read, and are told when it
// changes.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/arguments.h"
#include "commands/client_handlers.h"
#include "commands/session.h"

namespace larder {

namespace {

constexpr std::uint32_t kOptModes = kTrackingOptIn | kTrackingOptOut;

struct TrackingOptions {
  Tracking::Mode mode;
  std::vector<std::string_view> prefixes;
};

std::uint32_t flags_of(const CommandContext& context) {
  return context.session.record().tracking.load(std::memory_order_relaxed);
}

// False: the error was replied.
bool read_redirect(CommandContext& context, std::size_t index, TrackingOptions& options) {
  if (options.mode.redirect_id != 0) {
    fail(context, "ERR A client can only redirect to a single other client");
    return false;
  }
  const auto id = read_int(context, index);
  if (!id) return false;
  const std::shared_ptr<ClientRecord> target = context.clients.find(static_cast<std::uint64_t>(*id));
  if (target == nullptr) {
    fail(context, "ERR The client ID you want redirect to does not exist");
    return false;
  }
  options.mode.redirect_id = static_cast<std::uint64_t>(*id);
  options.mode.redirect = mailbox_of(*target, context.session.pushes());
  return true;
}

std::uint32_t mode_named(const CommandContext& context, std::size_t index) {
  if (argument_is(context, index, "bcast")) return kTrackingBroadcast;
  if (argument_is(context, index, "optin")) return kTrackingOptIn;
  if (argument_is(context, index, "optout")) return kTrackingOptOut;
  if (argument_is(context, index, "noloop")) return kTrackingNoLoop;
  return 0;
}

// Nothing: the error was replied.
std::optional<TrackingOptions> read_options(CommandContext& context) {
  TrackingOptions options;
  for (std::size_t i = 3; i < context.argc(); ++i) {
    if (argument_is(context, i, "redirect") && arguments_follow(context, i)) {
      if (!read_redirect(context, ++i, options)) return {};
    } else if (argument_is(context, i, "prefix") && arguments_follow(context, i)) {
      options.prefixes.push_back(context.arg(++i));
    } else if (const std::uint32_t mode = mode_named(context, i); mode != 0) {
      options.mode.flags |= mode;
    } else {
      context.reply.error(errors::kSyntax);
      return {};
    }
  }
  return options;
}

// Why the options do not go together, or not with what the client does already; empty: they do.
std::string_view contradiction(const TrackingOptions& options, std::uint32_t current) {
  const bool broadcast = (options.mode.flags & kTrackingBroadcast) != 0;
  if (!broadcast && !options.prefixes.empty()) return "ERR PREFIX option requires BCAST mode to be enabled";
  if ((current & kTrackingOn) != 0 && ((current ^ options.mode.flags) & kTrackingBroadcast) != 0) {
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it "
           "with a different mode.";
  }
  if (broadcast && (options.mode.flags & kOptModes) != 0) return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  if ((options.mode.flags & kOptModes) == kOptModes) return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  if (((options.mode.flags | current) & kOptModes) == kOptModes && (options.mode.flags & kOptModes) != 0) {
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it "
           "with a different mode.";
  }
  return {};
}

bool overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

std::string overlap_error(std::string_view prefix, std::string_view kind, std::string_view other) {
  return "ERR Prefix '" + std::string(prefix) + "' overlaps with " + std::string(kind) + " prefix '" +
         std::string(other) + "'. Prefixes for a single client must not overlap.";
}

// Empty: no key has two of the client's prefixes.
std::string prefix_overlap(const std::vector<std::string_view>& prefixes, const std::vector<std::string>& existing) {
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    for (const std::string& other : existing) {
      if (overlap(prefixes[i], other)) return overlap_error(prefixes[i], "an existing", other);
    }
    for (std::size_t j = i + 1; j < prefixes.size(); ++j) {
      if (overlap(prefixes[i], prefixes[j])) return overlap_error(prefixes[i], "another provided", prefixes[j]);
    }
  }
  return {};
}

Outcome start_tracking(CommandContext& context, const TrackingOptions& options) {
  if (const std::string_view why = contradiction(options, flags_of(context)); !why.empty()) return fail(context, why);
  PushClient& client = context.session.push_client();
  const bool broadcast = (options.mode.flags & kTrackingBroadcast) != 0;
  if (broadcast) {
    const std::string why = prefix_overlap(options.prefixes, client.prefixes());
    if (!why.empty()) return fail(context, why);
    if (client.prefixes().size() + options.prefixes.size() > limits::kTrackingPrefixesMax) {
      return fail(context, "ERR too many prefixes (at most " + std::to_string(limits::kTrackingPrefixesMax) + ")");
    }
  }
  client.start_tracking(context.session.shared_record(), options.mode);
  if (broadcast && options.prefixes.empty()) client.add_prefix({});
  for (const std::string_view prefix : options.prefixes) client.add_prefix(prefix);
  // The requests behind this one are those of a client that tracks.
  context.session.end_batch();
  context.reply.ok();
  return Outcome::kDone;
}

}  // namespace

Outcome cmd_client_tracking(CommandContext& context) {
  const auto options = read_options(context);
  if (!options) return Outcome::kDone;
  if (argument_is(context, 2, "on")) return start_tracking(context, *options);
  if (!argument_is(context, 2, "off")) return fail(context, errors::kSyntax);
  if ((flags_of(context) & kTrackingOn) != 0) context.session.push_client().stop_tracking();
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_client_caching(CommandContext& context) {
  const std::uint32_t flags = flags_of(context);
  if ((flags & kTrackingOn) == 0) {
    return fail(context,
                "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode "
                "enabled");
  }
  if (argument_is(context, 2, "yes")) {
    if ((flags & kTrackingOptIn) == 0) {
      return fail(context, "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    }
  } else if (argument_is(context, 2, "no")) {
    if ((flags & kTrackingOptOut) == 0) {
      return fail(context, "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    }
  } else {
    return fail(context, errors::kSyntax);
  }
  context.session.push_client().set_caching_said(true);
  context.reply.ok();
  return Outcome::kDone;
}

Outcome cmd_client_getredir(CommandContext& context) {
  const ClientRecord& record = context.session.record();
  const bool tracks = (flags_of(context) & kTrackingOn) != 0;
  context.reply.integer(tracks ? static_cast<std::int64_t>(record.tracking_redirect.load(std::memory_order_relaxed))
                               : -1);
  return Outcome::kDone;
}

Outcome cmd_client_trackinginfo(CommandContext& context) {
  const std::uint32_t flags = flags_of(context);
  const bool tracks = (flags & kTrackingOn) != 0;
  const bool caching = tracks && context.session.push_client().caching_said();
  std::vector<std::string_view> words = {tracks ? "on" : "off"};
  if ((flags & kTrackingBroadcast) != 0) words.emplace_back("bcast");
  if ((flags & kTrackingOptIn) != 0) words.emplace_back("optin");
  if ((flags & kTrackingOptIn) != 0 && caching) words.emplace_back("caching-yes");
  if ((flags & kTrackingOptOut) != 0) words.emplace_back("optout");
  if ((flags & kTrackingOptOut) != 0 && caching) words.emplace_back("caching-no");
  if ((flags & kTrackingNoLoop) != 0) words.emplace_back("noloop");
  if ((flags & kTrackingBrokenRedirect) != 0) words.emplace_back("broken_redirect");
  context.reply.map(3);
  context.reply.bulk("flags");
  context.reply.set(words.size());
  for (const std::string_view word : words) context.reply.bulk(word);
  context.reply.bulk("redirect");
  cmd_client_getredir(context);
  context.reply.bulk("prefixes");
  const std::vector<std::string> prefixes =
      tracks ? context.session.push_client().prefixes() : std::vector<std::string>();
  context.reply.array(prefixes.size());
  for (const std::string& prefix : prefixes) context.reply.bulk(prefix);
  return Outcome::kDone;
}

}  // namespace larder
