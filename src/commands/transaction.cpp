#include "commands/transaction.h"

#include <utility>

#include "commands/transaction_room.h"
#include "larder/base/check.h"
#include "larder/base/limits.h"

namespace larder {

Transaction::~Transaction() {
  LARDER_DCHECK(watched_.empty());
  give_back(bytes_);
  record_.queued_commands.store(-1, std::memory_order_relaxed);
}

Status Transaction::take(std::size_t bytes, std::uint64_t maxmemory_bytes) {
  if (bytes_ + bytes > limits::kQueuedBytesMax) {
    return Status::invalid("ERR the transaction is too large (at most " + std::to_string(limits::kQueuedBytesMax) +
                           " bytes)");
  }
  if (!memory_.try_take(bytes, bytes_, maxmemory_bytes)) {
    return Status::invalid("ERR the transactions of all clients are too large together; try again later");
  }
  bytes_ += bytes;
  record_.transaction_bytes.store(bytes_, std::memory_order_relaxed);
  return Status::ok();
}

void Transaction::give_back(std::size_t bytes) {
  memory_.give_back(bytes);
  bytes_ -= bytes;
  record_.transaction_bytes.store(bytes_, std::memory_order_relaxed);
}

// --- MULTI ---

void Transaction::begin() {
  stage_ = Stage::kQueuing;
  record_.queued_commands.store(0, std::memory_order_relaxed);
}

Status Transaction::add(const FoundCommand& command, const Request& request, std::uint64_t maxmemory_bytes) {
  if (queue_.size() == limits::kQueuedCommandsMax) {
    return Status::invalid("ERR the transaction is too large (at most " + std::to_string(limits::kQueuedCommandsMax) +
                           " commands)");
  }
  QueuedCommand queued{command, request.owned()};
  if (Status status = take(sizeof queued + queued.request.memory_bytes(), maxmemory_bytes); !status.is_ok()) {
    return status;
  }
  room_bytes_ += room_bytes_of(*command.spec, queued.request);
  writes_ = writes_ || (command.spec->flags & (kWrite | kMayReplicate)) != 0;
  queue_.push_back(std::move(queued));
  record_.queued_commands.store(static_cast<std::int32_t>(queue_.size()), std::memory_order_relaxed);
  return Status::ok();
}

// --- WATCH ---

Status Transaction::watch(ShardedStore& store, const Key& key, TimeMs now_ms) {
  if (watched_.contains(key.hash)) return Status::ok();
  if (watched_.size() == limits::kWatchedKeysMax) {
    return Status::invalid("ERR too many keys are watched (at most " + std::to_string(limits::kWatchedKeysMax) + ")");
  }
  Watched watched{.name = std::string(key.bytes), .database = key.database, .mark = {}};
  if (Status status = take(watched.bytes(), store.budget().bytes_max()); !status.is_ok()) return status;
  store.run(key, now_ms, [&](Shard& shard, Op& op) {
    watched.mark = shard.watch(key, op);
    return StatusCode::kOk;
  });
  watched_.emplace(key.hash, std::move(watched));
  return Status::ok();
}

void Transaction::unwatch_all(ShardedStore& store, TimeMs now_ms) {
  std::size_t bytes = 0;
  for (const auto& [hash, watched] : watched_) {
    bytes += watched.bytes();
    store.run(watched.key(hash), now_ms, [key = watched.key(hash)](Shard& shard, Op&) {
      shard.unwatch(key);
      return StatusCode::kOk;
    });
  }
  watched_.clear();
  give_back(bytes);
}

bool Transaction::watched_changed(ShardedStore& store, TimeMs now_ms) const {
  for (const auto& [hash, watched] : watched_) {
    bool changed = false;
    const Key key = watched.key(hash);
    store.run(key, now_ms, [&, mark = watched.mark](Shard& shard, Op&) {
      changed = shard.has_changed(key, mark, now_ms);
      return StatusCode::kOk;
    });
    if (changed) return true;
  }
  return false;
}

std::vector<Key> Transaction::watched_keys() const {
  std::vector<Key> keys;
  keys.reserve(watched_.size());
  for (const auto& [hash, watched] : watched_) keys.push_back(watched.key(hash));
  return keys;
}

}  // namespace larder
