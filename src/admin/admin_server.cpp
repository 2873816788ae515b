#include "admin/admin_server.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admin/dashboard.h"

namespace larder {

namespace {

// As maintenance: where cores are few, clients go first.
constexpr int kNiceness = 5;

void prepare_thread() {
  pthread_setname_np(pthread_self(), "larder-admin");
  const int inherited = getpriority(PRIO_PROCESS, 0);
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), inherited + kNiceness));
}

}  // namespace

AdminServer::AdminServer(std::string token, const PageSources& sources)
    : router_(std::move(token)),
      server_({.on_thread_start = prepare_thread},
              [this](std::string_view request, bool whole) { return router_.answer(request, whole); }) {
  add_pages(router_, sources);
  add_dashboard(router_);
}

}  // namespace larder
