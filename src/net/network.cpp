#include "larder/net/network.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "net/io_thread.h"
#include "net/listen_socket.h"
#include "net/listener.h"
#include "net/socket_ops.h"

namespace larder {

namespace {

// "*" with port 0: a port that is free for IPv4 may be taken for IPv6; then another one is tried.
constexpr int kAnyPortAttempts = 16;

}  // namespace

class Network::Impl {
 public:
  Impl(const NetworkOptions& network_options, NetworkSettings& settings, NetCounters& counters)
      : options(network_options), shared(settings, counters) {
    LARDER_CHECK(options.threads > 0 && counters.by_thread.size() >= options.threads);
    for (unsigned i = 0; i < options.threads; ++i) threads.push_back(std::make_unique<net::IoThread>(i, shared));
  }

  void add_listener(net::UniqueFd socket, const std::string& unix_path, RequestHandler& handler) {
    net::Listener::Context context{.io = threads[0]->context(),
                                   .settings = shared.settings,
                                   .counters = shared.counters,
                                   .deal = [this](net::Accepted accepted) {
                                     threads[next_thread++ % threads.size()]->adopt(std::move(accepted));
                                   }};
    listeners.push_back(std::make_unique<net::Listener>(std::move(context), std::move(socket), unix_path, handler));
  }

  Result<std::uint16_t> listen_one(const std::string& address, std::uint16_t port, RequestHandler& handler) {
    Result<net::UniqueFd> socket = net::open_tcp_listener(address, port, options.tcp_backlog);
    if (!socket.is_ok()) return socket.status();
    const std::uint16_t bound = net::bound_port(socket.value());
    add_listener(std::move(socket.value()), {}, handler);
    return bound;
  }

  Result<std::uint16_t> listen_all(std::uint16_t port, RequestHandler& handler) {
    if (!net::machine_has_ipv6()) return listen_one("0.0.0.0", port, handler);
    Status failure;
    for (int attempt = 0; attempt < (port == 0 ? kAnyPortAttempts : 1); ++attempt) {
      Result<net::UniqueFd> v4 = net::open_tcp_listener("0.0.0.0", port, options.tcp_backlog);
      if (!v4.is_ok()) return v4.status();
      const std::uint16_t bound = net::bound_port(v4.value());
      Result<net::UniqueFd> v6 = net::open_tcp_listener("::", bound, options.tcp_backlog);
      if (v6.is_ok()) {
        add_listener(std::move(v4.value()), {}, handler);
        add_listener(std::move(v6.value()), {}, handler);
        return bound;
      }
      failure = v6.status();
    }
    return failure;
  }

  // On the first thread, which is where they live; returns once it is done.
  void close_listeners() {
    std::promise<void> closed;
    asio::post(threads[0]->context(), [this, &closed] {
      for (const auto& listener : listeners) listener->close();
      closed.set_value();
    });
    closed.get_future().wait();
  }

  const NetworkOptions options;
  net::Shared shared;
  std::vector<std::unique_ptr<net::IoThread>> threads;
  // After the threads: a listener lives in the context of the first.
  std::vector<std::unique_ptr<net::Listener>> listeners;
  std::size_t next_thread = 0;  // the first thread's own, once started
  bool running = false;
};

Network::Network(const NetworkOptions& options, NetworkSettings& settings, NetCounters& counters)
    : impl_(std::make_unique<Impl>(options, settings, counters)) {}

Network::~Network() {
  drain(std::chrono::milliseconds(0));
}

Result<std::uint16_t> Network::listen_tcp(const std::string& address, std::uint16_t port, RequestHandler& handler) {
  LARDER_CHECK(!impl_->running);
  return address == "*" ? impl_->listen_all(port, handler) : impl_->listen_one(address, port, handler);
}

Status Network::listen_unix(const std::string& path, unsigned mode, RequestHandler& handler) {
  LARDER_CHECK(!impl_->running);
  Result<net::UniqueFd> socket = net::open_unix_listener(path, mode, impl_->options.tcp_backlog);
  if (!socket.is_ok()) return socket.status();
  impl_->add_listener(std::move(socket.value()), path, handler);
  return Status::ok();
}

void Network::start() {
  LARDER_CHECK(!impl_->running);
  impl_->running = true;
  for (const auto& listener : impl_->listeners) listener->start();
  for (const auto& thread : impl_->threads) thread->start(impl_->options.on_thread_start);
}

std::size_t Network::drain(std::chrono::milliseconds limit) {
  if (!impl_->running) return 0;
  impl_->running = false;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  impl_->close_listeners();
  std::vector<std::future<void>> drained;
  for (const auto& thread : impl_->threads) drained.push_back(thread->begin_drain());
  for (const std::future<void>& done : drained) done.wait_until(deadline);

  std::vector<std::future<std::size_t>> cuts;
  for (const auto& thread : impl_->threads) cuts.push_back(thread->cut_off());
  std::size_t cut = 0;
  for (std::future<std::size_t>& count : cuts) cut += count.get();
  for (const auto& thread : impl_->threads) thread->join();
  if (cut > 0) spdlog::warn("closed {} connections that had not finished when the time to drain was over", cut);
  return cut;
}

void Network::post(ConnectionRef to, ConnectionTask task) {
  if (to.thread < impl_->threads.size()) impl_->threads[to.thread]->post(to.id, std::move(task));
}

void Network::post_each(std::span<const ConnectionRef> to, const ConnectionTask& task) {
  if (to.size() == 1) return post(to[0], task);
  std::vector<std::vector<std::uint64_t>> ids(impl_->threads.size());
  for (const ConnectionRef& one : to) {
    if (one.thread < ids.size()) ids[one.thread].push_back(one.id);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!ids[i].empty()) impl_->threads[i]->post_each(std::move(ids[i]), task);
  }
}

void Network::set_timer(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) {
  if (to.thread < impl_->threads.size()) impl_->threads[to.thread]->set_timer(to.id, delay, std::move(task));
}

void Network::hang_up(const ConnectionInfo& connection) {
  net::shut_down(connection.fd);
}

void Network::post_after(ConnectionRef to, std::chrono::milliseconds delay, ConnectionTask task) {
  if (to.thread < impl_->threads.size()) impl_->threads[to.thread]->post_after(to.id, delay, std::move(task));
}

unsigned Network::threads() const {
  return static_cast<unsigned>(impl_->threads.size());
}

}  // namespace larder
