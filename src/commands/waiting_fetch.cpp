#include "commands/waiting_fetch.h"

#include <algorithm>
#include <chrono>

#include "commands/session.h"
#include "commands/value_access.h"

namespace larder {

namespace {

constexpr std::size_t kReplyFields = 5;
constexpr std::int64_t kNoItem = -2;
constexpr std::int64_t kNever = -1;

std::string_view state_of(const Fetched& fetched, TimeMs now_ms) {
  if (!fetched.item) return fetched.is_awaited() ? "wait" : "miss";
  if (fetched.negative) return "negative";
  return fetched.is_stale(now_ms) ? "stale" : "hit";
}

std::int64_t left_ms(TimeMs at_ms, TimeMs now_ms) {
  return at_ms == kNoExpiry ? kNever : std::max<std::int64_t>(0, at_ms - now_ms);
}

}  // namespace

void reply_fetched(ReplyWriter& reply, const Fetched& fetched, TimeMs now_ms) {
  reply.array(kReplyFields);
  reply.simple(state_of(fetched, now_ms));
  if (fetched.item && !fetched.negative) {
    reply_value(reply, *fetched.item);
  } else {
    reply.null();
  }
  if (fetched.lease != kNoLease) {
    reply.simple(std::to_string(fetched.lease));
  } else {
    reply.null();
  }
  reply.integer(fetched.item ? left_ms(fetched.stale_at_ms, now_ms) : kNoItem);
  reply.integer(fetched.item ? left_ms(fetched.item->expire_at_ms, now_ms) : kNoItem);
}

WaitingFetch::WaitingFetch(const CommandContext& context, const FetchOptions& options, TimeMs deadline_ms)
    : session_(context.session),
      services_(context.services),
      waiters_(context.lease_waiters),
      statistics_(context.statistics),
      connection_(context.session.record().info.ref),
      options_(options),
      tracks_(context.session.tracks_reads()),
      deadline_ms_(deadline_ms),
      key_text_(context.arg(1)),
      key_(services_.store.key(context.session.database(), key_text_)) {}

WaitingFetch::~WaitingFetch() {
  waiters_.remove(key_.hash, this);
}

bool WaitingFetch::look(ReplyWriter& reply) {
  // What has ended the wait has used up what was noted for the look before.
  if (tracks_) session_.push_client().note_read(key_text_);
  const TimeMs now_ms = services_.clock.now_ms();
  const bool may_wait = now_ms < deadline_ms_ && waiters_.add(key_.hash, connection_, shared_from_this());
  Fetched fetched;
  bool answered = false;
  services_.store.run(key_, now_ms, [&](Shard& shard, Op& op) {
    fetched = shard.fetch(key_, options_, op);
    answered = !may_wait || !fetched.is_awaited();
    if (answered) reply_fetched(reply, fetched, now_ms);
    return StatusCode::kOk;
  });
  if (!answered) {
    set_timer(fetched.leased_until_ms, now_ms);
    return false;
  }
  (fetched.item ? statistics_.hits : statistics_.misses).add();
  services_.store.note_lookup(key_.hash, fetched.item.has_value());
  return true;
}

void WaitingFetch::set_timer(TimeMs leased_until_ms, TimeMs now_ms) {
  if (leased_until_ms >= deadline_ms_) return;
  Session::ask_again_after(services_.connections, std::chrono::milliseconds(leased_until_ms - now_ms), connection_,
                           weak_from_this());
}

void WaitingFetch::time_out(ReplyWriter& reply) {
  statistics_.misses.add();
  services_.store.note_lookup(key_.hash, false);
  Fetched nothing_yet;
  nothing_yet.leased_until_ms = deadline_ms_;
  reply_fetched(reply, nothing_yet, deadline_ms_);
}

}  // namespace larder
