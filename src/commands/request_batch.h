// The requests of one turn's batch, parsed and not yet executed, with what is found out about all of them before the
// first is executed: their commands, and the hashes of their first keys, whose items are then on their way into the
// processor's caches together. One an io thread, shared by its sessions, because a session needs it only inside
// on_input(): so an idle connection does not pay for it.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "commands/command_table.h"
#include "larder/base/limits.h"
#include "larder/protocol/request.h"
#include "larder/store/sharded_store.h"

namespace larder {

struct RequestBatch {
  std::array<Request, limits::kBatchRequestsMax> requests;
  // Where each request ends, from the beginning of the batch's input.
  std::array<std::size_t, limits::kBatchRequestsMax> ends{};
  std::size_t size = 0;
  // What monitors are to see of those that were executed.
  std::string monitor_lines;

  // Set by look_ahead().
  std::array<FoundCommand, limits::kBatchRequestsMax> commands;  // by the first word; unknown ones are empty
  std::array<Key, limits::kBatchRequestsMax> keys;               // the first of each, in `database` then
  std::array<bool, limits::kBatchRequestsMax> has_key{};

  // `kept`: what the requests will be executed with, which holds nothing; it may be given the locks of all of them at
  // once if they are all keyed. Null: it may not.
  void look_ahead(ShardedStore& store, Database database, ShardedStore::KeptLock* kept);
  // Whether the request is of a command whose row says `keyed`, with the shape that it must have.
  bool is_keyed(std::size_t index) const { return has_key[index] && commands[index].spec->keyed; }
};

}  // namespace larder
