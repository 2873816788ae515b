// A request that waits for something to happen in the store: it may be asked several times whether it has, and looks
// for itself each time.
#pragma once

#include <cstddef>

#include "larder/protocol/reply_writer.h"

namespace larder {

// Used by its session's thread alone; owned by the session that is parked on it.
class ParkedRequest {
 public:
  ParkedRequest() = default;
  virtual ~ParkedRequest() = default;
  ParkedRequest(const ParkedRequest&) = delete;
  ParkedRequest& operator=(const ParkedRequest&) = delete;

  // Looks, and writes the reply. False: nothing was written, and it goes on waiting.
  virtual bool look(ReplyWriter& reply) = 0;
  // Writes the reply that ends the waiting.
  virtual void time_out(ReplyWriter& reply) = 0;
  // It does not wait for anything, but is worked on: its end is near whatever the client does.
  virtual bool is_at_work() const { return false; }
  // What it keeps.
  virtual std::size_t bytes() const = 0;
};

}  // namespace larder
