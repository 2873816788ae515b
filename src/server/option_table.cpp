#include "server/option_table.h"

#include <array>

#include "larder/base/limits.h"
#include "larder/base/text.h"

namespace larder {

namespace {

using enum OptionType;
using enum OptionChange;

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kUint32Max = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t kPathBytesMax = 4096;
// sockaddr_un holds 108 bytes with the closing zero.
constexpr std::int64_t kSocketPathBytesMax = 107;
constexpr std::int64_t kPasswordBytesMax = 512;

constexpr std::string_view kGeneral = "General";
constexpr std::string_view kNetwork = "Network";
constexpr std::string_view kMemoryGroup = "Memory";
constexpr std::string_view kSecurity = "Security";
constexpr std::string_view kLogging = "Logging and statistics";
constexpr std::string_view kAdminGroup = "Admin port";
constexpr std::string_view kTesting = "Testing";

constexpr auto kRows = std::to_array<OptionRow>({
    {.name = "config",
     .value_hint = "FILE",
     .group = kGeneral,
     .help = "Read options from this TOML file; flags and environment variables win over it",
     .max = kPathBytesMax},
    {.name = "threads",
     .type = kAutoInteger,
     .value_hint = "N|auto",
     .default_text = "auto",
     .group = kGeneral,
     .help = "Threads that serve clients; auto: the cores that this process may use",
     .min = 1,
     .max = 256},
    {.name = "databases",
     .type = kInteger,
     .value_hint = "N",
     .default_text = "16",
     .group = kGeneral,
     .help = "Databases that SELECT can choose from",
     .min = 1,
     .max = limits::kDatabasesMax},
    {.name = "notify-keyspace-events",
     .type = kNotifyFlags,
     .value_hint = "FLAGS",
     .change = kAtRuntime,
     .group = kGeneral,
     .help = "Publish what happens to keys: K and E say where, g$xenm or A what; empty: nothing"},

    {.name = "bind",
     .type = kAddresses,
     .value_hint = "ADDRESS...",
     .default_text = "127.0.0.1",
     .group = kNetwork,
     .help = "Numeric addresses to listen on; *: all of them"},
    {.name = "port",
     .type = kInteger,
     .value_hint = "PORT",
     .default_text = "6379",
     .group = kNetwork,
     .help = "TCP port; 0: no TCP",
     .max = 65535},
    {.name = "unixsocket",
     .value_hint = "PATH",
     .group = kNetwork,
     .help = "Listen on this Unix socket too",
     .max = kSocketPathBytesMax},
    {.name = "unixsocketperm",
     .type = kOctal,
     .value_hint = "MODE",
     .default_text = "0",
     .group = kNetwork,
     .help = "Permissions of the Unix socket, octal; 0: as the umask says",
     .max = 0777},
    {.name = "maxclients",
     .type = kInteger,
     .value_hint = "N",
     .default_text = "10000",
     .change = kAtRuntime,
     .group = kNetwork,
     .help = "Connections served at a time; more are refused",
     .min = 1,
     .max = kUint32Max},
    {.name = "timeout",
     .type = kDuration,
     .value_hint = "SECONDS|5m|1h",
     .default_text = "0",
     .change = kAtRuntime,
     .group = kNetwork,
     .help = "Close a client that is idle for so long; 0: never"},
    {.name = "tcp-keepalive",
     .type = kDuration,
     .value_hint = "SECONDS|5m|1h",
     .default_text = "300",
     .change = kAtRuntime,
     .group = kNetwork,
     .help = "Probe silent TCP connections at this interval; 0: never"},
    {.name = "client-output-buffer-limit",
     .type = kOutputLimits,
     .value_hint = "'CLASS HARD SOFT SECONDS...'",
     .default_text = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
     .change = kAtRuntime,
     .group = kNetwork,
     .help =
         "Close a client of the class (normal, pubsub) when so much output waits for it, or the soft amount so long"},
    {.name = "tcp-backlog",
     .type = kInteger,
     .value_hint = "N",
     .default_text = "511",
     .group = kNetwork,
     .help = "Connections that may wait to be accepted",
     .min = 1,
     .max = 65535},

    {.name = "maxmemory",
     .type = kMemory,
     .value_hint = "SIZE|PERCENT|auto",
     .default_text = "auto",
     .change = kAtRuntime,
     .group = kMemoryGroup,
     .help = "Memory for keys and values; 0: no limit; auto: 75% of the container's limit, or 25% of RAM"},
    {.name = "maxmemory-policy",
     .type = kPolicy,
     .value_hint = "NAME",
     .default_text = "allkeys-s3fifo",
     .change = kAtRuntime,
     .group = kMemoryGroup,
     .help =
         "Which keys make room when memory is full: allkeys-s3fifo, -tinylfu, -lru, -lfu or -random; volatile-lru, "
         "-lfu, -random or -ttl, of those with an expiry; noeviction (writes fail instead); or auto, the one of the "
         "first four that suits the traffic (see ADVISE)"},
    {.name = "maxitems",
     .type = kInteger,
     .value_hint = "N",
     .default_text = "0",
     .change = kAtRuntime,
     .group = kMemoryGroup,
     .help = "Keys kept at most; 0: no limit",
     .max = kInt64Max},
    {.name = "tracking-table-max-keys",
     .type = kInteger,
     .value_hint = "N",
     .default_text = "1000000",
     .change = kAtRuntime,
     .group = kMemoryGroup,
     .help = "Keys kept at most to know which clients have read them (CLIENT TRACKING); others are told as changed",
     .min = 1,
     .max = 1'000'000},
    {.name = "shards",
     .type = kAutoPowerOfTwo,
     .value_hint = "N|auto",
     .default_text = "auto",
     .group = kMemoryGroup,
     .help = "Parts of the store with a lock each, a power of two; auto: by memory and threads",
     .min = 1,
     .max = 65536},

    {.name = "requirepass",
     .type = kSecret,
     .value_hint = "PASSWORD",
     .change = kAtRuntime,
     .group = kSecurity,
     .help = "Clients must AUTH with this password; prefer the variable or the file, a flag shows in ps",
     .max = kPasswordBytesMax},
    {.name = "protected-mode",
     .type = kYesNo,
     .value_hint = "yes|no",
     .default_text = "yes",
     .change = kAtRuntime,
     .group = kSecurity,
     .help = "Without a password, serve only clients on this host"},

    {.name = "loglevel",
     .type = kChoice,
     .value_hint = "LEVEL",
     .default_text = "info",
     .change = kAtRuntime,
     .group = kLogging,
     .help = "The least important messages to log; verbose is debug and notice is info",
     .choices = "debug, verbose, info, notice, warning, error"},
    {.name = "logfile",
     .value_hint = "PATH",
     .group = kLogging,
     .help = "Log to this file, opened again at SIGHUP; empty: to standard error",
     .max = kPathBytesMax},
    {.name = "advisor",
     .type = kYesNo,
     .value_hint = "yes|no",
     .default_text = "no",
     .change = kAtRuntime,
     .group = kLogging,
     .help = "Learn from a sample of the traffic what more memory or another policy would bring: ADVISE, INFO advisor"},
    {.name = "stats-interval",
     .type = kDuration,
     .value_hint = "SECONDS|5m|1h",
     .default_text = "10",
     .change = kAtRuntime,
     .group = kLogging,
     .help = "Log a line of statistics at this interval; 0: never"},

    {.name = "slowlog-log-slower-than",
     .type = kInteger,
     .value_hint = "MICROSECONDS",
     .default_text = "10000",
     .change = kAtRuntime,
     .group = kLogging,
     .help = "Commands that take as long are in SLOWLOG; 0: all of them; -1: none",
     .min = -1,
     .max = kInt64Max},
    {.name = "slowlog-max-len",
     .type = kInteger,
     .value_hint = "N",
     .default_text = "128",
     .change = kAtRuntime,
     .group = kLogging,
     .help = "Commands that SLOWLOG keeps",
     .max = limits::kSlowLogEntriesMax},

    {.name = "latency-monitor-threshold",
     .type = kInteger,
     .value_hint = "MILLISECONDS",
     .default_text = "0",
     .change = kAtRuntime,
     .group = kLogging,
     .help = "What takes as long is a spike for LATENCY; 0: nothing is looked for",
     .max = kInt64Max},
    {.name = "stats-sample-every",
     .type = kInteger,
     .value_hint = "N",
     .default_text = "4",
     .change = kAtRuntime,
     .group = kLogging,
     .help = "For HOTKEYS and PREFIXSTATS look at one request of one batch in so many, 64,000 / N a second and io "
             "thread at most; 0: at none",
     .max = 1'000'000},
    {.name = "stats-prefix-delimiter",
     .value_hint = "TEXT",
     .default_text = ":",
     .change = kAtRuntime,
     .group = kLogging,
     .help = "What ends the prefix of a key for PREFIXSTATS; empty: no prefixes are kept",
     .max = 16},

    {.name = "admin-port",
     .type = kInteger,
     .value_hint = "PORT",
     .default_text = "0",
     .group = kAdminGroup,
     .help = "HTTP port for a dashboard, /metrics (Prometheus), /healthz, /readyz and /api; 0: none",
     .max = 65535},
    {.name = "admin-bind",
     .type = kAddresses,
     .value_hint = "ADDRESS",
     .default_text = "127.0.0.1",
     .group = kAdminGroup,
     .help = "Numeric address of the admin port; one that others reach wants an admin-token"},
    {.name = "admin-token",
     .type = kSecret,
     .value_hint = "TOKEN",
     .group = kAdminGroup,
     .help = "Wanted by the admin port, but for /healthz and /readyz: as bearer token or as password",
     .max = kPasswordBytesMax},

    {.name = "hash-seed",
     .type = kOptionalInteger,
     .value_hint = "N",
     .group = kTesting,
     .help = "The same key hashes in every run; empty: drawn at random, as it should be",
     .max = kInt64Max},
    {.name = "enable-debug-command",
     .type = kYesNo,
     .value_hint = "yes|no",
     .default_text = "no",
     .group = kTesting,
     .help = "Allow the DEBUG command"},

    {.name = "memcached-port",
     .default_text = "0",
     .change = kNever,
     .help = "the memcached protocol is not available yet"},
    {.name = "save", .change = kNever, .help = "Larder keeps everything in memory and writes no snapshots"},
    {.name = "appendonly",
     .default_text = "no",
     .change = kNever,
     .help = "Larder keeps everything in memory and writes no journal"},
    {.name = "daemonize",
     .default_text = "no",
     .change = kNever,
     .help = "Larder stays in the foreground; a supervisor starts it"},
    {.name = "cluster-enabled", .default_text = "no", .change = kNever, .help = "there is no cluster mode"},
    {.name = "tls-port", .default_text = "0", .change = kNever, .help = "TLS is not available yet"},
    {.name = "proto-max-bulk-len",
     .default_text = "536870912",
     .change = kNever,
     .help = "the largest value is fixed at 512 MiB"},
});
static_assert(limits::kValueBytesMax == 536870912, "the row proto-max-bulk-len says so");

}  // namespace

std::span<const OptionRow> option_table() {
  return kRows;
}

const OptionRow* find_option(std::string_view name) {
  for (const OptionRow& row : kRows) {
    if (equals_ignore_case(row.name, name)) return &row;
  }
  return nullptr;
}

std::string option_variable(const OptionRow& row) {
  std::string variable(kOptionVariablePrefix);
  for (const char c : to_upper(row.name)) variable += c == '-' ? '_' : c;
  return variable;
}

}  // namespace larder
