// The signals that an operator or a container sends. They are blocked in all threads and taken by main alone, so
// nothing runs in a signal's handler. Linux; used by main only.
#pragma once

namespace larder {

enum class SignalEvent : unsigned char { kStop, kReopenLog };

// Before any thread is started. SIGPIPE is ignored: a write to a closed socket is an error like others.
void take_signals();

// Waits for SIGTERM or SIGINT (kStop), or SIGHUP (kReopenLog).
SignalEvent wait_for_signal();

// From now on SIGTERM or SIGINT ends the process at once, with exit status 1: the operator's second wish.
void make_next_stop_immediate();

}  // namespace larder
