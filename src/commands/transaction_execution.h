// EXEC: makes the room, locks the shards, looks at the watched keys, executes what was queued, and answers it all as
// one array.
//
// What a command answers goes into the reply in the commands' order, but those that need no shard (Reach::kServer) are
// executed when the locks are released: they tell of the server, which no transaction isolates, and may wait for locks
// whose holders wait for a shard. Their answers are put where they belong.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands/transaction.h"
#include "commands/transaction_plan.h"
#include "larder/protocol/reply_writer.h"

namespace larder {

class Session;

class TransactionExecution {
 public:
  // Executes a command; `first_key` is its first key, hashed, or null.
  using Call = std::function<void(const QueuedCommand&, const Key* first_key, ReplyWriter&)>;

  TransactionExecution(const Services& services, Session& session, Transaction& transaction, TimeMs now_ms, Call call)
      : services_(services), session_(session), transaction_(transaction), now_ms_(now_ms), call_(std::move(call)) {}

  // Appends the reply. Nothing is watched any more afterwards.
  void run(ReplyBuffer& out);

 private:
  // A command that is executed when the locks are released, and the replies of those behind it.
  struct Deferred {
    std::size_t index;
    RespVersion version;
    ReplyBuffer behind;
  };

  void execute_queue(ReplyBuffer& out);
  void execute_deferred(ReplyBuffer& out);
  void execute(std::size_t index, RespVersion version, ReplyBuffer& out);
  void count_errors();

  const Services& services_;
  Session& session_;
  Transaction& transaction_;
  const TimeMs now_ms_;
  const Call call_;

  TransactionPlan plan_;
  std::vector<std::unique_ptr<Deferred>> deferred_;
  std::size_t copied_bytes_ = 0;                             // into the reply
  std::vector<std::pair<std::size_t, std::string>> errors_;  // command and code; counted under a lock, so afterwards
};

}  // namespace larder
