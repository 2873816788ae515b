#include "server/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace larder {

namespace {

sigset_t signals_of_interest() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

void exit_at_once(int) {
  _exit(1);
}

}  // namespace

void take_signals() {
  const sigset_t set = signals_of_interest();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

SignalEvent wait_for_signal() {
  const sigset_t set = signals_of_interest();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return signal == SIGHUP ? SignalEvent::kReopenLog : SignalEvent::kStop;
}

void make_next_stop_immediate() {
  struct sigaction action {};
  action.sa_handler = exit_at_once;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace larder
