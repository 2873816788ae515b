// The connection itself: PING ECHO QUIT RESET HELLO AUTH SELECT.
#include <optional>
#include <string>
#include <string_view>

#include "commands/arguments.h"
#include "commands/client_fields.h"
#include "commands/command_table.h"
#include "commands/session.h"
#include "larder/base/text.h"
#include "larder/base/version.h"

namespace larder {

namespace {

// The only user there is; its password is `requirepass`.
constexpr std::string_view kDefaultUser = "default";

Outcome cmd_ping(CommandContext& context) {
  if (context.argc() > 2) return fail_wrong_arguments(context);
  if (context.session.is_subscriber() && context.session.version() == RespVersion::k2) {
    // As a message, so that a client which waits for messages need not expect anything else.
    context.reply.array(2);
    context.reply.bulk("pong");
    context.reply.bulk(context.argc() == 2 ? context.arg(1) : std::string_view());
  } else if (context.argc() == 2) {
    context.reply.bulk(context.arg(1));
  } else {
    context.reply.simple("PONG");
  }
  return Outcome::kDone;
}

Outcome cmd_echo(CommandContext& context) {
  const BlobRef block = BlobRef::share(context.request.blob(1));
  if (block) {
    context.reply.bulk(block, context.arg(1));
  } else {
    context.reply.bulk(context.arg(1));
  }
  return Outcome::kDone;
}

Outcome cmd_quit(CommandContext& context) {
  context.reply.ok();
  return Outcome::kClose;
}

Outcome cmd_reset(CommandContext& context) {
  context.session.reset(context.reply.buffer());
  context.reply.simple("RESET");
  return Outcome::kDone;
}

bool log_in(CommandContext& context, std::string_view user, std::string_view password) {
  const AccessSettings& access = context.services.access;
  if (user != kDefaultUser || (access.has_password() && !access.password_is(password))) return false;
  context.session.set_authenticated(true);
  return true;
}

Outcome cmd_auth(CommandContext& context) {
  if (context.argc() > 3) return fail(context, errors::kSyntax);
  const bool names_user = context.argc() == 3;
  if (!names_user && !context.services.access.has_password()) {
    return fail(context,
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
                "configuration is correct?");
  }
  if (!log_in(context, names_user ? context.arg(1) : kDefaultUser, context.arg(context.argc() - 1))) {
    return fail(context, errors::kWrongPassword);
  }
  context.reply.ok();
  return Outcome::kDone;
}

struct HelloRequest {
  std::optional<RespVersion> version;
  std::optional<std::string_view> user;
  std::string_view password;
  std::optional<std::string_view> client_name;
};

// Nothing: the error was written.
std::optional<HelloRequest> read_hello(CommandContext& context) {
  HelloRequest hello;
  if (context.argc() > 1) {
    const auto version = read_int(context, 1, "ERR Protocol version is not an integer or out of range");
    if (!version) return {};
    if (*version != 2 && *version != 3) {
      fail(context, "NOPROTO unsupported protocol version");
      return {};
    }
    hello.version = static_cast<RespVersion>(*version);
  }
  for (std::size_t i = 2; i < context.argc(); ++i) {
    if (argument_is(context, i, "auth") && arguments_follow(context, i, 2)) {
      hello.user = context.arg(i + 1);
      hello.password = context.arg(i + 2);
      i += 2;
    } else if (argument_is(context, i, "setname") && arguments_follow(context, i)) {
      hello.client_name = context.arg(++i);
      if (!is_client_field(*hello.client_name)) {
        fail(context, kBadClientName);
        return {};
      }
    } else {
      fail(context, "ERR Syntax error in HELLO option '" + std::string(context.arg(i)) + "'");
      return {};
    }
  }
  return hello;
}

void reply_hello(CommandContext& context) {
  ReplyWriter& reply = context.reply;
  const auto text_field = [&reply](std::string_view name, std::string_view value) {
    reply.bulk(name);
    reply.bulk(value);
  };
  reply.map(7);
  text_field("server", "redis");
  text_field("version", kRedisVersion);
  reply.bulk("proto");
  reply.integer(static_cast<std::int64_t>(reply.version()));
  reply.bulk("id");
  reply.integer(static_cast<std::int64_t>(context.session.record().info.ref.id));
  text_field("mode", "standalone");
  text_field("role", "master");
  reply.bulk("modules");
  reply.array(0);
}

Outcome cmd_hello(CommandContext& context) {
  const auto hello = read_hello(context);
  if (!hello) return Outcome::kDone;
  if (hello->user && !log_in(context, *hello->user, hello->password)) return fail(context, errors::kWrongPassword);
  if (!context.session.authenticated()) {
    return fail(context,
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> "
                "<pass> option can be used to authenticate the client and select the RESP protocol version at the same "
                "time");
  }
  if (hello->client_name) set_client_name(context.session.record(), *hello->client_name);
  if (hello->version) {
    context.session.set_version(*hello->version);
    context.reply.set_version(*hello->version);
  }
  reply_hello(context);
  return Outcome::kDone;
}

Outcome cmd_select(CommandContext& context) {
  const auto index = read_int(context, 1);
  if (!index) return Outcome::kDone;
  if (*index < 0 || *index >= context.store().databases()) return fail(context, "ERR DB index is out of range");
  context.session.set_database(static_cast<Database>(*index));
  context.reply.ok();
  return Outcome::kDone;
}

constexpr std::uint32_t kAlwaysAllowed = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy;
constexpr std::string_view kAcl = "@fast @connection";

constexpr CommandSpec kCommands[] = {
    {.name = "ping",
     .function = cmd_ping,
     .arity = -1,
     .flags = kFast,
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Answers PONG, or the message: shows that the server is there",
     .syntax = "[message]",
     .acl_categories = kAcl,
     .while_subscribed = true},
    {.name = "echo",
     .function = cmd_echo,
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Answers the message",
     .syntax = "message",
     .acl_categories = kAcl},
    {.name = "quit",
     .function = cmd_quit,
     .arity = -1,
     .flags = kAlwaysAllowed,
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Closes the connection after everything before it was answered",
     .syntax = "",
     .acl_categories = kAcl,
     .immediate = true,
     .while_subscribed = true},
    {.name = "reset",
     .function = cmd_reset,
     .arity = 1,
     .flags = kAlwaysAllowed,
     .group = "connection",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Brings the connection back to how it was when it was opened, login included",
     .syntax = "",
     .acl_categories = kAcl,
     .immediate = true,
     .while_subscribed = true},
    {.name = "hello",
     .function = cmd_hello,
     .arity = -1,
     .flags = kAlwaysAllowed,
     .group = "connection",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Chooses the protocol version, logs in and names the connection if asked, and tells about the server",
     .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
     .acl_categories = kAcl},
    {.name = "auth",
     .function = cmd_auth,
     .arity = -2,
     .flags = kAlwaysAllowed,
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Logs the connection in",
     .syntax = "[username] password",
     .acl_categories = kAcl},
    {.name = "select",
     .function = cmd_select,
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Chooses the database of the connection",
     .syntax = "index",
     .acl_categories = kAcl},
};

}  // namespace

std::span<const CommandSpec> connection_commands() {
  return kCommands;
}

}  // namespace larder
