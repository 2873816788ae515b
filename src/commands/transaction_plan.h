// What EXEC has to know of its commands before it locks anything: which shards they need, which keys they may store,
// how much room that takes, and which of them need no shard at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "commands/transaction.h"

namespace larder {

// Where a command works.
enum class Reach : std::uint8_t {
  kKeys,      // on its keys
  kKeyspace,  // on keys that its arguments do not tell: SCAN, FLUSHALL
  kSession,   // on its connection: SELECT, HELLO. What follows may depend on it
  kServer,    // on the server: INFO, CONFIG. May take long, and locks that are not to be waited for under a shard's
};
Reach reach_of(const CommandSpec& spec);

// The keys view the transaction's bytes.
struct TransactionPlan {
  std::vector<Key> keys;                              // of all commands, and the watched ones
  std::vector<std::optional<std::size_t>> first_key;  // by command: where its first key is in `keys`
  bool all_shards = false;
  bool flushes_all = false;  // there is a FLUSHALL
  std::vector<Key> stored;   // each once
  std::vector<Key> copied;
  std::vector<Key> rewritten;  // each once

  ShardedStore::Exclusive needs(std::size_t room_bytes) const {
    return {.keys = keys,
            .all_shards = all_shards,
            .flushes_all = flushes_all,
            .stored = stored,
            .copied = copied,
            .rewritten = rewritten,
            .room_bytes = room_bytes};
  }
};

// `database`: the session's when EXEC begins.
TransactionPlan plan_transaction(const Transaction& transaction, const ShardedStore& store, Database database);

}  // namespace larder
