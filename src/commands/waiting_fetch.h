// FETCH: its reply, and the request that waits for what somebody else is loading.
#pragma once

#include <memory>
#include <string>

#include "commands/command.h"
#include "commands/lease_waiters.h"
#include "commands/parked_request.h"

namespace larder {

// state, value, token, milliseconds until it is stale, milliseconds until it is gone.
void reply_fetched(ReplyWriter& reply, const Fetched& fetched, TimeMs now_ms);

class WaitingFetch final : public ParkedRequest, public std::enable_shared_from_this<WaitingFetch> {
 public:
  // Waits until `deadline_ms` for the context's first key.
  WaitingFetch(const CommandContext& context, const FetchOptions& options, TimeMs deadline_ms);
  ~WaitingFetch() override;

  // --- ParkedRequest ---
  bool look(ReplyWriter& reply) override;
  void time_out(ReplyWriter& reply) override;
  std::size_t bytes() const override { return sizeof *this + key_text_.size(); }

 private:
  // Looks again when the lease is over, if that is before the deadline.
  void set_timer(TimeMs leased_until_ms, TimeMs now_ms);

  Session& session_;  // which owns it once it is parked
  const Services& services_;
  LeaseWaiters& waiters_;
  ThreadStatistics& statistics_;
  const ConnectionRef connection_;
  const FetchOptions options_;
  const bool tracks_;
  const TimeMs deadline_ms_;
  const std::string key_text_;
  const Key key_;
};

}  // namespace larder
