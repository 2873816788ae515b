// One client's transaction: what MULTI has queued and what WATCH has noted. There is one only while the client is
// between MULTI and EXEC or watches a key. Owns the queued requests' bytes. Used by its session alone; what it holds is
// counted with all others' (TransactionMemory) and shown in the client's record.
//
// Whoever ends it calls unwatch_all() before, since the store knows of the watched keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "commands/client_registry.h"
#include "commands/command_table.h"
#include "commands/transaction_memory.h"
#include "larder/base/status.h"
#include "larder/protocol/request.h"
#include "larder/store/sharded_store.h"

namespace larder {

struct QueuedCommand {
  FoundCommand command;
  Request request;
};

// Whether the command may stand between MULTI and EXEC. What SUBSCRIBE and its kin answer is as many pushes as there
// are names, for which EXEC's array has no place.
inline bool may_be_queued(const CommandSpec& spec) {
  constexpr std::uint32_t kSubscribing = kPubSub | kNoScript;
  return (spec.flags & kNoMulti) == 0 && (spec.flags & kSubscribing) != kSubscribing;
}

class Transaction {
 public:
  Transaction(ClientRecord& record, TransactionMemory& memory) : record_(record), memory_(memory) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // --- MULTI ---
  void begin();
  bool is_queuing() const { return stage_ == Stage::kQueuing; }
  bool queues(const CommandSpec& spec) const { return is_queuing() && !spec.immediate; }
  // Copies the request. Errors: a limit, which the message tells.
  Status add(const FoundCommand& command, const Request& request, std::uint64_t maxmemory_bytes);
  std::span<const QueuedCommand> queue() const { return queue_; }
  // Whether a command among them writes.
  bool writes() const { return writes_; }
  // Room for what is queued; see transaction_room.h.
  std::size_t room_bytes() const { return room_bytes_; }
  // A request was refused: EXEC will refuse all of them.
  void spoil() { spoilt_ = true; }
  bool is_spoilt() const { return spoilt_; }

  // --- EXEC ---
  void begin_execution() { stage_ = Stage::kExecuting; }
  bool is_executing() const { return stage_ == Stage::kExecuting; }
  // What executes wanted to wait, which it may not: `error` is what it would have answered when its time was over.
  void refuse_wait(std::string error) { wait_refusal_ = std::move(error); }
  const std::string& wait_refusal() const { return wait_refusal_; }
  // A key that was looked for, by an argument of a queued request, and not found: to be told of once no shard is held.
  void note_miss(const Key& key) { misses_.push_back(key); }
  std::span<const Key> misses() const { return misses_; }

  // --- WATCH ---
  bool watches() const { return !watched_.empty(); }
  // Errors: a limit, which the message tells.
  Status watch(ShardedStore& store, const Key& key, TimeMs now_ms);
  void unwatch_all(ShardedStore& store, TimeMs now_ms);
  // Whether one of the keys has changed.
  bool watched_changed(ShardedStore& store, TimeMs now_ms) const;
  // Valid until the next call of watch() or unwatch_all().
  std::vector<Key> watched_keys() const;

 private:
  enum class Stage : std::uint8_t { kWatching, kQueuing, kExecuting };
  struct Watched {
    std::string name;
    Database database = 0;
    WatchMark mark;

    Key key(KeyHash hash) const { return {name, hash, database}; }
    std::size_t bytes() const { return sizeof(Watched) + name.capacity() + 2 * WatchTable::kBytesPerKey; }
  };

  Status take(std::size_t bytes, std::uint64_t maxmemory_bytes);
  void give_back(std::size_t bytes);

  ClientRecord& record_;
  TransactionMemory& memory_;

  Stage stage_ = Stage::kWatching;
  bool spoilt_ = false;
  bool writes_ = false;
  std::vector<QueuedCommand> queue_;
  std::size_t room_bytes_ = 0;
  std::unordered_map<KeyHash, Watched> watched_;
  std::size_t bytes_ = 0;  // taken of memory_
  std::string wait_refusal_;
  std::vector<Key> misses_;
};

}  // namespace larder
