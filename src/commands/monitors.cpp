#include "commands/monitors.h"

#include <algorithm>
#include <utility>

#include "commands/session.h"
#include "larder/base/limits.h"

namespace larder {

void Monitors::add(const ConnectionInfo& client) {
  const LockGuard guard(mutex_);
  monitors_.push_back(std::make_shared<Monitor>(client));
  attention_.set(Attention::kMonitors, true);
}

void Monitors::remove(std::uint64_t client_id) {
  const LockGuard guard(mutex_);
  std::erase_if(monitors_, [&](const auto& monitor) { return monitor->ref.id == client_id; });
  attention_.set(Attention::kMonitors, !monitors_.empty());
}

void Monitors::show(ConnectionPort& port, std::string lines) {
  std::vector<std::shared_ptr<Monitor>> monitors;
  {
    const LockGuard guard(mutex_);
    monitors = monitors_;
  }
  const auto shared_lines = std::make_shared<const std::string>(std::move(lines));
  const std::size_t bytes = shared_lines->size();
  for (const std::shared_ptr<Monitor>& monitor : monitors) {
    const std::size_t waiting = monitor->posted_bytes.fetch_add(bytes, std::memory_order_relaxed) +
                                monitor->gauges->unsent_bytes.load(std::memory_order_relaxed);
    if (waiting + bytes > limits::kMonitorOutputBytesMax) {
      remove(monitor->ref.id);
      port.post(monitor->ref,
                [](RequestSession& session, ReplyBuffer&) { static_cast<Session&>(session).drop_slow_monitor(); });
      continue;
    }
    port.post(monitor->ref, [monitor, shared_lines](RequestSession& session, ReplyBuffer& out) {
      monitor->posted_bytes.fetch_sub(shared_lines->size(), std::memory_order_relaxed);
      static_cast<Session&>(session).see_commands(*shared_lines, out);
    });
  }
}

}  // namespace larder
