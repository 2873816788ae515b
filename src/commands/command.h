// What a command is: one row of a table (CommandSpec) and one function. cmd_x reads arguments from the context, changes
// or asks the store, writes exactly one reply (or parks) and returns. Each family's file ends with its rows;
// command_table joins them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "larder/base/clock.h"
#include "larder/commands/services.h"
#include "larder/protocol/reply_writer.h"
#include "larder/protocol/request.h"
#include "larder/store/sharded_store.h"

namespace larder {

class Session;
class ClientRegistry;
class LeaseWaiters;
struct CommandSpec;

enum class Outcome : std::uint8_t {
  kDone,    // a reply was written
  kParked,  // the session has been parked; the reply comes through a ConnectionTask
  kClose,   // a reply was written; close after it
};

// Everything a handler may touch. Lives for one request.
struct CommandContext {
  const Services& services;
  ClientRegistry& clients;
  LeaseWaiters& lease_waiters;
  Session& session;
  const CommandSpec& spec;
  const CommandSpec* container;  // of a subcommand; null otherwise
  const Request& request;
  ReplyWriter& reply;
  ThreadStatistics& statistics;
  TimeMs now_ms;
  std::int64_t now_ns;   // when its batch began, for durations
  Reservation* room;     // made for what this request stores while it arrived; null: none
  const Key* first_key;  // the first key, hashed ahead; null: it was not
  ShardedStore::KeptLock& kept;

  std::size_t argc() const { return request.size(); }
  std::string_view arg(std::size_t index) const { return request[index]; }
  // The argument as something to store: its block, if it came in one, is shared instead of copied.
  Value value(std::size_t index) const { return {request[index], request.blob(index)}; }
  ShardedStore& store() const { return services.store; }
  // The key at `index` in the session's database, hashed.
  Key key(std::size_t index) const;
  // ShardedStore::run() for a command whose row says that it is `keyed`, with its first key.
  template <class Body>
  StatusCode run(const Key& key, Body&& body) const {
    return store().run(key, now_ms, body, room, kept);
  }

  void count_hit() const { statistics.hits.add(); }
  void count_miss() const { statistics.misses.add(); }
};

using CommandFunction = Outcome (*)(CommandContext&);

// As Redis's command flags; the names are what COMMAND prints.
enum CommandFlag : std::uint32_t {
  kWrite = 1u << 0,
  kReadOnly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubSub = 1u << 4,
  kNoScript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kSkipMonitor = 1u << 9,
  kSkipSlowlog = 1u << 10,
  kFast = 1u << 11,
  kNoAuth = 1u << 12,
  kMayReplicate = 1u << 13,
  kNoMulti = 1u << 14,
  kAllowBusy = 1u << 15,
  kMovableKeys = 1u << 16,
};

// Positions of keys, as in COMMAND: first, last (negative: from the end), step; 0, 0, 0 for none. `number_at`: the
// argument there says how many keys there are, so `last` does not; 0: none does.
struct KeySpec {
  int first = 0;
  int last = 0;
  int step = 0;
  int number_at = 0;
};

struct CommandSpec {
  std::string_view name;               // lower case; of a subcommand its own name alone ("getname")
  CommandFunction function = nullptr;  // null: a container whose subcommands do the work
  int arity = 0;  // as Redis: with the name, negative: at least; of a subcommand the container's name counts too
  std::uint32_t flags = 0;
  KeySpec keys = {};
  std::string_view group;  // "string", "generic", "connection", "server", ...
  std::string_view since;  // the Redis version that introduced it
  std::string_view complexity;
  std::string_view summary;  // our own words
  // The arguments as HELP shows them, e.g. "key value [NX | XX] [GET] [EX seconds | PX milliseconds | KEEPTTL]";
  // COMMAND DOCS derives its argument tree from it. Grammar: command_syntax.h.
  std::string_view syntax;
  std::string_view acl_categories;  // "@write @string @slow"
  // All that it does with the store is one CommandContext::run() of its first key, and that is quick, so that a batch
  // may keep the shard's lock from one such command to the next.
  bool keyed = false;
  // Executed at once between MULTI and EXEC too.
  bool immediate = false;
  // A client of RESP2 may still use it when it is subscribed to something.
  bool while_subscribed = false;
  std::span<const CommandSpec> subcommands = {};
};

// The families, each in its own file.
std::span<const CommandSpec> connection_commands();     // PING ECHO QUIT RESET HELLO AUTH SELECT
std::span<const CommandSpec> client_commands();         // CLIENT
std::span<const CommandSpec> introspection_commands();  // COMMAND
std::span<const CommandSpec> server_commands();         // INFO CONFIG DBSIZE FLUSHDB FLUSHALL TIME WAIT
std::span<const CommandSpec> observation_commands();    // SLOWLOG MONITOR
std::span<const CommandSpec> latency_commands();        // LATENCY
std::span<const CommandSpec> traffic_commands();        // HOTKEYS PREFIXSTATS
std::span<const CommandSpec> debug_commands();          // DEBUG
std::span<const CommandSpec> string_commands();         // GET SET MGET INCR APPEND ...
std::span<const CommandSpec> bit_commands();            // SETBIT GETBIT BITCOUNT BITPOS BITOP
std::span<const CommandSpec> key_commands();            // DEL EXISTS TYPE TOUCH RANDOMKEY ...
std::span<const CommandSpec> conditional_commands();    // DELEX DELIFEQ DIGEST
std::span<const CommandSpec> transfer_commands();       // RENAME RENAMENX COPY
std::span<const CommandSpec> caching_commands();        // FETCH TAGDEL TAGINFO
std::span<const CommandSpec> expiry_commands();         // TTL EXPIRE PERSIST ...
std::span<const CommandSpec> value_ttl_commands();      // GETPTTL MGETPTTL
std::span<const CommandSpec> scan_commands();           // SCAN KEYS
std::span<const CommandSpec> prefix_commands();         // COUNTPREFIX DELPREFIX
std::span<const CommandSpec> object_commands();         // OBJECT
std::span<const CommandSpec> memory_commands();         // MEMORY
std::span<const CommandSpec> advise_commands();         // ADVISE
std::span<const CommandSpec> transaction_commands();    // MULTI EXEC DISCARD WATCH UNWATCH
std::span<const CommandSpec> pubsub_commands();         // SUBSCRIBE PUBLISH PUBSUB ...

}  // namespace larder
