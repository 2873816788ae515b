// What the sessions share to push things to each other's clients. Thread-safe, outlives every session.
#pragma once

#include "commands/channels.h"
#include "commands/key_notifier.h"
#include "commands/tracking.h"
#include "larder/commands/output_limits.h"
#include "larder/protocol/request_handler.h"
#include "larder/stats/counter.h"

namespace larder {

struct PushServices {
  PushServices(ShardedStore& store, ConnectionPort& connections)
      : port(connections), notifier(store, channels, connections), tracking(store, connections) {
    store.add_listener(&notifier);
    store.add_listener(&tracking);
  }

  ConnectionPort& port;
  OutputLimits output_limits;
  SharedCounter queued_bytes;  // in all mailboxes
  DiscardedPushes discarded{queued_bytes};
  Channels channels;
  KeyNotifier notifier;
  Tracking tracking;
};

}  // namespace larder
