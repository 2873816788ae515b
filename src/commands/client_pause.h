// CLIENT PAUSE: which commands wait, and until when. Who waits is the sessions' business. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "commands/attention.h"
#include "larder/base/clock.h"
#include "larder/base/mutex.h"

namespace larder {

enum class PauseKind : std::uint8_t { kNone, kWrites, kAll };

class ClientPause {
 public:
  // `attention` must outlive it.
  explicit ClientPause(AttentionFlags& attention) : attention_(attention) {}

  // A pause that is there already goes on for as long, and is as strict, as the stricter and longer of the two.
  void begin(PauseKind kind, TimeMs until_ms, TimeMs now_ms);
  void end();
  // Until when a command has to wait. Nothing: it has not.
  std::optional<TimeMs> holds(bool command_writes, TimeMs now_ms);

 private:
  void forget_if_over(TimeMs now_ms) REQUIRES_LOCK(mutex_);

  AttentionFlags& attention_;
  Mutex mutex_;
  PauseKind kind_ GUARDED_BY(mutex_) = PauseKind::kNone;
  TimeMs until_ms_ GUARDED_BY(mutex_) = 0;
};

}  // namespace larder
