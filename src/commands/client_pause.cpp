#include "commands/client_pause.h"

#include <algorithm>

namespace larder {

void ClientPause::begin(PauseKind kind, TimeMs until_ms, TimeMs now_ms) {
  const LockGuard guard(mutex_);
  forget_if_over(now_ms);
  kind_ = std::max(kind_, kind);
  until_ms_ = std::max(until_ms_, until_ms);
  attention_.set(Attention::kPause, true);
}

void ClientPause::end() {
  const LockGuard guard(mutex_);
  kind_ = PauseKind::kNone;
  until_ms_ = 0;
  attention_.set(Attention::kPause, false);
}

std::optional<TimeMs> ClientPause::holds(bool command_writes, TimeMs now_ms) {
  const LockGuard guard(mutex_);
  forget_if_over(now_ms);
  const bool held = kind_ == PauseKind::kAll || (kind_ == PauseKind::kWrites && command_writes);
  return held ? std::optional(until_ms_) : std::nullopt;
}

void ClientPause::forget_if_over(TimeMs now_ms) {
  if (kind_ == PauseKind::kNone || now_ms < until_ms_) return;
  kind_ = PauseKind::kNone;
  until_ms_ = 0;
  attention_.set(Attention::kPause, false);
}

}  // namespace larder
