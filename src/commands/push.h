// What is sent to a client that has not just asked for it: a message of a channel, an invalidation. Made once and
// shared by all who get it, so it does not change; a large payload is sent from where it lies.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "larder/base/blob.h"
#include "larder/protocol/reply_buffer.h"
#include "larder/protocol/reply_writer.h"

namespace larder {

struct Push {
  // For clients of RESP2; empty: they are not told.
  std::string resp2;
  // For clients of RESP3; empty: as resp2, but with RESP3's type of a push.
  std::string resp3;
  // Follows the text and is followed by a line end.
  BlobRef payload;
  // In RESP2 only clients that are subscribed to something are told; others could not tell it from a reply.
  bool resp2_subscribers_only = false;

  // What it takes of a client's limits.
  std::size_t bytes() const { return sizeof(Push) + resp2.size() + resp3.size() + (payload ? payload->size() : 0); }
  void append_to(ReplyBuffer& out, RespVersion version, bool is_subscriber) const;
};

using PushRef = std::shared_ptr<const Push>;

}  // namespace larder
